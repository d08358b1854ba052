"""From the bytes of an XML file to UTF-8 without a declaration: the encoding is settled before parsing.

Undeclared is Western European (seed 003, XML Encoding). DOCTYPE, and with it every entity of one's own, is
refused here, before the parser sees any of it (specs, command batches 7.30).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from postroom.contacts.commands import BatchRefused, Finding
from postroom.contacts.verdicts import Verdict

PIECE_BYTES = 64 * 1024
MAX_PROLOG_CHARACTERS = 32 * 1024
"""The first element begins within these."""

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_UNDECLARED = "cp1252"

ENCODINGS = frozenset(
    {"utf-8", "ascii", "koi8-r", "koi8-u", "mac-roman"}
    | {f"cp{page}" for page in (*range(1250, 1259), 437, 850, 852, 858, 866)}
    | {f"iso8859-{part}" for part in range(1, 17) if part != 12}
    | {"gb2312", "gbk", "gb18030", "big5", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949"}
)
"""What may be declared, as Python calls it: encodings in which ASCII is itself, so that no tag can hide.
UTF-7, EBCDIC and those that shift by escapes are not among them."""

_DECLARATION = re.compile(
    r"<\?xml\s+version\s*=\s*([\"'])1\.[0-9]+\1"
    r"(?:\s+encoding\s*=\s*([\"'])(?P<encoding>[A-Za-z][A-Za-z0-9._-]*)\2)?"
    r"(?:\s+standalone\s*=\s*([\"'])(?:yes|no)\4)?\s*\?>"
)
_PROLOG = re.compile(r"(?:\s++|<!--(?:(?!-->).)*+-->|<\?(?:(?!\?>).)*+\?>)*+", re.DOTALL)


def utf8_pieces(stream: BinaryIO) -> Iterator[bytes]:
    """Yield a file as UTF-8, its lines as they are, the XML declaration blanked.

    Raises BatchRefused: UNKNOWN_ENCODING, NOT_WELL_FORMED, DOCTYPE_REFUSED, TOO_BIG for a prolog too long.
    """
    start = stream.read(4 * MAX_PROLOG_CHARACTERS)
    if not start:
        raise BatchRefused(Finding(1, Verdict.NOT_A_BATCH, "0 B"))
    mark, encoding = _by_first_bytes(start)
    declaration = _declared(start[len(mark) :][:1024], encoding)
    decoder = _Decoder(_settled(encoding, declaration))
    text = decoder.text(start[len(mark) :])
    if declaration is not None:
        text = re.sub(r"[^\n]", " ", declaration[0]) + text[len(declaration[0]) :]
    _check_prolog(text)
    while True:
        if text:
            yield text.encode()
        piece = stream.read(PIECE_BYTES)
        text = decoder.text(piece, final=not piece)
        if not piece:
            return


def _by_first_bytes(start: bytes) -> tuple[bytes, str | None]:
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return mark, encoding
    return b"", next((encoding for first, encoding in _UNMARKED if start.startswith(first)), None)


def _declared(start: bytes, encoding: str | None) -> re.Match[str] | None:
    """Read the declaration, which is ASCII in whatever encoding."""
    text = start.decode(encoding or "iso-8859-1", "replace")
    if not re.match(r"<\?xml\s", text):
        return None
    declaration = _DECLARATION.match(text)
    if declaration is None:
        raise BatchRefused(Finding(1, Verdict.NOT_WELL_FORMED, "<?xml"))
    return declaration


def _settled(by_bytes: str | None, declaration: re.Match[str] | None) -> str:
    """Return the encoding of a file: its first bytes come before what it says of itself."""
    name = declaration["encoding"] if declaration else None
    if name is None:
        return by_bytes or _UNDECLARED
    try:
        declared = codecs.lookup(name).name
    except LookupError:
        declared = ""
    if declared.startswith("utf-16") and (by_bytes or "").startswith("utf-16"):
        return by_bytes or declared
    if declared not in ENCODINGS or by_bytes not in {None, declared}:
        raise BatchRefused(Finding(1, Verdict.UNKNOWN_ENCODING, name))
    # What declares ISO-8859-1 has the quotes and the euro of Windows-1252 where that has nothing.
    return _UNDECLARED if declared == "iso8859-1" else declared


def _check_prolog(text: str) -> None:
    """Refuse a DOCTYPE: nothing but blanks, comments and instructions may precede the first element."""
    prolog = _PROLOG.match(text, 0, MAX_PROLOG_CHARACTERS)
    end = prolog.end() if prolog else 0
    if text[end : end + 9].upper().startswith("<!DOCTYPE"):
        raise BatchRefused(Finding(1 + text.count("\n", 0, end), Verdict.DOCTYPE_REFUSED))
    if end < MAX_PROLOG_CHARACTERS and text[end : end + 1] not in {"", "<"}:
        raise BatchRefused(Finding(1, Verdict.NOT_A_BATCH, "…"))
    unfinished = text[end : end + 4] == "<!--" or text[end : end + 2] == "<?"
    if end >= MAX_PROLOG_CHARACTERS or (unfinished and len(text) >= MAX_PROLOG_CHARACTERS):
        raise BatchRefused(Finding(1, Verdict.TOO_BIG, f"> {MAX_PROLOG_CHARACTERS:,}"))


class _Decoder:
    """Decodes strictly, piece by piece, and knows the line it has come to."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._line = 1

    def text(self, piece: bytes, *, final: bool = False) -> str:
        try:
            text = self._decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            line = self._line + piece.count(b"\n", 0, error.start)
            raise BatchRefused(
                Finding(line, Verdict.NOT_WELL_FORMED, f"{self._encoding}: {error.reason}")
            ) from None
        self._line += text.count("\n")
        return text
