"""The encodings that files come in, and their way to UTF-8."""

from __future__ import annotations

import codecs
import re
from typing import Literal

from postroom.contacts.windows import from_cp1252

Encoding = Literal["ascii", "utf-8", "utf-8-sig", "cp1252", "utf-16-le", "utf-16-be"]
"""utf-8-sig stands for a workbook: what is written back for a spreadsheet program needs its mark."""

BYTE_ORDER_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


_ONLY_CP1252 = re.compile(rb"\xc2[\x80-\x9f]")
"""UTF-8 of what ISO-8859-1 has between 0x80 and 0x9f: control characters, where cp1252 has letters."""


def byte_order_mark(start: bytes) -> tuple[bytes, Encoding] | None:
    """Return the mark that `start` begins with and the encoding it stands for."""
    return next((pair for pair in BYTE_ORDER_MARKS if start.startswith(pair[0])), None)


def to_utf8(block: bytes, encoding: Encoding) -> bytes:
    """Turn whole characters of an ASCII superset into UTF-8; most blocks pass as they are."""
    if encoding != "cp1252" or block.isascii():
        return block
    # As ISO-8859-1, which copies bytes, it takes half the time.
    narrow = block.decode("iso-8859-1").encode()
    if _ONLY_CP1252.search(narrow) is None:
        return narrow
    return from_cp1252(block).encode()


class Utf16Decoder:
    """Turns UTF-16, piece by piece, into UTF-8; halves of characters become U+FFFD."""

    def __init__(self, encoding: Encoding) -> None:
        """Take utf-16-le or utf-16-be."""
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def utf8(self, piece: bytes, *, final: bool = False) -> bytes:
        """Return what of `piece` is whole; with `final` also what is left."""
        return self._decoder.decode(piece, final).encode("utf-8", "replace")
