"""How records become runs: in order, alike, and no more of them than memory should hold."""

from __future__ import annotations

import pytest

from postroom.contacts.commands import Command, Finding, Kind, Run
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches import runs as module
from postroom.dialects.batches.records import MAX_FIELDS
from postroom.dialects.batches.runs import Runs

FIVE = (("list_id", "5"),)
SUB = Command(Kind.SUB, FIVE, ("email", "first"))


@pytest.fixture
def runs() -> Runs:
    return Runs()


def shapes(runs: Runs) -> list[object]:
    """Return the rows of each run, and the verdict of each finding, in order."""
    runs.finish()
    return [
        list(map(list, step.rows)) if isinstance(step, Run) else step.verdict.value for step in runs.taken()
    ]


def test_records_of_equal_commands_are_one_run(runs: Runs) -> None:
    runs.add(SUB, 4, 1, 1, ["alice@example.com", "Alice"])
    runs.add(Command(Kind.SUB, FIVE, ("email", "first")), 5, 1, 2, ["bob@example.com", "Bob"])
    runs.finish()

    (run,) = runs.taken()
    assert isinstance(run, Run)
    assert (run.command, run.lines, run.numbers, run.ordinals) == (SUB, [4, 5], [1, 1], [1, 2])


@pytest.mark.parametrize(
    "other",
    [
        Command(Kind.UNSUB, FIVE, ("email", "first")),
        Command(Kind.SUB, (("list_id", "6"),), ("email", "first")),
        Command(Kind.SUB, (), ("email", "first")),
    ],
)
def test_other_commands_are_other_runs(runs: Runs, other: Command) -> None:
    for command in (SUB, other, SUB):
        runs.add(command, 4, 1, 1, ["alice@example.com", "Alice"])

    assert shapes(runs) == [[["alice@example.com", "Alice"]]] * 3


def test_fields_that_come_and_go_are_empty_where_they_are_not_said(runs: Runs) -> None:
    runs.add(SUB, 4, 1, 1, ["alice@example.com", "Alice"])
    runs.add(Command(Kind.SUB, FIVE, ("email",)), 5, 1, 2, ["bob@example.com"])
    runs.add(Command(Kind.SUB, FIVE, ("zip", "email")), 6, 1, 3, ["98122", "charlie@example.com"])
    runs.add(SUB, 7, 1, 4, ["alice@example.com", "Al"])
    runs.finish()

    (run,) = runs.taken()
    assert isinstance(run, Run)
    assert run.command.fields == ("email", "first", "zip")
    assert list(map(list, run.rows)) == [
        ["alice@example.com", "Alice", ""],
        ["bob@example.com", "", ""],
        ["charlie@example.com", "", "98122"],
        ["alice@example.com", "Al", ""],
    ]


def test_relational_rows_with_other_fields_are_another_run(runs: Runs) -> None:
    runs.add(Command(Kind.RELATIONAL_SAVE, (), ("email", "t.id")), 4, 1, 1, ["alice@example.com", "1"])
    runs.add(Command(Kind.RELATIONAL_SAVE, (), ("email",)), 5, 1, 2, ["bob@example.com"])

    assert shapes(runs) == [[["alice@example.com", "1"]], [["bob@example.com"]]]


def test_what_is_found_comes_after_the_run_it_was_found_in(runs: Runs) -> None:
    runs.add(SUB, 4, 1, 1, ["alice@example.com", "Alice"])
    runs.tell(Finding(5, Verdict.VALUE_COUNT))
    runs.add(SUB, 6, 1, 1, ["bob@example.com", "Bob"])

    assert shapes(runs) == [[["alice@example.com", "Alice"], ["bob@example.com", "Bob"]], "VALUE_COUNT"]


def test_item_blocks_stay_with_their_records(runs: Runs) -> None:
    send = Command(Kind.SEND, FIVE, ("email",))
    runs.add(send, 4, 1, 1, ["alice@example.com"])
    runs.add(send, 5, 2, 1, ["bob@example.com"], ({"name": "duties", "rows": []},))
    runs.finish()

    (run,) = runs.taken()
    assert isinstance(run, Run)
    assert [record.items for record in run.records] == [(), ({"name": "duties", "rows": []},)]


def test_runs_grow_to_so_many_records_and_no_more(runs: Runs) -> None:
    for number in range(module.MAX_RECORDS * 2 + 1):
        runs.add(SUB, number, 1, number, ["alice@example.com", "Alice"])
    runs.finish()

    assert [len(run) for run in runs.taken() if isinstance(run, Run)] == [
        module.FIRST_RECORDS,
        2 * module.FIRST_RECORDS,
        4 * module.FIRST_RECORDS,
        module.MAX_RECORDS,
        module.FIRST_RECORDS + 1,
    ]


def test_a_run_of_much_text_or_many_findings_ends_early(runs: Runs) -> None:
    for number in range(3):
        runs.add(SUB, number, 1, number, ["alice@example.com", "x" * module.MAX_CHARACTERS])
        runs.grow(module.MAX_CHARACTERS + 1)
    assert len(list(runs.taken())) == 3

    for number in range(module.MAX_FINDINGS):
        runs.tell(Finding(number, Verdict.VALUE_COUNT))
    assert len(list(runs.taken())) == module.MAX_FINDINGS


def test_fields_of_ever_other_names_do_not_pile_up(runs: Runs) -> None:
    for number in range(3 * MAX_FIELDS):
        runs.add(Command(Kind.SAVE, (), ("email", f"custom_{number}")), 4, number, 1, ["a@b.c", "x"])
    runs.finish()

    assert all(len(run.command.fields) <= MAX_FIELDS for run in runs.taken() if isinstance(run, Run))
