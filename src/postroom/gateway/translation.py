"""From Postroom's errors to the virtual file system's, in one table."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from postroom.contacts.errors import Conflict, Denied, Missing, PostroomError, Refused, Unavailable
from postroom.gateway.errors import VfsError, VfsKind

_KINDS: tuple[tuple[type[PostroomError], VfsKind], ...] = (
    (Missing, VfsKind.NOT_FOUND),
    (Denied, VfsKind.DENIED),
    (Conflict, VfsKind.BUSY),
    (Refused, VfsKind.NAME),
    (Unavailable, VfsKind.IO),
)
_KINDS_BY_CODE = {"EXISTS": VfsKind.EXISTS}
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def translated() -> Iterator[None]:
    """Raise VfsError in place of any error of ours or of the disk; a VfsError passes as it is."""
    try:
        yield
    except VfsError:
        raise
    except PostroomError as error:
        raise VfsError(_kind(error), error.message) from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise VfsError(VfsKind.QUOTA, "The server's disk is full; try again later.") from error
        raise VfsError(VfsKind.IO, "The server could not read or write the file; try again.") from error


def _kind(error: PostroomError) -> VfsKind:
    by_cause = (kind for cause, kind in _KINDS if isinstance(error, cause))
    return _KINDS_BY_CODE.get(error.code) or next(by_cause, VfsKind.IO)
