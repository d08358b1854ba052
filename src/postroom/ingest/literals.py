"""Frames as PostgreSQL takes them: array literals for parameters, CSV for COPY."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from postroom.ingest.prefetch import prefetched

_COPY_ROWS = 16_384
"""Rows written at a time: while PostgreSQL takes some, the next are made."""


def array(column: pl.Series) -> str:
    """Return a column as an array literal; texts are quoted, nulls are NULL."""
    if column.dtype == pl.String:
        if column.str.contains_any(["\\", '"']).any():
            column = column.str.replace_all("\\", "\\\\", literal=True).str.replace_all(
                '"', '\\"', literal=True
            )
        column = column.to_frame("v").select('"' + pl.col("v") + '"').to_series()
    else:
        column = column.cast(pl.String)
    joined = column.fill_null("NULL").str.join(",").item()
    return "{" + (joined or "") + "}"


def ids_of(lines: str) -> pl.Series:
    """Return the contact ids of which PostgreSQL gave a line each."""
    return pl.Series("contact_id", lines.split()).cast(pl.Int64)


def csv_blocks(rows: pl.DataFrame) -> Iterator[bytes]:
    """Yield rows as CSV without a header; nulls are empty and unquoted."""
    for start in range(0, rows.height, _COPY_ROWS):
        yield rows.slice(start, _COPY_ROWS).write_csv(include_header=False).encode()


def write_rows(rows: pl.DataFrame, write: Callable[[bytes], None]) -> None:
    """Write rows to a COPY as `csv_blocks` makes them: while PostgreSQL takes some, the next are made."""
    if rows.height <= _COPY_ROWS:
        for block in csv_blocks(rows):
            write(block)
        return
    for block in prefetched(csv_blocks(rows), depth=4):
        write(block)
