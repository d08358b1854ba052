"""A program brings a file of contacts and follows it: same drop, job and engine as the folders."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.drops.processing import process_account
from postroom.drops.room import Limits, Room
from postroom.drops.undoing import undo
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender
from tests.integration.web.operations.importing import PEOPLE, Program, zipped


@pytest.fixture
def program(room: Room, alice: Person) -> Program:
    return Program(room, alice)


def test_the_list_is_there_at_once_and_its_contacts_follow(program: Program) -> None:
    started = program.start(PEOPLE, name="Ma liste importée")

    assert (started.status, started.lines) == ("in", 0)
    assert program.lists() == {"Ma liste importée": 0}
    process_account(program.room, program.caller.account_id)
    assert program.lists() == {"Ma liste importée": 2}
    ended = program.look(started)
    assert (ended.status, ended.lines, ended.created, ended.invalid) == ("ok", 3, 2, 1)
    assert ended.list_id == started.list_id


def test_a_list_without_a_name_is_called_like_its_file(program: Program) -> None:
    program.start(zipped(PEOPLE.encode()), "clients.csv.zip")

    assert program.lists() == {"clients": 0}


def test_two_imports_of_one_name_fill_two_lists(program: Program) -> None:
    first, second = program.start(PEOPLE, name="clients"), program.start(PEOPLE, name="clients")

    process_account(program.room, program.caller.account_id)
    process_account(program.room, program.caller.account_id)

    assert first.list_id != second.list_id
    assert [program.look(each).added_to_list for each in (first, second)] == [2, 2]


def test_senders_cannot_touch_what_a_program_brought(program: Program) -> None:
    started = program.start(PEOPLE)
    sender = Sender(program.room, program.person)

    assert sender.names("contacts/import/in") == []
    assert len(sender.names("contacts/import/on")) == 1
    sender.leave("people.csv", "Email\ncarol@example.com\n")
    process_account(program.room, program.caller.account_id)
    assert program.look(started).created == 2


def test_a_renamed_list_is_filled_all_the_same(program: Program) -> None:
    started = program.start(PEOPLE, name="before")
    with program.room.database.transaction() as connection:
        connection.execute("update lists set name = 'after' where list_id = %s", (started.list_id,))

    process_account(program.room, program.caller.account_id)

    assert program.lists() == {"after": 2}


def test_an_import_whose_list_was_deleted_changes_nothing(program: Program) -> None:
    started = program.start(PEOPLE)
    with program.room.database.transaction() as connection:
        connection.execute("delete from lists where list_id = %s", (started.list_id,))

    process_account(program.room, program.caller.account_id)

    ended = program.look(started)
    assert ended.failure is not None
    assert (ended.status, ended.failure.code) == ("ko", "LIST_GONE")
    assert program.rows("select contact_id from contacts where account_id = %s") == []


@pytest.mark.parametrize("again", ["other", "same"])
def test_contacts_come_without_a_list(program: Program, again: str) -> None:
    """A second file meets who is there, and fills no list either."""
    ended = program.bring(PEOPLE, with_list=False)
    content = PEOPLE.replace("Martin", "Durand") if again == "other" else PEOPLE
    met = program.bring(content, with_list=False)

    assert (ended.list_id, ended.created, ended.added_to_list) == (None, 2, 0)
    assert (met.created, met.updated, met.unchanged) == ((0, 1, 1) if again == "other" else (0, 0, 2))
    assert program.lists() == {}
    assert program.rows("select from memberships where account_id = %s") == []


def test_contacts_without_a_list_can_be_taken_back(program: Program) -> None:
    kept = program.bring(PEOPLE)
    brought = program.bring("Email;Nom\nalice@example.com;Other\ncarol@example.com;New\n", with_list=False)

    undone = undo(program.room, program.caller.account_id, brought.import_id, by_whom="olga")

    assert (undone["contacts_removed"], undone["contacts_restored"]) == (1, 1)
    assert program.lists() == {"people": 2}
    names = program.rows("select last_name from contacts where account_id = %s order by 1")
    assert [row["last_name"] for row in names] == ["Liddell", "Martin"]
    assert program.look(kept).undone_at is None


def test_an_import_taken_back_takes_its_list_along(program: Program) -> None:
    brought = program.bring(PEOPLE)

    undone = undo(program.room, program.caller.account_id, brought.import_id, by_whom="olga")

    assert undone["list_removed"]
    assert program.lists() == {}


def test_contacts_come_without_a_list_where_any_identifier_is_enough(
    room: Room, make_person: MakePerson
) -> None:
    program = Program(room, make_person("bob", match="any"))
    program.bring(PEOPLE)

    met = program.bring(PEOPLE.replace("Martin", "Durand"), with_list=False)

    assert (met.created, met.updated, met.unchanged, met.added_to_list) == (0, 1, 1, 0)
    assert program.lists() == {"people": 2}


def test_a_list_shows_how_its_import_stands(program: Program) -> None:
    started = program.start(PEOPLE)
    waiting = program.state(started.list_id)
    assert waiting is not None
    assert (waiting.status, waiting.lines, waiting.invalid, waiting.errors) == ("in", 0, 0, None)

    process_account(program.room, program.caller.account_id)

    ended = program.state(started.list_id)
    assert ended is not None
    assert (ended.status, ended.lines, ended.invalid) == ("ok", 3, 1)
    assert ended.errors is not None


def test_lists_that_folders_made_show_the_same(program: Program) -> None:
    Sender(program.room, program.person).drop("people.csv", PEOPLE)

    (row,) = program.rows("select list_id from lists where account_id = %s")
    state = program.state(int(str(row["list_id"])))

    assert state is not None
    assert (state.status, state.lines, state.invalid) == ("ok", 3, 1)


def test_a_list_that_no_file_filled_shows_nothing(program: Program) -> None:
    rows = program.rows(
        "insert into lists (account_id, name, created_at, updated_at) values (%s, 'x', now(), now()) "
        "returning list_id"
    )

    assert program.state(int(str(rows[0]["list_id"]))) is None


def test_counters_only_rise_whatever_becomes_of_the_workers(room: Room, alice: Person) -> None:
    """Attempts fail halfway, then the file proves broken at its end."""
    content = "Email\n" + "".join(f"a{n}@example.com\n" for n in range(3000)) + '"open\n'
    seen: list[tuple[str, int, int]] = []
    program = Program(room, alice)
    started = program.start(content)
    frames = 0

    def look(step: str) -> None:
        nonlocal frames
        state = program.look(started)
        seen.append((state.status, state.lines, state.invalid))
        frames += step == "merged a frame"
        if step == "merged a frame" and frames in {12, 20}:
            raise ZeroDivisionError

    limits = Limits(block_bytes=4000, progress_seconds=0.001)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            process_account(replace(room, limits=limits, between_steps=look), program.caller.account_id)
        look("between attempts")
    process_account(replace(room, limits=limits, between_steps=look), program.caller.account_id)
    look("the end")

    assert [lines for _, lines, _ in seen] == sorted(lines for _, lines, _ in seen)
    assert [invalid for _, _, invalid in seen] == sorted(invalid for _, _, invalid in seen)
    assert seen[-1] == ("ko", 3000, 3000)
    assert any(status == "on" and lines > 0 for status, lines, _ in seen)


def test_lines_are_accounted_for(program: Program) -> None:
    program.bring("Email;Nom\na@example.com;A\nb@example.com;B\n")

    ended = program.bring(
        "Email;Nom\na@example.com;A\nb@example.com;Other\nc@example.com;C\nc@example.com;C\nnobody;D\n"
    )

    parts = (ended.created, ended.updated, ended.unchanged, ended.duplicates, ended.invalid)
    assert parts == (1, 1, 1, 1, 1)
    assert ended.lines == sum(parts)


def test_of_a_refused_file_no_line_was_taken(program: Program) -> None:
    ended = program.bring("Email\nnobody\nnobody else\n")

    assert (ended.status, ended.lines, ended.created, ended.invalid) == ("ko", 2, 0, 2)


def test_an_import_that_was_given_up_has_failed(room: Room, alice: Person) -> None:
    def fail(_step: str) -> None:
        raise ZeroDivisionError

    program = Program(room, alice)
    started = program.start(PEOPLE)
    hopeless = replace(room, limits=Limits(recoveries=1), between_steps=fail)
    with pytest.raises(ZeroDivisionError):
        process_account(hopeless, program.caller.account_id)

    process_account(hopeless, program.caller.account_id)

    assert program.look(started).status == "ko"
