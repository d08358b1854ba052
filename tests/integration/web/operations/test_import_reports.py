"""What a program finds out about what was refused, and what is refused at once."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from postroom.contacts.errors import Denied, Missing, Refused
from postroom.drops.expiring import expire
from postroom.drops.room import Room
from postroom.web.api.operations import imports
from postroom.web.api.operations.pages import Paging
from tests.conftest import Person
from tests.integration.drops.clock import Clock
from tests.integration.web.operations.calling import caller_of
from tests.integration.web.operations.importing import PEOPLE, Program, zipped


@pytest.fixture
def program(room: Room, alice: Person) -> Program:
    return Program(room, alice)


def test_refused_rows_come_page_by_page(program: Program) -> None:
    bad = "".join(f'nobody {n};"Du ""pont""; {n}\nfils"\n' for n in range(25))
    ended = program.bring("Email;Nom\na@example.com;A\n" + bad)

    page = imports.read_refused_rows(program.room, program.caller, ended.import_id, Paging(limit=2, offset=3))
    beyond = imports.read_refused_rows(
        program.room, program.caller, ended.import_id, Paging(limit=2, after=page.items[-1].line)
    )

    assert (page.header, page.total) == (("Email", "Nom"), 25)
    assert [row.line for row in (*page.items, *beyond.items)] == [9, 11, 13, 15]
    assert page.items[0].cells == ("nobody 3", 'Du "pont"; 3\nfils')
    assert page.items[0].code == "INVALID_EMAIL"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "ascii"])
def test_refused_rows_are_read_as_they_were_written(program: Program, codec: str) -> None:
    name = "Petit" if codec == "ascii" else "Noël"
    ended = program.bring(f"Email;Nom\nalice@example.com;{name}\nnobody;{name}\n".encode(codec))

    page = imports.read_refused_rows(program.room, program.caller, ended.import_id, Paging())

    assert [row.cells for row in page.items] == [("nobody", name)]
    assert page.items[0].reason == "e-mail invalide : nobody"


def test_a_row_with_a_huge_cell_can_be_read_back(program: Program) -> None:
    huge = "x" * 300_000
    ended = program.bring(f"Email;Nom\nalice@example.com;A\nnobody;{huge}\n")

    page = imports.read_refused_rows(program.room, program.caller, ended.import_id, Paging())

    assert page.items[0].cells == ("nobody", huge)


def test_a_file_that_is_broken_has_no_refused_rows_but_a_reason(program: Program) -> None:
    ended = program.bring('Email\na@example.com\n"open\n')

    page = imports.read_refused_rows(program.room, program.caller, ended.import_id, Paging())

    assert (list(page.items), page.total) == ([], 0)
    assert "guillemet" in program.errors(ended)


def test_reports_are_gone_when_they_were_kept_for_long_enough(room: Room, alice: Person) -> None:
    clock = Clock()
    program = Program(replace(room, clock=clock), alice)
    ended = program.bring(PEOPLE)
    assert ended.errors is not None
    clock.pass_by(31 * 24 * 3600)
    expire(program.room)

    assert program.look(ended).errors is None
    with pytest.raises(Missing):
        imports.read_refused_rows(program.room, program.caller, ended.import_id, Paging())
    with pytest.raises(Missing):
        imports.errors_file(program.room, program.caller.account_id, ended.import_id)


@pytest.mark.parametrize(
    ("content", "filename", "code"),
    [
        (b"%PDF-1.7 ...", "people.csv", "NOT_TEXT"),
        (b"MZ\x90", "people.exe", "UNKNOWN_FORMAT"),
        (b"", "people.csv", "EMPTY_FILE"),
        (zipped(b"Email\n" + b"a@example.com\n" * 999)[:-40], "people.zip", "BAD_ARCHIVE"),
        (zipped(b"MZ", "people.exe"), "people.zip", "UNKNOWN_FORMAT"),
        (zipped(b"\x89PNG\r\n"), "people.zip", "NOT_TEXT"),
        (b"PK\x03\x04 and then nothing of the kind", "people.xlsx", "BAD_ARCHIVE"),
        (b"\x1f\x8b\x08 cut", "people.csv.gz", "BAD_ARCHIVE"),
    ],
)
def test_what_cannot_be_contacts_is_refused_at_once(
    program: Program, content: bytes, filename: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        program.start(content, filename)

    assert refused.value.code == code
    assert program.lists() == {}
    assert program.rows("select from drops where account_id = %s") == []
    assert list(program.room.blobs.keys()) == []


def test_a_name_that_no_list_can_have_makes_nothing(program: Program) -> None:
    with pytest.raises(Refused):
        program.start(PEOPLE, name=" ")

    assert program.rows("select from drops where account_id = %s") == []


def test_an_import_that_cannot_be_recorded_leaves_nothing(room: Room, alice: Person) -> None:
    def fail(step: str) -> None:
        if step == "recorded":
            raise ZeroDivisionError

    program = Program(replace(room, between_steps=fail), alice)

    with pytest.raises(ZeroDivisionError):
        program.start(PEOPLE)

    assert program.lists() == {}
    assert list(room.blobs.keys()) == []


@pytest.mark.parametrize(
    ("scope", "with_list"), [("lists:read", True), ("contacts:write", True), ("lists:write", False)]
)
def test_who_may_not_change_lists_or_contacts_may_not_import(
    room: Room, alice: Person, *, scope: str, with_list: bool
) -> None:
    program = Program(room, alice)
    program.caller = caller_of(alice, scope)

    with pytest.raises(Denied):
        program.start(PEOPLE, with_list=with_list)


def test_charlie_sees_nothing_of_alices_import(program: Program, charlie: Person) -> None:
    ended = program.bring(PEOPLE)
    stranger = Program(program.room, charlie)

    with pytest.raises(Missing):
        stranger.look(ended)
    with pytest.raises(Missing):
        imports.read_refused_rows(stranger.room, stranger.caller, ended.import_id, Paging())
    with pytest.raises(Missing):
        imports.errors_file(stranger.room, stranger.caller.account_id, ended.import_id)


@pytest.mark.parametrize("import_id", [0, -1, 2**63, 10**30])
def test_an_id_that_cannot_be_is_missing(program: Program, import_id: int) -> None:
    with pytest.raises(Missing):
        imports.read_import(program.room, program.caller, import_id)


def test_an_import_keeps_the_hash_of_its_file(program: Program) -> None:
    program.start(PEOPLE)

    (row,) = program.rows("select sha256, login, confirmation from drops where account_id = %s")
    assert row == {
        "sha256": hashlib.sha256(PEOPLE.encode()).hexdigest(),
        "login": "client:alice-shop",
        "confirmation": "http",
    }
