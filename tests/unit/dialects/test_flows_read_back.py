"""Files of flows are read back by what their consumers have: csv, DuckDB, pandas.

PostgreSQL's COPY reads them where there is a database: tests/integration/outflow/test_formats.py.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from postroom.dialects.flows.cells import Spelling
from postroom.dialects.flows.columns import Column
from postroom.dialects.flows.writing import FlowWriter

TEXTS = [
    "plain",
    "a;b",
    'say "hi"',
    '"',
    "x\ry",
    "x\ny",
    "x\r\ny",
    "a,b",
    "  blanks  ",
    "été, Ελλάδα, 日本",
    "=1+1",
    "null",
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with the texts, each in a row between two others that are null and empty."""
    path = tmp_path / "flow.csv"
    with path.open("wb") as stream:
        writer = FlowWriter(
            stream, [Column("number"), Column("text"), Column("nothing"), Column("empty")], Spelling()
        )
        writer.write_all([(str(number), text, None, "") for number, text in enumerate(TEXTS)])
    return path


def test_pythons_csv_reads_it(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";", strict=True))

    assert [row["text"] for row in rows] == TEXTS
    assert {(row["nothing"], row["empty"]) for row in rows} == {("", "")}


def test_duckdb_reads_it(file: Path) -> None:
    rows = duckdb.connect().execute(
        "select text, nothing from read_csv(?, delim = ';', quote = '\"', escape = '\"', header = true,"
        " all_varchar = true, strict_mode = false, new_line = '\\n') order by number::int",
        [str(file)],
    )

    found = rows.fetchall()
    assert [text for text, _nothing in found] == TEXTS
    assert {nothing for _text, nothing in found} == {None}


def test_pandas_reads_it(file: Path) -> None:
    found = pd.read_csv(
        io.BytesIO(file.read_bytes()), sep=";", dtype=str, keep_default_na=False, lineterminator="\n"
    )

    assert list(found["text"]) == TEXTS
    assert list(found.columns) == ["number", "text", "nothing", "empty"]
