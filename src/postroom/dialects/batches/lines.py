"""The lines of a file, one after another, each within bounds."""

from __future__ import annotations

import io
from typing import BinaryIO, Self, cast

from typing_extensions import Buffer

from postroom.contacts.commands import BatchRefused, Finding
from postroom.contacts.verdicts import Verdict

MAX_LINE_BYTES = 64 * 1024 * 1024
"""A longer line is not run; nor kept in memory."""

MAX_HEADER_LINE_BYTES = 64 * 1024
"""Of a line of the header, and of all arguments of a command."""

MAX_RECORD_BYTES = 1024 * 1024
"""A longer record is not taken apart: no field of ours holds as much."""

UTF8_MARK = b"\xef\xbb\xbf"
_START_BYTES = 4096
_CUT_BYTES = 256


class Lines:
    """Iterates over lines as sent, with their ends; None stands for one that is too long.

    `number` is the 1-based number of the line just given, `cut` the beginning of the last too long one.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Begin at the start of a seekable stream, after a UTF-8 byte order mark.

        Raises BatchRefused for what is no text in an ASCII superset.
        """
        self._stream = _buffered(stream)
        self.number = 0
        self.cut = b""
        start = self._stream.read(_START_BYTES)
        refuse_other_text(start)
        self._stream.seek(len(UTF8_MARK) if start.startswith(UTF8_MARK) else 0)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes | None:
        line = self._stream.readline(MAX_LINE_BYTES)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            self.cut = line[:_CUT_BYTES]
            self._skip()
            return None
        return line

    def mark(self) -> tuple[int, int]:
        """Return a place to come back to."""
        return self._stream.tell(), self.number

    def rewind(self, mark: tuple[int, int]) -> None:
        """Go back to a place."""
        offset, self.number = mark
        self._stream.seek(offset)

    def back(self, line: bytes) -> None:
        """Have the line that was just given come next."""
        self._stream.seek(-len(line), io.SEEK_CUR)
        self.number -= 1

    def _skip(self) -> None:
        while (piece := self._stream.readline(1 << 16)) and not piece.endswith(b"\n"):
            pass


def _buffered(stream: BinaryIO) -> BinaryIO:
    """Give a stream a buffer that may have none: its readline might ask for every byte."""
    if isinstance(stream, io.BufferedReader | io.BytesIO):
        return stream
    return cast(BinaryIO, io.BufferedReader(_Raw(stream), 1 << 16))


class _Raw(io.RawIOBase):
    """Any seekable stream, as a buffer wants to have it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        piece = self._stream.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)


def refuse_other_text(start: bytes) -> None:
    """Refuse a file that starts as UTF-16 does, as anything binary, or that is empty."""
    if not start:
        raise BatchRefused(Finding(1, Verdict.NOT_A_BATCH, "0 B"))
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or start[:2].count(b"\0") == 1:
        raise BatchRefused(Finding(1, Verdict.UNKNOWN_ENCODING, "UTF-16"))
    if b"\0" in start:
        raise BatchRefused(Finding(1, Verdict.NOT_A_BATCH, "NUL"))
