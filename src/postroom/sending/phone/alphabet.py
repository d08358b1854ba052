"""The default alphabet of SMS (GSM 03.38, now 3GPP TS 23.038 section 6.2.1), a septet for each place.

A table of our own: the one of smpplib writes a grave accent as a section sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ESCAPE: Final = 0x1B
"""What goes before each septet of the extension table."""

_PLAIN: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}

SEPTETS: Final[Mapping[str, bytes]] = {
    **{mark: bytes([place]) for place, mark in enumerate(_PLAIN) if place != ESCAPE},
    **{mark: bytes([ESCAPE, place]) for mark, place in _EXTENSION.items()},
}
"""Each character of the alphabet with its septets, one in a byte: one, or two for those of the extension."""

_MARKS: Final = {septets: mark for mark, septets in SEPTETS.items()}


def encode(text: str) -> bytes | None:
    """Return a text's septets, one in a byte, None when the alphabet lacks one of its characters."""
    try:
        return b"".join([SEPTETS[mark] for mark in text])
    except KeyError:
        return None


def decode(septets: bytes) -> str:
    """Read septets, one in a byte; what means nothing becomes a question mark, as phones show it."""
    marks = []
    places = iter(septets)
    for place in places:
        if place == ESCAPE:
            following = next(places, None)
            # An unknown place of the extension shows what the plain table has there (23.038, 6.2.1.1).
            found = b"" if following is None else bytes([ESCAPE, following])
            marks.append(_MARKS.get(found) or _MARKS.get(found[1:], "?"))
        else:
            marks.append(_MARKS.get(bytes([place]), "?"))
    return "".join(marks)
