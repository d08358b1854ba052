"""One quick pass over a file: is it text, in which encoding, with which line ends and how many lines?"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Literal, Self, get_args

from postroom.contacts.batches import FileRefused
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest.encodings import Encoding, Utf16Decoder, byte_order_mark

Newline = Literal["none", "lf", "crlf", "cr", "mixed"]

PIECE_BYTES = 1 << 19
"""Bytes read at a time: as UTF-8 they are never more than the longest line."""
MAX_LINE_BYTES = 1 << 20
"""Longest line read, in bytes (of UTF-8, when UTF-16 was sent), without its line end."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "PNG"),
    (b"%PDF-", "PDF"),
    (b"\xd0\xcf\x11\xe0", "XLS / DOC"),
    (b"GIF8", "GIF"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b\x08", "GZIP"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a", "RAR"),
    (b"BZh", "BZIP2"),
    (b"\xfd7zXZ", "XZ"),
    (b"{\\rtf", "RTF"),
    (b"<?xml", "XML"),
    (b"<!DOCTYPE", "HTML"),
    (b"<html", "HTML"),
    (b"\x7fELF", "ELF"),
)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the pass found; sizes in bytes, lines physical (a last line without an end counts)."""

    encoding: Encoding
    bom_bytes: int
    newline: Newline
    line_count: int
    has_quotes: bool
    byte_size: int
    sheet: str | None = None
    """Of a workbook: the sheet that is read, and the names of the others that hold something."""
    other_sheets: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote, trusting nothing. Raises ValueError, TypeError and KeyError."""
        if values["encoding"] not in get_args(Encoding) or values["newline"] not in get_args(Newline):
            raise ValueError("no such encoding or line end")
        sheet = values["sheet"]
        return cls(
            encoding=values["encoding"],
            bom_bytes=int(values["bom_bytes"]),
            newline=values["newline"],
            line_count=int(values["line_count"]),
            has_quotes=bool(values["has_quotes"]),
            byte_size=int(values["byte_size"]),
            sheet=None if sheet is None else str(sheet),
            other_sheets=tuple(map(str, values["other_sheets"])),
        )


def inspect(stream: BinaryIO, settings: AccountSettings) -> Inspection:
    """Read `stream` to its end, piece by piece.

    A byte order mark decides the encoding; else the account's setting; else strict UTF-8 with a
    non-ASCII byte in it is UTF-8, and everything else is cp1252, which never fails (specs, contact
    folders 1.3).

    Raises:
        FileRefused: EMPTY_FILE, NOT_TEXT, LINE_TOO_LONG, or what the stream itself raises (archives).
    """
    piece = stream.read(PIECE_BYTES)
    refuse_signature(piece)
    mark, marked = byte_order_mark(piece) or (b"", None)
    wide = Utf16Decoder(marked) if marked in {"utf-16-le", "utf-16-be"} else None
    survey = _Survey()
    byte_size = len(piece)
    piece = piece[len(mark) :]
    while piece:
        survey.add(wide.utf8(piece) if wide else piece)
        piece = stream.read(PIECE_BYTES)
        byte_size += len(piece)
    if wide:
        survey.add(wide.utf8(b"", final=True))
    if not survey.has_text:
        raise FileRefused(Reason.EMPTY_FILE)
    encoding = marked if wide and marked else _encoding(survey, marked, settings)
    return Inspection(encoding, len(mark), survey.newline, survey.line_count, survey.has_quotes, byte_size)


def refuse_signature(start: bytes) -> None:
    """Raise FileRefused when a file begins like one that is no text."""
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            raise FileRefused(Reason.NOT_TEXT, kind)


def _encoding(survey: _Survey, marked: Encoding | None, settings: AccountSettings) -> Encoding:
    wanted = marked or settings.encoding
    if survey.is_ascii:
        return "ascii"
    if wanted == "utf-8" and not survey.is_utf8:
        raise FileRefused(Reason.NOT_TEXT, "UTF-8")
    if survey.is_utf8 and wanted in {"utf-8", "auto"}:
        return "utf-8"
    return "cp1252"


class _Survey:
    """What the pieces seen so far amount to; a line may run over any number of them."""

    def __init__(self) -> None:
        self.has_text = False
        self.has_quotes = False
        self.is_ascii = True
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._broken_utf8 = False
        self._line_feeds = 0
        self._returns = 0
        self._pairs = 0
        self._ends_in_return = False
        self._open_bytes = 0

    @property
    def newline(self) -> Newline:
        """Return the one kind of line end, or that there are several."""
        pairs, returns, feeds = self._pairs, self._returns - self._pairs, self._line_feeds - self._pairs
        kinds: list[Newline] = []
        kinds += ["crlf"] if pairs else []
        kinds += ["cr"] if returns else []
        kinds += ["lf"] if feeds else []
        return "mixed" if len(kinds) > 1 else (kinds or ["none"])[0]

    @property
    def line_count(self) -> int:
        """Count the lines, an unfinished last one too."""
        return self._ended_lines() + (1 if self._open_bytes else 0)

    @property
    def is_utf8(self) -> bool:
        """Tell whether all of it was UTF-8, with no character cut off at the end."""
        return not self._broken_utf8 and not self._utf8.getstate()[0]

    def add(self, piece: bytes) -> None:
        """Take in the next piece, no longer than the longest line allowed."""
        if b"\0" in piece:
            raise FileRefused(Reason.NOT_TEXT, "NUL")
        self._measure_lines(piece)
        self.has_text = self.has_text or bool(piece.strip())
        self.has_quotes = self.has_quotes or b'"' in piece
        self._note_encoding(piece)
        self._line_feeds += piece.count(b"\n")
        if b"\r" in piece or self._ends_in_return:
            self._returns += piece.count(b"\r")
            self._pairs += piece.count(b"\r\n") + (self._ends_in_return and piece.startswith(b"\n"))
            self._ends_in_return = piece.endswith(b"\r") if piece else self._ends_in_return

    def _ended_lines(self) -> int:
        return self._line_feeds + self._returns - self._pairs

    def _note_encoding(self, piece: bytes) -> None:
        if piece.isascii() and not self._utf8.getstate()[0]:
            return
        self.is_ascii = False
        if not self._broken_utf8:
            try:
                self._utf8.decode(piece)
            except UnicodeDecodeError:
                self._broken_utf8 = True

    def _measure_lines(self, piece: bytes) -> None:
        # A piece is no longer than the limit, so only the line that runs into it can be too long.
        ends = [place for place in (piece.find(b"\n"), piece.find(b"\r")) if place >= 0]
        first = min(ends) if ends else len(piece)
        if self._open_bytes + first > MAX_LINE_BYTES:
            raise FileRefused(Reason.LINE_TOO_LONG, str(self._ended_lines() + 1))
        if ends:
            self._open_bytes = len(piece) - max(piece.rfind(b"\n"), piece.rfind(b"\r")) - 1
        else:
            self._open_bytes += len(piece)
