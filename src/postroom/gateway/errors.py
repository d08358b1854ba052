"""The one error that the virtual file system raises, and its kinds."""

from __future__ import annotations

from enum import Enum

from postroom.contacts.errors import PostroomError


class VfsKind(Enum):
    """What went wrong; each front end has one table from kind to its own code."""

    NOT_FOUND = "not found"
    DENIED = "denied"
    EXISTS = "exists"
    NOT_DIR = "not a directory"
    IS_DIR = "is a directory"
    TOO_BIG = "too big"
    QUOTA = "quota"
    NAME = "bad name"
    BUSY = "busy"
    UNSUPPORTED = "unsupported"
    IO = "input/output"


class VfsError(PostroomError):
    """The virtual file system refuses this."""

    def __init__(self, kind: VfsKind, message: str) -> None:
        """Keep the kind for the front end's table and one ASCII-safe sentence for the sender."""
        super().__init__(message, code=kind.name)
        self.kind = kind
