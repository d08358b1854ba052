"""The vectorised twin of `contacts.addresses.email`."""

from __future__ import annotations

import polars as pl

from postroom.contacts.addresses import PLAIN_EMAIL, PLAIN_EMAIL_CHARACTERS, RESERVED_DOMAIN, email
from postroom.ingest.memo import Memo, settle


class Emails:
    """Writes e-mail addresses in their normal form."""

    def __init__(self) -> None:
        """Begin with an empty memory."""
        self._law: Memo[str | None] = Memo(email)

    def normalised(self, column: pl.Series) -> pl.Series:
        """Return the cleaned column's addresses as `addresses.email` would; null where it says None."""
        plain = column.str.contains(f"^{PLAIN_EMAIL}$")
        plain &= column.str.len_bytes() <= PLAIN_EMAIL_CHARACTERS
        plain &= ~column.str.contains(RESERVED_DOMAIN)
        result = column.str.to_lowercase()
        if plain.all(ignore_nulls=True):
            return result
        open_rows = ~plain.fill_null(value=True)
        return settle(result.set(open_rows, None), column, open_rows, self._law)
