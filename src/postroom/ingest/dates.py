"""The vectorised twin of `contacts.dates.birth_date`."""

from __future__ import annotations

from datetime import date

import polars as pl

from postroom.contacts.dates import FIRST_YEAR, LAST_YEAR, birth_date
from postroom.ingest.memo import Memo, settle

SHAPES = {r"^[0-9]{2}/[0-9]{2}/[0-9]{4}$": "%d/%m/%Y", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "%Y-%m-%d"}
"""How nearly all dates are written; a value of such a shape that is no day is not a date."""


class BirthDates:
    """Reads dates of birth."""

    def __init__(self) -> None:
        """Begin with an empty memory."""
        self._law: Memo[date | None] = Memo(birth_date)

    def read(self, column: pl.Series) -> pl.Series:
        """Return the cleaned column as dates, as `dates.birth_date` would; null where it says None."""
        result = pl.Series(column.name, [None], dtype=pl.Date).new_from_index(0, len(column))
        open_rows = column.is_not_null()
        for shape, form in SHAPES.items():
            shaped = column.str.contains(shape).fill_null(value=False)
            if shaped.any():
                result = column.str.to_date(form, strict=False).zip_with(shaped, result)
                open_rows &= ~shaped
            if not open_rows.any():
                break
        years = result.dt.year()
        result = result.set((years < FIRST_YEAR) | (years > LAST_YEAR), None)
        return settle(result, column, open_rows, self._law)
