"""What a cell of a file says once its accidents are gone: the law that every text value goes through."""

from __future__ import annotations

import re
import unicodedata

BLANKS = (
    " \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200C))) + "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""Trimmed from both ends: every Unicode space, the zero-width ones and the byte order mark."""

BREAKS = "\\t\\n\\x0b\\x0c\\r\\x85"
"""Line breaks and tabs, as the inside of a regular expression's class; a run of them becomes one space."""

CONTROLS = "\\x00-\\x1f\\x7f-\\x9f"
"""C0 and C1 controls, as the inside of a class; what BREAKS does not name is removed."""

INERT = "\\x00-\\u02ff\\u2010-\\u2027\\u2030-\\u205e\\u20a0-\\u20bf"
"""Characters that Unicode normalisation never changes or joins and whose lower case has not changed since
Unicode 1 (nearly all of French, with its typographic quotes and the euro). A value of these alone may be
handled by any library; any other goes through Python's own tables, so that law and twin cannot differ by
their edition of Unicode."""

_BREAK_RUN = re.compile(f"[{BREAKS}]+")
_CONTROL = re.compile(f"[{CONTROLS}]+")
_LINES_OR_CONTROL = re.compile(f"[{CONTROLS}\\u2028\\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(raw: str | None) -> str | None:
    """Return `raw` without control characters, in Unicode form C, trimmed; None when nothing is left.

    A run of tabs and line breaks inside the value becomes one space. Controls go first: what they kept apart
    may compose.
    """
    if raw is None:
        return None
    if not raw.isprintable():
        raw = _CONTROL.sub("", _BREAK_RUN.sub(" ", raw))
    return unicodedata.normalize("NFC", raw).strip(BLANKS) or None


def has_controls(raw: str) -> bool:
    """Tell whether a text has line ends or other control characters in it."""
    return not raw.isprintable() and bool(_LINES_OR_CONTROL.search(raw))


def is_storable(raw: str) -> bool:
    """Tell whether a text has a form in UTF-8: JSON can hold halves of characters (lone surrogates)."""
    return raw.isascii() or not _SURROGATE.search(raw)
