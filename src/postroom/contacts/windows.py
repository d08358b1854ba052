"""Windows-1252, the superset of ISO-8859-1 in which many files come that declare nothing."""

from __future__ import annotations

import codecs

_KNOWN = bytes(range(256)).decode("cp1252", "replace")
_TABLE = "".join(chr(code) if letter == "\ufffd" else letter for code, letter in enumerate(_KNOWN))


def from_cp1252(raw: bytes) -> str:
    """Decode whatever it is: the five bytes that cp1252 leaves undefined are as in ISO-8859-1."""
    return codecs.charmap_decode(raw, "strict", _TABLE)[0]
