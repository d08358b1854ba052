"""Files that hold a secret: written once, whole, and readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from postroom.contacts.errors import Refused

_OTHERS: Final = 0o077


def place_once(path: Path, content: bytes) -> None:
    """Write a file of mode 0600, durably, unless there is one already: then that one stays.

    Several processes may start at once: they all find the same file.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A link fails where a rename would replace.
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()


def refuse_open_to_others(path: Path, what: str) -> None:
    """Raise Refused when others than the owner may read or write the file; `what` it is, for the message."""
    if path.stat().st_mode & _OTHERS:
        raise Refused(f"Others may read {what} {path}; run: chmod 600 {path}", code="BAD_KEY")
