"""Blocks of lines below a command: run whole or not at all; and rows of relational .csv files."""

from __future__ import annotations

import pytest

from postroom.contacts.commands import Finding, Run
from postroom.dialects.batches.lines import MAX_RECORD_BYTES
from tests.unit.dialects.batches import LOGIN, body, findings, opened, records

AFTER = "cmd=save&data=email^bob@example.com\n"
SMART = "cmd=smartsub&list_id=5&delimiter=|\n"
CSV = f"{LOGIN}isrelational=1\ntable=interests\ncolumns=email,id,name\n"


def block(rows: str, first: str = SMART) -> list[tuple[str, str]]:
    return findings(body(f"{first}{rows}{AFTER}"))


@pytest.mark.parametrize("delimiter", ["|", ",", "\t", ";"])
def test_rows_are_split_at_the_delimiter_of_their_command(delimiter: str) -> None:
    rows = ["email|first|last", "a@b.c|Ann|", ' d@e.f |"D"| Lee ', "g%40h.i||"]
    sent = "\n".join(row.replace("|", delimiter) for row in rows)

    steps = body(f"cmd=smartsub&list_id=5&delimiter={delimiter}\n{sent}\ncmd=endsmartsub\n{AFTER}")

    assert findings(steps) == []
    assert records(steps) == [
        ("a@b.c", "Ann", ""),
        ("d@e.f", "D", "Lee"),
        ("g@h.i", "", ""),
        ("bob@example.com",),
    ]


@pytest.mark.parametrize(
    ("said", "meant"), [("%7C", "|"), ("tab", "\t"), ("%09", "\t"), ("\\t", "\t"), ("comma", ",")]
)
def test_a_delimiter_may_be_escaped_or_named(said: str, meant: str) -> None:
    steps = body(
        f"cmd=smartsub&list_id=5&delimiter={said}\nemail{meant}first\na@b.c{meant}A\ncmd=endsmartsub\n"
    )

    assert records(steps) == [("a@b.c", "A")]


@pytest.mark.parametrize("said", ["", "x", "||", '"', "+"])
def test_any_other_delimiter_is_refused(said: str) -> None:
    verdicts = [
        verdict for verdict, _ in block("email|first\na@b.c|A\ncmd=endsmartsub\n", SMART.replace("|", said))
    ]

    assert verdicts in (["BAD_ARGUMENT"], ["MISSING_ARGUMENT"])


BROKEN = [
    ("email|first\na@b.c|A\nd@e.f\ncmd=endsmartsub\n", ("BLOCK_INCOMPLETE", "1 / 2")),
    ("email|first\na@b.c|A|B\nd@e.f\ncmd=endsmartsub\n", ("BLOCK_INCOMPLETE", "3 / 2")),
    ("email|first\na@b.c|A\n", ("BLOCK_NOT_ENDED", "endsmartsub")),
    ("email|first\na@b.c|A\ncmd=endrelationalsub\n", ("BLOCK_NOT_ENDED", "endsmartsub")),
    ("first|last\nA|B\ncmd=endsmartsub\n", ("MISSING_FIELD", "email")),
    ("email||last\na@b.c|A|B\ncmd=endsmartsub\n", ("MISSING_FIELD", "email||last")),
    ("email|email\na@b.c|A\ncmd=endsmartsub\n", ("REPEATED_FIELD", "email")),
    ("email|first\ncmd=endsmartsub\n", ("MISSING_DATA", "")),
    ("cmd=endsmartsub\n", ("MISSING_DATA", "")),
    ("", ("MISSING_DATA", "")),
]


@pytest.mark.parametrize(("rows", "told"), BROKEN)
def test_a_block_that_is_not_whole_is_not_run_at_all_and_what_follows_is(
    rows: str, told: tuple[str, str]
) -> None:
    steps = body(f"{SMART}{rows}{AFTER}")

    assert findings(steps)[0] == told
    assert records(steps) == [("bob@example.com",)]


def test_an_incomplete_row_says_its_line() -> None:
    steps = body(f"{SMART}email|first\n\na@b.c|A\nd@e.f\ncmd=endsmartsub\n")

    (found,) = [step for step in steps if isinstance(step, Finding)]
    assert (found.line, found.number, found.ordinal) == (8, None, 1)


def test_rows_know_their_line_and_their_place_in_the_block() -> None:
    (run,) = body(f"\n{SMART}\nemail|first\n\na@b.c|A\n\nd@e.f|D\ncmd=endsmartsub\n")

    assert isinstance(run, Run)
    assert [(record.line, record.number, record.ordinal) for record in run.records] == [(9, 1, 1), (11, 2, 1)]


def test_a_block_that_was_refused_is_passed_over() -> None:
    steps = body(f"cmd=smartsub&delimiter=|\nemail|first\na@b.c|A\ncmd=endsmartsub\n{AFTER}")

    assert findings(steps) == [("MISSING_ARGUMENT", "list_id")]
    assert records(steps) == [("bob@example.com",)]


def test_several_blocks_may_stand_in_a_file_with_other_commands() -> None:
    rows = "email|first\na@b.c|A\ncmd=endsmartsub\n"

    assert len(records(body(f"{SMART}{rows}{AFTER}{SMART}{rows}"))) == 3


def test_relationalsub_is_a_block_of_files_that_are_flagged() -> None:
    rows = "cmd=relationalsub&list_id=5&delimiter=,\nemail,first\na@b.c,A\ncmd=endrelationalsub\n"

    assert records(body(rows, "isrelationalsubscriber=1\n")) == [("a@b.c", "A")]
    assert findings(body(rows)) == [("MISSING_ARGUMENT", "isrelationalsubscriber=1")]


def test_smartunsub_takes_every_line_to_the_end_of_the_file_as_an_address() -> None:
    steps = body('cmd=smartunsub&list_id=5\na@b.c\n\n  "d@e.f"\ng@h.i,Ann\n%67@h.i\nnobody')

    assert records(steps) == [("a@b.c",), ("d@e.f",), ("g@h.i,Ann",), ("g@h.i",), ("nobody",)]


@pytest.mark.parametrize(
    ("commands", "left"),
    [
        (f"{AFTER}cmd=smartunsub&list_id=5\na@b.c\n", 1),
        (f"cmd=smartunsub&list_id=5\na@b.c\n{AFTER}d@e.f\n", 1),
        ("cmd=smartunsub&list_id=5\na@b.c\ncmd=smartunsub&list_id=5\nd@e.f\n", 0),
    ],
)
def test_smartunsub_is_the_only_command_of_its_file(commands: str, left: int) -> None:
    steps = body(commands)

    assert ("NOT_ALONE", "smartunsub") in findings(steps)
    assert len(records(steps)) == left


def test_smartunsub_of_nobody_says_so() -> None:
    assert findings(body("cmd=smartunsub&list_id=5\n\n")) == [("MISSING_DATA", "")]


# -------------------------------------------------------------------------------------- relational .csv files


def rows(sent: str, header: str = CSV) -> list[tuple[str, ...]]:
    return records(list(opened(header + sent, "march.csv").steps))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ('"a@b.c","1","Ann"', ("a@b.c", "1", "Ann")),
        (' "a@b.c" , "1" , "Ann" ', ("a@b.c", "1", "Ann")),
        ('a@b.c,1,"Ann, of Ely"', ("a@b.c", "1", "Ann, of Ely")),
        ('"a@b.c","1","the ""A"""', ("a@b.c", "1", 'the "A"')),
        (r'"a@b.c","1","the \"A\""', ("a@b.c", "1", 'the "A"')),
        ('"a@b.c","1","50%25 A+B ^ & %41"', ("a@b.c", "1", "50%25 A+B ^ & %41")),
        ('"a@b.c","",""', ("a@b.c", "", "")),
    ],
)
def test_a_row_of_a_csv_file_is_quoted_and_never_unescaped(row: str, expected: tuple[str, ...]) -> None:
    assert rows(f"{row}\n") == [expected]


def test_a_row_with_too_few_or_too_many_values_fails_alone() -> None:
    steps = list(opened(f'{CSV}"a@b.c","1"\n\n"d@e.f","2","D"\n"g@h.i","3","G","x"\n', "march.csv").steps)

    assert records(steps) == [("d@e.f", "2", "D")]
    assert [(step.line, step.number) for step in steps if isinstance(step, Finding)] == [(6, 1), (9, 3)]


def test_columns_are_kept_as_they_are_called() -> None:
    header = f'{LOGIN}isrelational=1\ntable="Interests"\ncolumns="Email", first_name ,uniqueID\n'
    batch = opened(f'{header}"a@b.c","Ann","1"\n', "march.csv")
    (run,) = batch.steps

    assert isinstance(run, Run)
    assert run.command.fields == ("email", "first_name", "uniqueID")
    assert batch.header.table == "Interests"


def test_columns_are_apart_by_commas_alone() -> None:
    header = f"{LOGIN}isrelational=1\ntable=interests\ncolumns=email,a|b\n"

    assert rows('"a@b.c","1"\n', header) == [("a@b.c", "1")]


def test_a_first_row_that_looks_like_a_header_line_is_a_row() -> None:
    header = f"{LOGIN}isrelational=1\ntable=interests\ncolumns=id\n"

    assert rows("colour=red\nverbose=1\n", header) == [("colour=red",), ("verbose=1",)]


def test_a_row_may_not_be_very_long() -> None:
    long = "x" * MAX_RECORD_BYTES

    assert block(f"email|first\na@b.c|{long}\ncmd=endsmartsub\n")[0][0] == "LINE_TOO_LONG"
    steps = list(opened(f'{CSV}"a@b.c","1","{long}"\n"d@e.f","2","D"\n', "march.csv").steps)
    assert [verdict for verdict, _ in findings(steps)] == ["VALUE_TOO_LONG"]
    assert records(steps) == [("d@e.f", "2", "D")]
