"""How an SMS is written and how many parts it takes: what it costs (3GPP TS 23.040 section 9.2.3.24.1).

One part has 140 octets: 160 septets, or 70 units of UCS-2. Each part of several gives six octets to a header
that says which of how many it is, so 153 or 67 are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from postroom.sending.phone import alphabet

MOST_PARTS: Final = 255
"""More the header of a part cannot count."""


class Encoding(Enum):
    """How a text is written: units of one part alone, and of each of several."""

    GSM7 = ("GSM-7", 160, 153)
    UCS2 = ("UCS-2", 70, 67)

    def __init__(self, shown: str, alone: int, each: int) -> None:
        """Keep what people call it and how much fits."""
        self.shown = shown
        self.alone = alone
        self.each = each


@dataclass(frozen=True, slots=True)
class Size:
    """How large an SMS is: septets of GSM-7 (two for € and its like) or units of UCS-2 (two for an emoji)."""

    encoding: Encoding
    units: int
    parts: int


def size_of(text: str) -> Size:
    """Return how a text is written, how many units that takes, and in how many parts."""
    encoding = encoding_of(text)
    units = sum(_units(mark, encoding) for mark in text)
    return Size(encoding, units, len(split(text)))


def encoding_of(text: str) -> Encoding:
    """Return GSM-7 when the alphabet has all of a text, else UCS-2."""
    return Encoding.UCS2 if alphabet.encode(text) is None else Encoding.GSM7


def split(text: str) -> list[str]:
    """Cut a text into the parts that it takes, at least one, never between the halves of a character."""
    encoding = encoding_of(text)
    if sum(_units(mark, encoding) for mark in text) <= encoding.alone:
        return [text]
    parts: list[str] = []
    start = filled = 0
    for place, mark in enumerate(text):
        units = _units(mark, encoding)
        if filled + units > encoding.each:
            parts.append(text[start:place])
            start, filled = place, 0
        filled += units
    return [*parts, text[start:]]


def encoded(text: str, encoding: Encoding) -> bytes:
    """Return a part as it travels: a septet in each byte, or UCS-2 with surrogates, the high byte first.

    Raises UnicodeError when the alphabet of `encoding` lacks a character.
    """
    if encoding is Encoding.UCS2:
        return text.encode("utf-16-be")
    septets = alphabet.encode(text)
    if septets is None:
        raise UnicodeError("not all of this text is in the GSM alphabet")
    return septets


def _units(mark: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM7:
        return len(alphabet.SEPTETS[mark])
    return 2 if ord(mark) > 0xFFFF else 1
