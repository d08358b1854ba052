"""The fast way through Polars gives what the careful way gives, on tables nobody would write by hand."""

from __future__ import annotations

import csv
import io

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.batches import ColumnMap, FileRefused, RowIssue
from postroom.ingest.blocks import text_blocks
from postroom.ingest.frames import Frame, Layout, careful_frame, fast_frame
from postroom.ingest.inspect import Inspection
from postroom.ingest.records import CarefulReader, cells_of

MARKS = st.text(alphabet='ab;" \t\u00a0\x1c\x01é\u2028€', max_size=6)
LINES = st.lists(MARKS | st.sampled_from([";;", "", '"a;b";c', '"";""', "a;b;c", "a;;;d", '";";'])).map(
    lambda lines: "\n".join(lines) + "\n"
)
CELLS = st.text(alphabet='ab;"\n é', max_size=5)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8)
LAYOUTS = st.sampled_from(
    [
        ColumnMap({"email": 0}, 1, ("Email",)),
        ColumnMap({"email": 0, "last_name": 2}, 3, ("Email", "?", "Nom"), ("?",)),
        ColumnMap({"last_name": 2, "email": 0}, 4, ("Email", "", "Nom", "")),
        ColumnMap({"email": 1}, 5, ("", "Email", "Ligne", "Code", "Motif"), (), (2, 3, 4)),
    ]
)
UNIX = Inspection("utf-8", 0, "lf", 0, has_quotes=True, byte_size=0)


def written(rows: list[list[str]], quoting: int) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n", quoting=quoting)  # type: ignore[arg-type]  # an int does
    writer.writerows(rows)
    return text.getvalue()


def careful(text: str, layout: Layout) -> tuple[Frame, str]:
    reader = CarefulReader(text, ";", 10)
    return careful_frame(list(reader), layout), reader.tail


def seen(frame: Frame) -> tuple[pl.Schema, list[tuple[object, ...]], list[RowIssue], int]:
    return frame.data.schema, frame.data.rows(), frame.issues, frame.rows


def check_equal(text: str, columns: ColumnMap) -> None:
    layout = Layout.of(columns, ";")
    fast = fast_frame(text.encode(), layout, 10)
    if fast is None:
        return
    slow, tail = careful(text, layout)

    assert tail == ""
    assert seen(fast) == seen(slow)
    for line in [*slow.data["line"], *(issue.line for issue in slow.issues)]:
        assert fast.cells(line) == slow.cells(line)


@given(LINES, LAYOUTS)
def test_on_lines_of_any_shape(text: str, columns: ColumnMap) -> None:
    check_equal(text, columns)


@given(ROWS, LAYOUTS, st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_on_written_tables(rows: list[list[str]], columns: ColumnMap, quoting: int) -> None:
    check_equal(written(rows, quoting), columns)


@given(ROWS, st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_the_careful_way_reads_what_python_wrote(rows: list[list[str]], quoting: int) -> None:
    records = list(CarefulReader(written(rows, quoting), ";", 1))

    assert [list(record.cells) for record in records] == rows
    for record in records:
        assert cells_of(record.text, ";") == record.cells


@given(LINES.filter(lambda text: '"' not in text), LAYOUTS)
def test_without_quotes_the_fast_way_is_always_taken(text: str, columns: ColumnMap) -> None:
    assert fast_frame(text.encode(), Layout.of(columns, ";"), 10) is not None


@given(st.lists(st.lists(st.text(alphabet="ab; é", max_size=4), min_size=1), max_size=8), LAYOUTS)
def test_with_every_cell_quoted_on_one_line_too(rows: list[list[str]], columns: ColumnMap) -> None:
    text = written(rows, csv.QUOTE_ALL)

    assert fast_frame(text.encode(), Layout.of(columns, ";"), 10) is not None


@given(LINES, st.integers(1, 20))
def test_records_do_not_depend_on_where_blocks_end(text: str, block_bytes: int) -> None:
    whole = _records([text])

    blocks = [block.decode() for block in text_blocks(io.BytesIO(text.encode()), UNIX, block_bytes)]

    assert "".join(blocks) == text
    assert _records(blocks) == whole


def _records(blocks: list[str]) -> list[tuple[int, tuple[str, ...]]] | str:
    found: list[tuple[int, tuple[str, ...]]] = []
    line, tail = 1, ""
    try:
        for block in blocks:
            reader = CarefulReader(tail + block, ";", line)
            found += [(record.line, record.cells) for record in reader]
            tail, before = reader.tail, tail
            line += (before + block).count("\n") - tail.count("\n")
    except FileRefused as refused:
        return refused.value
    return found
