"""What the folders and the commands can do with drops, a program can do by calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from postroom.contacts.errors import Conflict, Denied, Missing, Refused
from postroom.drops.room import Room
from postroom.store.accounts import lock_account
from postroom.store.database import Joined
from postroom.web.api.operations import drops
from postroom.web.api.operations.drops import DropRecord
from postroom.web.api.operations.pages import Paging
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender
from tests.integration.web.operations.calling import caller_of
from tests.integration.web.operations.importing import PEOPLE, Program

OPTOUTS = "contacts/optoutEMAIL/in"


@pytest.fixture
def program(room: Room, alice: Person) -> Program:
    return Program(room, alice)


@pytest.fixture
def sender(program: Program) -> Sender:
    return Sender(program.room, program.person)


def upload(
    program: Program, content: str, *, action: str = "import", mode: str | None = None, name: str = "p.csv"
) -> DropRecord:
    return drops.upload_drop(
        program.room, program.caller, program.upload(content, name), action=action, mode=mode
    )


def read(program: Program, drop_id: int) -> DropRecord:
    return drops.read_drop(program.room, program.caller, drop_id)


def ids(program: Program, *, paging: Paging | None = None, **wanted: str) -> list[int]:
    page = drops.read_drops(program.room, program.caller, paging=paging or Paging(), **wanted)  # type: ignore[arg-type]  # texts alone
    return [each.drop_id for each in page.items]


def test_what_is_uploaded_for_an_action_does_as_in_its_folder(program: Program, sender: Sender) -> None:
    sender.drop("people.csv", PEOPLE)

    left = upload(program, "Email\nalice@example.com\n", action="optoutEMAIL")
    sender.process()

    done = read(program, left.drop_id)
    assert done.counts is not None
    assert (done.state, done.action, done.counts["opted_out"]) == ("applied", "optoutEMAIL", 1)


def test_a_mode_counts_for_its_file_alone(program: Program, sender: Sender) -> None:
    sender.mark(".createNewList")
    sender.drop("p.csv", "Email\nold@example.com\n")

    upload(program, PEOPLE, mode="sync")
    sender.process()
    upload(program, PEOPLE)
    sender.process()

    lists = program.rows("select name from lists where account_id = %s")
    assert len(lists) == 2
    assert program.rows(
        "select count(*) as members from memberships where account_id = %s group by list_id order by list_id"
    ) == [{"members": 2}, {"members": 2}]


@pytest.mark.parametrize("mode", ["add", "ADD", "addToExistingList", ".addToExistingList"])
def test_a_mode_may_be_called_like_its_marker(program: Program, mode: str) -> None:
    assert upload(program, PEOPLE, mode=mode).mode == "add"


@pytest.mark.parametrize(
    ("action", "mode", "code"),
    [
        ("remove", None, "UNKNOWN_ACTION"),
        ("import", "replace", "UNKNOWN_MODE"),
        ("delete", "sync", "UNKNOWN_MODE"),
    ],
)
def test_what_there_is_not_is_refused(program: Program, action: str, mode: str | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        upload(program, PEOPLE, action=action, mode=mode)

    assert refused.value.code == code
    assert ids(program) == []


def test_a_first_line_of_a_folders_file_is_a_header(program: Program, sender: Sender) -> None:
    """Only an import that makes a list of its own may be without one."""
    left = upload(program, "M;Jean;Dupont;jean@example.com\n")
    sender.process()

    failure = read(program, left.drop_id).failure
    assert failure is not None
    assert failure.code == "NO_KNOWN_HEADER"


def test_drops_are_found_by_what_they_are(program: Program, sender: Sender) -> None:
    imported = sender.drop("people.csv", PEOPLE).drop_id
    refused = sender.drop("broken.csv", "Nothing\nof use\n").drop_id
    opted = sender.drop("people.csv", "Email\na@example.com\n", directory=OPTOUTS).drop_id

    assert ids(program) == [imported, refused, opted]
    assert ids(program, state="refused") == [refused]
    assert ids(program, action="optoutemail") == [opted]
    assert ids(program, name="people.csv") == [imported, opted]
    assert ids(program, name="people.csv", state="applied", action="import") == [imported]


def test_drops_come_page_by_page(program: Program) -> None:
    made = [upload(program, PEOPLE).drop_id for _ in range(5)]

    page = drops.read_drops(program.room, program.caller, paging=Paging(limit=2, offset=1, with_total=True))

    assert ([each.drop_id for each in page.items], page.total) == (made[1:3], 5)
    assert ids(program, paging=Paging(limit=2, after=made[2])) == made[3:]
    assert ids(program, paging=Paging(sort=("drop_id", True), limit=2)) == made[:2:-1]
    assert ids(program, paging=Paging(sort=("drop_id", True), after=made[2])) == made[1::-1]
    with pytest.raises(Refused):
        ids(program, paging=Paging(sort=("blob_key", False)))


def test_drops_are_read_by_their_ids(program: Program) -> None:
    made = [upload(program, PEOPLE).drop_id for _ in range(3)]

    page = drops.read_drops(program.room, program.caller, ids=[made[0], made[2], -1, 2**70], paging=Paging())

    assert [each.drop_id for each in page.items] == [made[0], made[2]]


def test_files_of_a_drop_are_opened_by_kind_or_name(program: Program, sender: Sender) -> None:
    drop_id = sender.drop("people.csv", PEOPLE).drop_id

    found = drops.read_files(program.room, program.caller, drop_id)

    assert {each.kind for each in found} == {"file", "errors"}
    for about in found:
        for key in (about.kind, about.name):
            opened = drops.open_file(program.room, program.caller, drop_id, key)
            with opened.content as content:
                assert (opened.about, len(content.read())) == (about, about.size)


def test_a_file_called_like_a_report_is_none(program: Program, sender: Sender) -> None:
    drop_id = sender.drop("people.errors.csv", "Email\nalice@example.com\n").drop_id

    (about,) = drops.read_files(program.room, program.caller, drop_id)

    assert about.kind == "file"


def test_a_report_that_there_is_not_is_missing(program: Program) -> None:
    drop_id = upload(program, PEOPLE).drop_id

    with pytest.raises(Missing):
        drops.open_file(program.room, program.caller, drop_id, "errors")


def test_a_refusal_by_the_guard_can_be_lifted(room: Room, make_person: MakePerson) -> None:
    program = Program(room, make_person("bob", guard_percent="10"))
    sender = Sender(room, program.person)
    sender.drop("p.csv", PEOPLE)
    left = upload(program, "Email\nalice@example.com\n", mode="sync")
    sender.process()
    assert read(program, left.drop_id).state == "refused"

    released = drops.release_drop(program.room, program.caller, left.drop_id)
    sender.process()

    assert (released.state, released.released_by) == ("claimed", "client:bob-shop")
    assert read(program, left.drop_id).state == "applied"


def test_a_parked_drop_can_be_tried_again(program: Program, sender: Sender) -> None:
    left = upload(program, PEOPLE)
    with program.room.database.transaction() as connection:
        connection.execute("update drops set state = 'parked', claimed_at = now()")

    drops.retry_drop(program.room, program.caller, left.drop_id)
    sender.process()

    assert read(program, left.drop_id).state == "applied"
    with pytest.raises(Conflict):
        drops.retry_drop(program.room, program.caller, left.drop_id)


def test_an_import_is_tried_and_taken_back(program: Program, sender: Sender) -> None:
    drop_id = sender.drop("people.csv", PEOPLE).drop_id

    tried = drops.undo_drop(program.room, program.caller, drop_id, dry_run=True)
    assert read(program, drop_id).undone_at is None
    done = drops.undo_drop(program.room, program.caller, drop_id)

    assert tried == done
    assert done["contacts_removed"] == 2
    assert read(program, drop_id).undone_by == "client:alice-shop"


def test_an_undo_can_be_tried_in_the_midst_of_something_larger(program: Program, sender: Sender) -> None:
    drop_id = sender.drop("people.csv", PEOPLE).drop_id

    with program.room.database.transaction() as connection:
        within = replace(program.room, database=Joined(connection))
        drops.undo_drop(within, program.caller, drop_id, dry_run=True)

    assert read(program, drop_id).undone_at is None


def test_nobody_waits_long_for_an_account_that_imports(program: Program, sender: Sender) -> None:
    drop_id = sender.drop("people.csv", PEOPLE).drop_id

    with importing(program), pytest.raises(Conflict) as busy:
        drops.undo_drop(program.room, program.caller, drop_id)

    assert busy.value.code == "ACCOUNT_BUSY"


def test_a_file_is_taken_while_the_account_imports(program: Program) -> None:
    with importing(program):
        upload(program, PEOPLE)
        program.start(PEOPLE)

    assert len(ids(program)) == 2


@pytest.mark.parametrize("scope", ["lists:write", "contacts:write"])
def test_drops_have_a_scope_of_their_own(program: Program, scope: str) -> None:
    drop_id = upload(program, PEOPLE).drop_id
    program.caller = caller_of(program.person, scope)

    with pytest.raises(Denied):
        read(program, drop_id)
    with pytest.raises(Denied):
        upload(program, PEOPLE)


def test_who_may_read_drops_may_do_nothing_to_them(program: Program, sender: Sender) -> None:
    drop_id = sender.drop("people.csv", PEOPLE).drop_id
    program.caller = caller_of(program.person, "drops:read")

    for act in (drops.retry_drop, drops.release_drop, drops.undo_drop):
        with pytest.raises(Denied):
            act(program.room, program.caller, drop_id)


def test_charlie_finds_none_of_alices_drops(program: Program, sender: Sender, charlie: Person) -> None:
    drop_id = sender.drop("people.csv", PEOPLE).drop_id
    stranger = Program(program.room, charlie)

    assert ids(stranger) == []
    for act in (
        drops.read_drop,
        drops.read_files,
        drops.retry_drop,
        drops.release_drop,
        drops.undo_drop,
    ):
        with pytest.raises(Missing):
            act(stranger.room, stranger.caller, drop_id)
    with pytest.raises(Missing):
        drops.open_file(stranger.room, stranger.caller, drop_id, "file")


@contextmanager
def importing(program: Program) -> Iterator[None]:
    """Hold the account as a worker does."""
    with program.room.database.transaction() as connection:
        lock_account(connection, program.caller.account_id)
        yield
