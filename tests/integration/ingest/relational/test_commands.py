"""Relational commands as a whole: their columns, their header, what is told of them, what they clear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.contacts.commands import BatchHeader, Command, Kind, Record, Run
from tests.integration.ingest.relational.keeper import HEADER, Keeper, run_of
from tests.integration.ingest.relational.test_saving import BOB, INTERESTS, JANE, interests


@pytest.mark.parametrize(
    ("fields", "verdict", "value"),
    [
        ("email,unknown.id", "NO_SUCH_TABLE", "unknown"),
        ("email,interests.category", "MISSING_FIELD", "interests.id"),
        ("interests.id,interests.category", "MISSING_FIELD", "email"),
        ("first,interests.id", "MISSING_FIELD", "email"),
        ("email,closed.id", "TABLE_NOT_ACTIVE", "closed"),
        ("email,first", "MISSING_FIELD", "table.column"),
        ("email,interests.id,Interests.ID", "REPEATED_FIELD", "Interests.ID"),
    ],
)
def test_columns_that_cannot_be_read_fail_each_command(
    keeper: Keeper, fields: str, verdict: str, value: str
) -> None:
    interests(keeper)
    keeper.define("closed", active=False)
    row = ",".join(["x"] * len(fields.split(",")))

    done = keeper.save(fields, row, row)

    assert done.told == [(1, verdict, value), (2, verdict, value)]
    assert all(each.failed and each.number is None for each in done.findings)
    assert done.counts == (0, 0, 0, 0)


def test_columns_that_no_table_has_are_told_and_passed_over(keeper: Keeper) -> None:
    interests(keeper)

    done = keeper.save("email,last,interests.id,interests.colour,contact_id", f"{JANE},Doe,1,red,2")

    assert done.told == [
        (1, "UNKNOWN_FIELD", "last"),
        (1, "UNKNOWN_FIELD", "contact_id"),
        (1, "UNKNOWN_FIELD", "interests.colour"),
    ]
    assert done.tally.fields_ignored == 3
    assert keeper.owners("interests") == {"1": (JANE, None)}


@pytest.mark.parametrize(
    "header", [replace(HEADER, relational=False), replace(HEADER, allow_duplicates=True)]
)
def test_both_flags_of_the_header_are_needed(keeper: Keeper, header: BatchHeader) -> None:
    interests(keeper)

    done = keeper.save(INTERESTS, f"{JANE},,1,boating,", header=header)

    assert done.told == [(1, "NOT_RELATIONAL", "")]
    assert keeper.rows("interests") == {}


def test_findings_say_their_command_and_record(keeper: Keeper) -> None:
    interests(keeper)
    command = Command(Kind.RELATIONAL_SAVE, (), ("email", "interests.id"))
    records = [Record(5, 2, 3, (JANE, "")), Record(9, 1, 4, (JANE, "x")), Record(9, 2, 4, (BOB, "1"))]

    done = keeper.run(Run.of(command, records))

    assert [(each.line, each.ordinal, each.number, each.kind) for each in done.findings] == [
        (5, 3, 2, Kind.RELATIONAL_SAVE),
        (9, 4, 1, Kind.RELATIONAL_SAVE),
    ]


def test_a_command_that_goes_on_in_the_next_run_is_warned_once(keeper: Keeper) -> None:
    interests(keeper)
    command = Command(Kind.RELATIONAL_SAVE, (), ("email", "last", "interests.id"))
    parts = [Run.of(command, [Record(3, number, 1, (JANE, "Doe", str(number)))]) for number in (1, 2)]
    other = Run.of(command, [Record(4, 1, 2, (JANE, "Doe", "3"))])

    done = keeper.run(*parts, other)

    assert done.told == [(3, "UNKNOWN_FIELD", "last"), (4, "UNKNOWN_FIELD", "last")]
    assert (done.tally.fields_ignored, done.counts) == (2, (3, 0, 0, 0))


def test_tables_that_a_file_names_are_cleared_once(keeper: Keeper) -> None:
    interests(keeper)
    keeper.define("visits", fields=["note"])
    keeper.save("email,interests.id,visits.id", f"{JANE},1,a", f"{BOB},2,b")
    header = replace(HEADER, clear_data=True)

    done = keeper.run(
        run_of(Kind.RELATIONAL_SAVE, "email,interests.id", f"{JANE},3"),
        run_of(Kind.RELATIONAL_SAVE, "email,interests.id", f"{JANE},4"),
        header=header,
    )

    assert (done.counts, done.told) == ((2, 0, 0, 2), [])
    assert sorted(keeper.rows("interests")) == ["3", "4"]
    assert sorted(keeper.rows("visits")) == ["a", "b"]


def test_a_table_that_may_not_be_cleared_is_imported_into_all_the_same(keeper: Keeper) -> None:
    keeper.define("orders", key="orderid")
    keeper.define("items", key="itemid", to=["orders"], may_clear=False)
    keeper.save("email,orders.orderid,items.itemid", f"{JANE},1,a")

    items = keeper.bulk("items", "itemid,orderid", "b,1", clear=True)
    orders = keeper.bulk("orders", "email,orderid", f"{JANE},2", clear=True)

    assert items.told == [(1, "CLEARING_FORBIDDEN", "items")]
    assert orders.told == [(1, "CLEARING_FORBIDDEN", "orders")]
    assert (sorted(keeper.rows("items")), sorted(keeper.rows("orders"))) == (["a", "b"], ["1", "2"])
