"""Parquet: JSON lines become a table of typed columns, streamed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from postroom.dialects.flows.columns import Kind
from postroom.outflow.columns import FlowColumn

_TYPES: Final[dict[Kind, pl.DataType]] = {
    Kind.TEXT: pl.String(),
    Kind.INTEGER: pl.Int64(),
    Kind.DECIMAL: pl.String(),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.DATE: pl.String(),
    Kind.MOMENT: pl.String(),
    Kind.MULTI: pl.List(pl.String()),
}
_ROWS_TOGETHER: Final = 50_000
_ISO: Final = "%Y-%m-%dT%H:%M:%S%#z"
_DAY: Final = "%Y-%m-%d"


def write_parquet(lines: Path, table: Path, columns: Sequence[FlowColumn]) -> None:
    """Write JSON lines as Parquet (zstd); moments are UTC timestamps, decimals text as they were recorded."""
    schema = {each.name: _TYPES[each.column.kind] for each in columns}
    if lines.stat().st_size == 0:
        pl.DataFrame(schema=schema).with_columns(_typed(columns)).write_parquet(table)
        return
    frame = pl.scan_ndjson(lines, schema=schema, batch_size=_ROWS_TOGETHER).with_columns(_typed(columns))
    frame.sink_parquet(table, compression="zstd", row_group_size=_ROWS_TOGETHER, engine="streaming")


def _typed(columns: Sequence[FlowColumn]) -> list[pl.Expr]:
    """Return what makes moments and days of the texts that JSON has for them."""
    moments = [pl.col(each.name) for each in columns if each.column.kind is Kind.MOMENT]
    days = [pl.col(each.name) for each in columns if each.column.kind is Kind.DATE]
    return [
        *(each.str.to_datetime(_ISO, time_unit="ms", time_zone="UTC", strict=False) for each in moments),
        *(each.str.to_date(_DAY, strict=False) for each in days),
    ]
