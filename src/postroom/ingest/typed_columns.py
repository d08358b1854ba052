"""The vectorised twin of `contacts.custom_fields.cell_value`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import polars as pl

from postroom.contacts.custom_fields import TEXTS, CustomColumn, cell_value
from postroom.contacts.fields import CONTACT_FIELDS
from postroom.contacts.settings import AccountSettings
from postroom.ingest.memo import Memo, settle


class TypedColumn:
    """Reads the values of a custom field that does not hold any text."""

    def __init__(self, column: CustomColumn) -> None:
        """Begin with an empty memory."""
        self.name = column.name
        self._law: Memo[str | None] = Memo(partial(cell_value, column.type))

    def read(self, column: pl.Series) -> pl.Series:
        """Return the cleaned column as it is stored, null where the law says None."""
        nothing = pl.Series(column.name, [None], dtype=pl.String).new_from_index(0, len(column))
        return settle(nothing, column, column.is_not_null(), self._law)


def typed_columns(settings: AccountSettings) -> Mapping[str, TypedColumn]:
    """Return what reads an account's custom fields, by contact field; texts need no reading."""
    typed = {name: column for name, column in settings.custom.items() if column.type not in TEXTS}
    return {name: TypedColumn(typed[name]) for name in CONTACT_FIELDS if name in typed}
