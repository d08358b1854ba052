"""Records of a run lie in columns, and are records again for whoever looks at one."""

from __future__ import annotations

from postroom.contacts.commands import Command, Kind, Record, Run

COMMAND = Command(Kind.SEND, (("list_id", "5"),), ("email", "first"))
RECORDS = [
    Record(7, 1, 3, ("alice@example.com", "Alice")),
    Record(7, 2, 3, ("bob@example.com", "Bob"), ({"name": "duties"},)),
]


def test_records_laid_out_in_columns_are_the_same_records() -> None:
    run = Run.of(COMMAND, RECORDS)

    assert run.records == RECORDS
    assert run.record(1) == RECORDS[1]
    assert len(run) == 2


def test_the_columns_are_those_of_the_records() -> None:
    run = Run.of(COMMAND, RECORDS)

    assert (run.lines, run.numbers, run.ordinals) == ([7, 7], [1, 2], [3, 3])
    assert [list(row) for row in run.rows] == [["alice@example.com", "Alice"], ["bob@example.com", "Bob"]]
    assert run.items == {1: ({"name": "duties"},)}
