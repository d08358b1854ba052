"""A copy of a batch without its secrets, whatever state the file is in (specs, command batches 1.1).

The file is not understood first, as a broken one has secrets too. Wherever the key of a secret stands, in
a line, an argument or an element, and in UTF-16 as well, its value becomes three stars.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

STARS = b"***"

_PIECE_BYTES = 64 * 1024
_KEPT_BYTES = 512
"""Longer than a key with all that may stand around it; so much is looked at again with the next piece."""


def _spaced(word: str) -> bytes:
    """Return the pattern of a word in ASCII, and in UTF-16 of either order."""
    return rb"\0?".join(re.escape(mark).encode() for mark in word)


_SECRETS = ("password", "client_auth", "pwd")
_HINTS = tuple(
    hint for word in ("passw", "_auth", "pwd") for hint in (word.encode(), "\0".join(word).encode())
)
_NAMES = b"|".join(map(_spaced, _SECRETS))
_PREFIX = rb"(?:[a-z0-9_.\0-]{1,80}+:\0?)?"
_KEY = re.compile(
    rb"(?<![a-z0-9_])(?:"
    + _NAMES
    + rb")\0?[ \t\0]{0,80}+=\0?|<\0?(?P<element>"
    + _PREFIX
    + rb"(?:"
    + _NAMES
    + rb")\0?(?:[ \t\r\n\0][^<>]{0,200})?(?<!/)(?<!/\0)>\0?)",
    re.IGNORECASE,
)
_LINE_END = re.compile(rb"[\r\n]")
_ARGUMENT_END = re.compile(rb"[&\r\n]")
_ELEMENT_END = re.compile(rb"<\0?/\0?" + _PREFIX + rb"(?:" + _NAMES + rb")", re.IGNORECASE)


def redacted(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield the file `name` with *** for the values of password and client_auth."""
    del name  # a file of any kind may hold what belongs into another
    redactor = _Redactor()
    while piece := stream.read(_PIECE_BYTES):
        yield from redactor.take(piece)
    yield from redactor.take(b"", final=True)


class _Redactor:
    """Takes a file piece by piece. `_buffer` is what was not given yet, after some bytes that were."""

    def __init__(self) -> None:
        self._buffer = b""
        self._given = 0
        self._end: re.Pattern[bytes] | None = None
        """What ends the value that we are in."""

    def take(self, piece: bytes, *, final: bool = False) -> Iterator[bytes]:
        self._buffer += piece
        while self._end is None or self._skip(final=final):
            key = self._key()
            if key is None or (key.end() == len(self._buffer) and not final):
                yield self._give(len(self._buffer) if final else len(self._buffer) - _KEPT_BYTES)
                return
            yield self._give(key.end())
            yield b"*\0*\0*\0" if b"\0" in key[0] else STARS
            self._end = self._end_of(key)

    def _key(self) -> re.Match[bytes] | None:
        lower = self._buffer.lower()
        if not any(hint in lower for hint in _HINTS):
            return None
        return _KEY.search(self._buffer, self._given)

    def _end_of(self, key: re.Match[bytes]) -> re.Pattern[bytes]:
        if key["element"] is not None:
            return _ELEMENT_END
        before = self._buffer[: key.start()].rstrip(b'\0 \t"\xef\xbb\xbf\xff\xfe')
        return _LINE_END if not before or before[-1:] in b"\r\n" else _ARGUMENT_END

    def _skip(self, *, final: bool) -> bool:
        """Drop bytes of a secret; tell whether it has ended."""
        if self._end is None:
            return True
        end = self._end.search(self._buffer, self._given)
        if end is not None:
            self._buffer, self._given, self._end = self._buffer[end.start() :], 0, None
            return True
        self._buffer = b"" if final else self._buffer[self._given :][-_KEPT_BYTES:]
        self._given = 0
        return False

    def _give(self, end: int) -> bytes:
        """Return what comes before `end` and was not given yet; keep what a key may need before it."""
        end = max(end, self._given)
        given = self._buffer[self._given : end]
        kept = max(0, end - _KEPT_BYTES)
        self._buffer, self._given = self._buffer[kept:], end - kept
        return given
