"""What PostgreSQL writes is what the writer of the dialect would write, cell by cell."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.dialects.flows.columns import Column, Kind
from postroom.dialects.flows.writing import FlowWriter
from postroom.store.events import cut
from postroom.store.flow_cells import Cell, Source
from postroom.store.flow_rows import Spelled, Wanted, write_rows
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened

COLUMNS = [
    Column("text", Kind.TEXT, 20),
    Column("number", Kind.INTEGER),
    Column("truth", Kind.BOOLEAN),
    Column("many", Kind.MULTI),
    Column("amount", Kind.DECIMAL),
]
# NUL and lone surrogates cannot be in the database at all.
LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
TEXTS = st.text(st.sampled_from('ab;"\r\n,\\é %{}[]\t') | LETTERS, max_size=30)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.none() | TEXTS,
        "number": st.none() | st.integers(-(2**53), 2**53),
        "truth": st.none() | st.booleans(),
        "many": st.none() | st.lists(TEXTS, max_size=4),
        "amount": st.none()
        | st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9),
    },
)


def by_the_writer(rows: list[dict[str, Any]]) -> bytes:
    stream = io.BytesIO()
    writer = FlowWriter(stream, COLUMNS)
    for row in rows:
        writer.write([row.get(column.name) for column in COLUMNS])
    return stream.getvalue().partition(b"\n")[2]


def by_the_database(exporter: Exporter, rows: list[dict[str, Any]], after: int) -> bytes:
    written: list[bytes] = []
    cells = [Cell(each.name, each.kind.value, Source.ATTRIBUTE, each.name, each.length) for each in COLUMNS]
    with exporter.room.database.transaction() as connection:
        up_to = cut(connection, exporter.account_id).seq
        wanted = Wanted(
            "event_rows",
            exporter.account_id,
            "alice",
            cells,
            from_seq=after,
            to_seq=up_to,
            type="message.opened",
        )
        assert write_rows(connection, wanted, Spelled(), written.append) == len(rows)
    return b"".join(written)


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()}


@given(rows=st.lists(ROWS, min_size=1, max_size=8))
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_and_the_writer_write_the_same_bytes(
    exporter: Exporter, rows: list[dict[str, Any]]
) -> None:
    with exporter.room.database.transaction() as connection:
        after = cut(connection, exporter.account_id).seq
    exporter.record(
        *(happened("EMAIL_OPENED", contact_id=None, attributes=plain(row), event_id=None) for row in rows)
    )

    found = by_the_database(exporter, rows, after)

    assert found == by_the_writer(rows)
    read = list(csv.reader(io.StringIO(found.decode(), newline=""), delimiter=";", strict=True))
    assert [line[0] for line in read] == [(row.get("text") or "")[:20] for row in rows]
    assert all(len(line) == len(COLUMNS) for line in read)
