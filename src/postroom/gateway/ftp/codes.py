"""The one table from what the virtual file system says to FTP reply codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from postroom.contacts.errors import Conflict, Denied, Missing, PostroomError, Refused, Unavailable
from postroom.gateway.errors import VfsError, VfsKind

# RFC 959 section 4.2: 45x may work later, 55x will not; 552 is "exceeded storage allocation".
CODES: Final[Mapping[VfsKind, int]] = MappingProxyType(
    {
        VfsKind.NOT_FOUND: 550,
        VfsKind.DENIED: 550,
        VfsKind.EXISTS: 553,
        VfsKind.NOT_DIR: 550,
        VfsKind.IS_DIR: 550,
        VfsKind.TOO_BIG: 552,
        VfsKind.QUOTA: 552,
        VfsKind.NAME: 553,
        VfsKind.BUSY: 450,
        VfsKind.UNSUPPORTED: 550,
        VfsKind.IO: 451,
    }
)

# Everything else that Postroom raises on purpose; architecture section 9.
_CODES_BY_CLASS: Final = ((Refused, 553), (Missing, 550), (Denied, 550), (Conflict, 450), (Unavailable, 451))

INTERNAL_ERROR: Final = "451 Something went wrong on this side; it has been noted. Try again later."


def reply_for(error: PostroomError) -> str:
    """Return the reply line, without its line end, that tells `error` to the client."""
    return f"{_code(error)} {one_line(error.message)}"


def one_line(text: str) -> str:
    """Return `text` without control characters: a line break in a reply would be a second reply."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _code(error: PostroomError) -> int:
    if isinstance(error, VfsError):
        return CODES[error.kind]
    return next((code for kind, code in _CODES_BY_CLASS if isinstance(error, kind)), 451)
