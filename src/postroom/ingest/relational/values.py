"""The vectorised twin of `contacts.table_values`."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.table_values import ERASE, LAWS, PLAIN_FLOAT, PLAIN_NUMBER
from postroom.contacts.tables import Field, FieldType
from postroom.ingest.cleaning import Cleaner, longer
from postroom.ingest.memo import Memo, settle

_PLAIN = {FieldType.NUMBER: PLAIN_NUMBER, FieldType.FLOAT: PLAIN_FLOAT}


@dataclass(frozen=True, slots=True)
class Typed:
    """What texts stand for: canonical values or null; which of them erase, which no field can hold."""

    values: pl.Series
    erased: pl.Series
    wrong: pl.Series


class Typist:
    """Reads columns of texts as fields have them; holds what the law said."""

    def __init__(self, erase: str = ERASE) -> None:
        """Take what erases a value, in lower case."""
        self.cleaner = Cleaner()
        self._erase = erase
        self._laws: dict[FieldType, Memo[str | None]] = {kind: Memo(law) for kind, law in LAWS.items()}

    def read(self, column: pl.Series, field: Field) -> Typed:
        """Return what the texts of a column stand for in a field."""
        erased = column.str.len_bytes() == len(self._erase)
        if erased.any():
            erased &= column.str.to_lowercase() == self._erase
            column = column.set(erased, "")
        cleaned = self.cleaner.cleaned(column)
        if field.type is FieldType.STRING:
            wrong = longer(cleaned, field.length or MAX_VALUE_CHARACTERS)
            values = cleaned.set(wrong, None) if wrong.any() else cleaned
            return Typed(values, erased, wrong)
        values = self._by_law(cleaned, field.type)
        return Typed(values, erased, cleaned.is_not_null() & values.is_null())

    def _by_law(self, cleaned: pl.Series, kind: FieldType) -> pl.Series:
        open_rows = cleaned.is_not_null()
        if kind in _PLAIN:
            open_rows &= ~cleaned.str.contains(_PLAIN[kind]).fill_null(value=True)
        return settle(cleaned.set(open_rows, None), cleaned, open_rows, self._laws[kind])


def pieces(typed: Typed, name: str, field: Field) -> pl.Series:
    """Return each value as a member of a JSON object; null where nothing is said."""
    member = f'"{name.lower()}":'
    value = pl.col("value")
    if field.type in {FieldType.STRING, FieldType.DATE}:
        escaped = value
        if typed.values.str.contains_any(["\\", '"']).any():
            escaped = value.str.replace_all("\\", "\\\\", literal=True).str.replace_all(
                '"', '\\"', literal=True
            )
        value = '"' + escaped + '"'
    frame = pl.DataFrame({"value": typed.values, "erased": typed.erased})
    return frame.select(
        pl.when("erased").then(pl.lit(erasing(name))).otherwise(pl.lit(member) + value)
    ).to_series()


def erasing(name: str) -> str:
    """Return the member of a JSON object that erases a value."""
    return f'"{name.lower()}":null'
