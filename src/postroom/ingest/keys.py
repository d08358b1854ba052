"""The vectorised twin of `contacts.criteria`: keys, and identifiers where any of them is enough."""

from __future__ import annotations

import polars as pl
import polars_hash as plh

from postroom.contacts.criteria import FOLDED_FIELDS, IDENTIFIERS, KEY_FIELDS, SEPARATOR, Criterion
from postroom.ingest.cleaning import Cleaner

KEY_CHARACTERS = 32


def dedup_keys(values: pl.DataFrame, criterion: Criterion, cleaner: Cleaner) -> pl.Series:
    """Return the key of each row of normalised fields as 32 hexadecimal digits, null when it has none."""
    present = [name for name in KEY_FIELDS[criterion] if name in values.columns]
    if not present:
        return pl.Series("dedup_key", [None], dtype=pl.String).new_from_index(0, values.height)
    parts = [pl.col(name).fill_null("") if name in present else pl.lit("") for name in KEY_FIELDS[criterion]]
    payload = pl.concat_str(pl.lit(criterion.value), *parts, separator=SEPARATOR)
    identified = pl.any_horizontal(pl.col(present).is_not_null())
    return _hashed(_folded(values, present, cleaner), payload, identified).alias("dedup_key")


def identifier_columns(criterion: Criterion) -> list[str]:
    """Name the columns that `identifiers` returns."""
    return [f"identifier_{number}" for number in range(len(IDENTIFIERS[criterion]))]


def identifiers(values: pl.DataFrame, criterion: Criterion, cleaner: Cleaner) -> list[pl.Series]:
    """Return each identifier of each row of normalised fields as 32 hexadecimal digits, or null."""
    present = [name for name in KEY_FIELDS[criterion] if name in values.columns]
    folded = _folded(values, present, cleaner)
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, values.height)
    found = []
    for column, fields in zip(identifier_columns(criterion), IDENTIFIERS[criterion], strict=True):
        if set(fields) <= set(present):
            payload = pl.concat_str(*map(pl.lit, fields), *map(pl.col, fields), separator=SEPARATOR)
            # Without any of its fields the payload is null, and there is no identifier.
            found.append(_hashed(folded, payload, pl.lit(value=True)).alias(column))
        else:
            found.append(nothing.alias(column))
    return found


def _folded(values: pl.DataFrame, present: list[str], cleaner: Cleaner) -> pl.DataFrame:
    # E-mail addresses are lower case already.
    return values.with_columns(
        cleaner.folded(values[name]) for name in present if name in FOLDED_FIELDS - {"email"}
    )


def _hashed(values: pl.DataFrame, payload: pl.Expr, identified: pl.Expr) -> pl.Series:
    told = values.select(payload.alias("payload"), identified.alias("identified"))
    digest = plh.col("payload").chash.sha2_256().str.head(KEY_CHARACTERS)
    return told.select(pl.when("identified").then(digest)).to_series()
