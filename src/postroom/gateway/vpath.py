"""The one place where a path that a client sent is made normal; nothing else compares or joins paths.

Purely lexical: no disk, no link and no database is asked, so the same text always means the same path
(after the file-gateway advisories where a server and its front ends normalised differently).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from postroom.gateway.errors import VfsError, VfsKind

MAX_NAME_BYTES: Final = 255
MAX_PATH_BYTES: Final = 1024

# Other: control and surrogate; separator: line and paragraph. All of them can break a log line or a listing.
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class VPath:
    """A normal absolute path; no parts is the root. Made by `resolve` and by walking from one that was."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        """Return the path as clients see it, such as "/contacts/import/in/a.csv"."""
        return "/" + "/".join(self.parts)

    @property
    def name(self) -> str:
        """Return the last part; "" for the root."""
        return self.parts[-1] if self.parts else ""

    @property
    def parent(self) -> VPath:
        """Return the path above; the root is its own parent."""
        return VPath(self.parts[:-1])

    @property
    def is_root(self) -> bool:
        """Tell whether this is "/"."""
        return not self.parts

    def child(self, name: str) -> VPath:
        """Return the path of `name`, a single part that was read from a listing or the database."""
        return VPath((*self.parts, name))


ROOT: Final = VPath(())


def resolve(cwd: str, raw: str | bytes) -> VPath:
    """Return the normal path that `raw` means for a session standing in `cwd`.

    `raw` is UTF-8 bytes or text as the client sent it; relative unless it starts with "/". Names become NFC;
    "//" and "." vanish; ".." goes up and stops at the root. Bytes that are not UTF-8 (also as lone
    surrogates), control characters, backslashes, names over 255 bytes and paths over 1024 bytes (UTF-8, NFC)
    raise VfsError(NAME): a name is refused rather than guessed at.
    """
    text = unicodedata.normalize("NFC", _decoded(raw))
    _check_length(text, MAX_PATH_BYTES, "path")
    start = [] if text.startswith("/") else _walked([], cwd)
    normal = VPath(tuple(_walked(start, text)))
    _check_length(str(normal), MAX_PATH_BYTES, "path")
    return normal


def _walked(start: list[str], text: str) -> list[str]:
    parts = list(start)
    for part in text.split("/"):
        if part in {"", "."}:
            continue
        if part == "..":
            del parts[-1:]
            continue
        _check_name(part)
        parts.append(part)
    return parts


def _decoded(raw: str | bytes) -> str:
    try:
        # A str may carry surrogates where a protocol library decoded leniently: encoding finds them.
        return (raw if isinstance(raw, bytes) else raw.encode("utf-8")).decode("utf-8")
    except UnicodeError:
        raise VfsError(VfsKind.NAME, "The name is not UTF-8 text; rename the file or use UTF-8.") from None


def _check_name(name: str) -> None:
    if "\\" in name:
        raise VfsError(VfsKind.NAME, "A name may not contain a backslash; folders are separated by '/'.")
    if any(unicodedata.category(character) in _REFUSED_CATEGORIES for character in name):
        raise VfsError(VfsKind.NAME, "A name may not contain control characters or line breaks.")
    _check_length(name, MAX_NAME_BYTES, "name")


def _check_length(text: str, limit: int, what: str) -> None:
    if len(text.encode("utf-8")) > limit:
        raise VfsError(VfsKind.NAME, f"The {what} is longer than {limit} bytes in UTF-8.")
