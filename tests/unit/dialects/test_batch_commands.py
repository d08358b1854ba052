"""What each command takes, and what is wrong with one whatever its records say."""

from __future__ import annotations

import pytest

from postroom.contacts.commands import Kind, Run
from tests.unit.dialects.batches import body, findings, records

ALICE = "data=email^alice@example.com"

NAMES = [
    ("sub&list_id=5", Kind.SUB),
    ("subscribe&list_id=5", Kind.SUB),
    ("unsub&list_id=5", Kind.UNSUB),
    ("unsubscribe&list_id=5", Kind.UNSUB),
    ("save", Kind.SAVE),
    ("update", Kind.SAVE),
    ("delete", Kind.DELETE),
    ("send&list_id=5&template_id=17", Kind.SEND),
]


def only_run(commands: str, header: str = "") -> Run:
    (step,) = body(commands, header)
    assert isinstance(step, Run), step
    return step


@pytest.mark.parametrize(("name", "kind"), NAMES)
def test_commands_with_contacts_go_by_these_names(name: str, kind: Kind) -> None:
    assert only_run(f"cmd={name}&{ALICE}\n").command.kind is kind


@pytest.mark.parametrize(
    "name", ["find", "detail", "subandsend", "relationalimport", "endsmartsub", "", "s u b"]
)
def test_other_names_are_no_commands(name: str) -> None:
    assert findings(body(f"cmd={name}&list_id=5&{ALICE}\n")) == [("UNKNOWN_COMMAND", name)]


ARGUMENTS = [
    ("sub&list_id=5&format=plain", {"list_id": "5", "format": "1"}),
    ("sub&list_id=5&format=HTML", {"list_id": "5", "format": "2"}),
    ("sub&list_id=5&format=mime&force_sub=TRUE", {"list_id": "5", "format": "99", "force_sub": "1"}),
    ("sub&LIST_ID=5&Realm=child", {"list_id": "5", "realm": "child"}),
    ("sub&list_id=5%2C6", {"list_id": "5,6"}),
    ("unsub&list_id=5&optout=false&global=0", {"list_id": "5", "optout": "0", "global": "0"}),
    ("unsub&list_id=0&universal=1&force_optout=1", {"list_id": "0", "universal": "1", "force_optout": "1"}),
    ("save&realm=child+of+alice", {"realm": "child of alice"}),
    (
        "send&list_id=5&template_id=17&subject=A%2BB+%26+C=D&campaign_name=",
        {"list_id": "5", "template_id": "17", "subject": "A+B & C=D", "campaign_name": ""},
    ),
]


@pytest.mark.parametrize(("line", "expected"), ARGUMENTS)
def test_arguments_are_decoded_and_said_in_one_way(line: str, expected: dict[str, str]) -> None:
    assert dict(only_run(f"cmd={line}&{ALICE}\n").command.arguments) == expected


def test_arguments_are_in_order_so_that_equal_commands_are_equal() -> None:
    lines = f"cmd=sub&list_id=5&format=1&{ALICE}\ncmd=sub&format=plain&{ALICE}&list_id=5\n"

    assert len(only_run(lines).rows) == 2


REFUSED = [
    (f"sub&{ALICE}", "MISSING_ARGUMENT", "list_id"),
    (f"sub&list_id=&{ALICE}", "MISSING_ARGUMENT", "list_id"),
    (f"sub&list_id=a&{ALICE}", "BAD_ARGUMENT", "list_id=a"),
    (f"sub&list_id=5,a&{ALICE}", "BAD_ARGUMENT", "list_id=5,a"),
    (f"sub&list_id=-5&{ALICE}", "BAD_ARGUMENT", "list_id=-5"),
    (f"sub&list_id=5&format=3&{ALICE}", "BAD_ARGUMENT", "format=3"),
    (f"sub&list_id=5&force_sub=maybe&{ALICE}", "BAD_ARGUMENT", "force_sub=maybe"),
    (f"unsub&list_id=5&optout=&{ALICE}", "BAD_ARGUMENT", "optout="),
    (f"send&list_id=5&{ALICE}", "MISSING_ARGUMENT", "template_id"),
    (f"send&list_id=5&template_id=x&{ALICE}", "BAD_ARGUMENT", "template_id=x"),
    (f"send&list_id=5,6&template_id=1&{ALICE}", "SEVERAL_LISTS", "5,6"),
    ("launch&list_id=5", "MISSING_ARGUMENT", "format"),
    ("launch&format=1", "MISSING_ARGUMENT", "list_id"),
    ("launch&list_id=5&format=1&segmentation_id=x", "BAD_ARGUMENT", "segmentation_id=x"),
    ("customfieldcreate&fieldname=age", "MISSING_ARGUMENT", "fieldtype"),
    ("customfieldcreate&fieldname=age&fieldtype=5", "BAD_FIELD_TYPE", "5"),
    ("customfielddelete", "MISSING_ARGUMENT", "fieldname"),
    ("change&email_new=alice@example.com", "MISSING_ARGUMENT", "email"),
    ("change&data=email^alice@example.com", "MISSING_FIELD", "email_new"),
    ("sub&list_id=5&data=first^Alice", "MISSING_FIELD", "email"),
    ("delete&data=first^Alice", "MISSING_FIELD", "email"),
    ("save&data=email,last|first^a|b", "MIXED_DELIMITERS", "email,last|first"),
    ("save&data=email,zip,zip^a,b,c", "REPEATED_FIELD", "zip"),
    ("save&data=email,^a,b", "MISSING_FIELD", "email,"),
    ("save", "MISSING_DATA", ""),
    ("save&data=email", "MISSING_DATA", ""),
    (f"update&identity_field=phone&{ALICE}", "BAD_ARGUMENT", "identity_field=phone"),
]


@pytest.mark.parametrize(("line", "verdict", "value"), REFUSED)
def test_a_command_that_cannot_be_run_is_told_and_the_next_one_runs(
    line: str, verdict: str, value: str
) -> None:
    steps = body(f"cmd={line}\ncmd=save&data=email^bob@example.com\n")

    assert findings(steps) == [(verdict, value)]
    assert records(steps) == [("bob@example.com",)]


COMPANY = [
    ("relational=1\n", "relationalsave&data=email,t.id^a@b.c,1", None),
    ("relational=1\n", "relationaldelete&data=t.id^1", None),
    ("", "relationalsave&data=email,t.id^a@b.c,1", "NOT_RELATIONAL"),
    ("relational=1\nallow_duplicates=1\n", "relationaldelete&data=t.id^1", "NOT_RELATIONAL"),
    ("relational=1\n", f"save&{ALICE}", "NOT_RELATIONAL"),
    ("relational=1\n", "launch&list_id=5&format=1", "NOT_RELATIONAL"),
    ("allow_duplicates=1\n", f"save&{ALICE}", None),
]


@pytest.mark.parametrize(("header", "line", "verdict"), COMPANY)
def test_relational_commands_need_their_flags_and_no_company(
    header: str, line: str, verdict: str | None
) -> None:
    assert [code for code, _ in findings(body(f"cmd={line}\n", header))] == ([verdict] if verdict else [])


LISTS = [
    ("list_id=5\n", "sub", True),
    ("list_id=5\n", "sub&realm=ALICE", True),
    ("list_id=5\n", "sub&realm=child", False),
    ("list_id=5\n", "sub&realm=child&list_id=7", True),
    ("", "unsub", False),
    ("list_id=0\n", "unsub", True),
    ("global=1\n", "unsub", True),
    ("global=1\n", "unsub&global=0", False),
    ("", "unsub&global=1", True),
    ("global=1\n", "sub", False),
    ("global=1\nlist_id=5\n", "unsub&realm=child", True),
]


@pytest.mark.parametrize(("header", "line", "runs"), LISTS)
def test_a_list_is_the_lines_or_the_headers_and_never_guessed(header: str, line: str, *, runs: bool) -> None:
    found = findings(body(f"cmd={line}&{ALICE}\n", header))

    assert found == ([] if runs else [("MISSING_ARGUMENT", "list_id")])


def test_arguments_that_are_ignored_are_warned_of_once_in_a_file() -> None:
    steps = body(f"cmd=save&shape=round&{ALICE}\ncmd=save&shape=flat&{ALICE}&shape=x\n" * 3)

    assert findings(steps) == [("UNKNOWN_ARGUMENT", "shape"), ("REPEATED_KEY", "shape")]
    assert len(records(steps)) == 6


def test_a_command_without_records_has_one_that_says_its_line() -> None:
    run = only_run("\ncmd=launch&list_id=5&format=2\n")

    assert [(record.line, record.number, record.ordinal, record.values) for record in run.records] == [
        (5, 0, 1, ())
    ]


def test_changes_by_arguments_and_by_data_are_the_same_run() -> None:
    run = only_run("cmd=change&email=a@b.c&email_new=d@e.f\ncmd=change&data=email,email_new^g@h.i,j@k.l\n")

    assert [record.values for record in run.records] == [("a@b.c", "d@e.f"), ("g@h.i", "j@k.l")]


@pytest.mark.parametrize(
    "line", ["save password=hidden", "sub&list_id=5 password=hidden", "save&data=password=hidden,"]
)
def test_what_is_wrong_is_told_without_a_password_in_it(line: str) -> None:
    assert "hidden" not in str(body(f"cmd={line}^alice@example.com\n"))


def test_what_is_wrong_is_told_in_a_few_words() -> None:
    ((_, value),) = findings(body(f"cmd={'x' * 10_000}\n"))

    assert len(value) <= 200
