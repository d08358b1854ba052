"""The vectorised twin of `contacts.cells`: cleaning and folding whole columns of text.

A column is first looked at as one long string, at a tenth of the cost of looking at each value; most columns
then need no more than their blanks trimmed.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from postroom.contacts.cells import BLANKS, BREAKS, CONTROLS, INERT, clean
from postroom.ingest.memo import Memo, settle

LATIN_CONTROLS = bytes(range(0x20)) + bytes(range(0x7F, 0xA0))
"""What `cells.CONTROLS` names, in ISO-8859-1."""

LATIN_BLANKS = " \u00a0"
"""What ISO-8859-1 has of `cells.BLANKS`."""


class Look(NamedTuple):
    """What is in a column, taken together."""

    latin: bool
    controls: bool
    inert: bool


class Cleaner:
    """Cleans columns of raw text; holds what the law said of the values that need it."""

    def __init__(self) -> None:
        """Begin with empty memories."""
        self._clean: Memo[str | None] = Memo(clean)
        self._lower: Memo[str] = Memo(str.lower)

    def cleaned(self, column: pl.Series) -> pl.Series:
        """Return the column as `cells.clean` would, value for value."""
        look = _look(column)
        result = column
        if look.controls:
            result = result.str.replace_all(f"[{BREAKS}]+", " ").str.replace_all(f"[{CONTROLS}]+", "")
        result = _trimmed(result, LATIN_BLANKS if look.latin else BLANKS)
        return result if look.inert else settle(result, column, _not_inert(column), self._clean)

    def folded(self, column: pl.Series) -> pl.Series:
        """Return the cleaned column in lower case, as Python's `str.lower` writes it."""
        result = column.str.to_lowercase()
        return result if _look(column).inert else settle(result, column, _not_inert(column), self._lower)


def longer(column: pl.Series, characters: int) -> pl.Series:
    """Tell which values have more than so many characters; null values have not."""
    bytes_over = (column.str.len_bytes() > characters).fill_null(value=False)
    if not bytes_over.any():
        return bytes_over
    return (column.str.len_chars() > characters).fill_null(value=False)


def _look(column: pl.Series) -> Look:
    # The joined text must be gone before the column is worked on: holding on to it doubles the time,
    # by the pages that the system has to clear for the next buffer of its size.
    joined = column.str.join("|").item()
    try:
        single_bytes = joined.encode("latin-1")
    except UnicodeEncodeError:
        return Look(False, _any(joined, f"[{CONTROLS}]"), not _any(joined, f"[^{INERT}]"))
    return Look(True, len(single_bytes.translate(None, LATIN_CONTROLS)) < len(single_bytes), True)


def _any(joined: str, pattern: str) -> bool:
    return bool(pl.Series([joined]).str.contains(pattern).item())


def _not_inert(column: pl.Series) -> pl.Series:
    return column.str.contains(f"[^{INERT}]").fill_null(value=False)


def _trimmed(column: pl.Series, blanks: str) -> pl.Series:
    value = pl.col(column.name)
    trimmed = column.to_frame().select(value.str.strip_chars(blanks))
    return trimmed.select(pl.when(value.str.len_bytes() > 0).then(value)).to_series()
