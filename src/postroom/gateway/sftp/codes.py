"""The one table from what the virtual file system refuses to what SFTP answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from asyncssh import SFTPError
from asyncssh.constants import FX_FAILURE, FX_NO_SUCH_FILE, FX_OP_UNSUPPORTED, FX_PERMISSION_DENIED

from postroom.gateway.errors import VfsError, VfsKind

# Version 3, the one that every client speaks, has no more codes than these; the text tells the rest.
_STATUS: Final[Mapping[VfsKind, int]] = {
    VfsKind.NOT_FOUND: FX_NO_SUCH_FILE,
    VfsKind.DENIED: FX_PERMISSION_DENIED,
    # sftp(1) `put -r` goes on into a folder that exists only if its MKDIR was answered with FAILURE.
    VfsKind.EXISTS: FX_FAILURE,
    VfsKind.NOT_DIR: FX_NO_SUCH_FILE,
    VfsKind.IS_DIR: FX_FAILURE,
    VfsKind.TOO_BIG: FX_FAILURE,
    VfsKind.QUOTA: FX_FAILURE,
    VfsKind.NAME: FX_FAILURE,
    VfsKind.BUSY: FX_FAILURE,
    VfsKind.UNSUPPORTED: FX_OP_UNSUPPORTED,
    VfsKind.IO: FX_FAILURE,
}


def status_code(kind: VfsKind) -> int:
    """Return the SSH_FX code for `kind` (draft-ietf-secsh-filexfer-02, section 7)."""
    return _STATUS[kind]


def answer(error: VfsError) -> SFTPError:
    """Return the SFTP status that tells the sender of `error`."""
    return SFTPError(_STATUS[error.kind], error.message)


def our_fault() -> SFTPError:
    """Return the SFTP status for a failure of ours, whose details are none of the sender's business."""
    return SFTPError(FX_FAILURE, "The server failed; try again later.")
