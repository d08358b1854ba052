"""The vectorised twin of `contacts.rows.collapse`: rows of one key in one frame become one row."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl


def collapsed(rows: pl.DataFrame, fields: Collection[str], *, erasing: bool) -> pl.DataFrame:
    """Return `rows` with each key once, at the line of its last row and without a digest of its own.

    From top to bottom the last value that is not null wins, field by field; with `erasing` the last row's
    values win as they are. Rows without a key stay as they are.
    """
    repeated = rows["dedup_key"].is_not_null() & rows["dedup_key"].is_duplicated()
    if not repeated.any():
        return rows
    last = [_last(field, erasing=erasing) for field in fields]
    merged = rows.filter(repeated).group_by("dedup_key").agg(pl.col("line").last(), *last)
    digestless = merged.with_columns(pl.lit(None, dtype=pl.Int64).alias("digest"))
    return pl.concat([rows.filter(~repeated), digestless.select(rows.columns)])


def _last(field: str, *, erasing: bool) -> pl.Expr:
    column = pl.col(field)
    return column.last() if erasing else column.drop_nulls().last()
