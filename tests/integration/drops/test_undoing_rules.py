"""What can be undone, by whom, for how long, and how often."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.drops.expiring import expire
from postroom.drops.room import Room
from postroom.drops.undoing import undo
from postroom.store.accounts import lock_account
from tests.conftest import MakePerson, Person
from tests.integration.app.waiting import lock_waits, until
from tests.integration.drops.sender import Sender
from tests.integration.drops.taking_back import PEOPLE, leave, now, take_back


@pytest.fixture
def sender(room: Room, make_person: MakePerson) -> Sender:
    """Return a sender whose contacts are told apart by their reference."""
    return Sender(room, make_person("bob", criterion="reference"))


def test_a_dry_run_tells_the_same_and_changes_nothing(sender: Sender) -> None:
    drop = leave(sender, PEOPLE)
    leave(sender, "Référence;Email;Nom\nR1;a@example.com;Grand\n")
    before, blobs = now(sender), set(sender.room.blobs.keys())

    tried = take_back(sender, drop, dry_run=True)

    assert (now(sender), set(sender.room.blobs.keys())) == (before, blobs)
    assert sender.drop_now(drop.drop_id).undone_at is None
    assert tried == {**take_back(sender, drop), "report": None}


def test_an_import_is_undone_once(sender: Sender) -> None:
    drop = leave(sender, PEOPLE)
    take_back(sender, drop)

    with pytest.raises(Conflict, match="is undone already, by olga"):
        take_back(sender, drop)


@pytest.mark.parametrize("action", ["optoutEMAIL", "optinSMS", "delete"])
def test_only_imports_are_undone(sender: Sender, action: str) -> None:
    leave(sender, PEOPLE)
    drop = sender.drop(
        "some.csv", "Référence;Email;Mobile\nR1;a@example.com;0612345678\n", directory=f"contacts/{action}/in"
    )
    before = now(sender)

    with pytest.raises(Refused, match="only imports can be undone"):
        take_back(sender, drop)

    assert now(sender) == before


def test_what_was_not_applied_is_not_undone(sender: Sender) -> None:
    with pytest.raises(Conflict, match="is refused; only applied drops"):
        take_back(sender, sender.drop("empty.csv", ""))


def test_the_import_of_another_account_is_missing(sender: Sender, charlie: Person) -> None:
    drop = leave(sender, PEOPLE)

    with pytest.raises(Missing):
        undo(sender.room, charlie.account.account_id, drop.drop_id, by_whom="charlie")

    assert len(now(sender).contacts) == 2


def test_an_undo_touches_nothing_of_another_account(sender: Sender, room: Room, charlie: Person) -> None:
    theirs = Sender(room, charlie)
    leave(theirs, PEOPLE)
    before = now(theirs)

    take_back(sender, leave(sender, PEOPLE))

    assert now(theirs) == before


def test_an_undo_waits_for_what_the_account_is_importing(sender: Sender) -> None:
    drop = leave(sender, PEOPLE)
    ended = threading.Event()

    def take_back_and_tell() -> None:
        take_back(sender, drop)
        ended.set()

    undoing = threading.Thread(target=take_back_and_tell)

    with sender.room.database.transaction() as connection:
        lock_account(connection, sender.account_id)
        undoing.start()
        until(lambda: lock_waits(sender.room) == 1)
        assert not ended.is_set()
    undoing.join(30)

    assert ended.is_set()
    assert now(sender).contacts == {}


def later(room: Room, days: int) -> Room:
    moment = room.clock() + timedelta(days=days, hours=1)
    return replace(room, clock=lambda: moment)


def test_an_import_can_be_undone_for_as_long_as_its_journal_is_kept(sender: Sender) -> None:
    drop, other = leave(sender, PEOPLE), leave(sender, PEOPLE.replace("Durand", "Petit"))
    limits = replace(sender.room.limits, journal_days=3)
    expire(later(replace(sender.room, limits=limits), 2))
    take_back(sender, other)

    expire(later(replace(sender.room, limits=limits), 3))

    with pytest.raises(Missing, match="is not kept any more"):
        take_back(sender, drop)
    with sender.room.database.transaction() as connection:
        for table in ("journals", "journal_changes"):
            assert connection.execute(f"select * from {table}").fetchall() == []


def test_the_report_of_a_late_undo_is_kept_as_long_as_any_other(sender: Sender) -> None:
    drop = leave(sender, PEOPLE)
    leave(sender, "Référence;Email;Nom\nR1;a@example.com;Grand\n")
    limits = replace(sender.room.limits, keep_days=7, journal_days=300)
    sender.room = later(replace(sender.room, limits=limits), 10)
    expire(sender.room)
    take_back(sender, drop)
    report = f"{drop.prefix}_people.csv.undo.csv"

    expire(later(sender.room, 6))
    assert report in sender.names("contacts/import/ok")
    expire(later(sender.room, 7))
    assert sender.names("contacts/import/ok") == []


def test_what_an_undo_writes_and_does_not_commit_is_removed(sender: Sender) -> None:
    drop = leave(sender, PEOPLE)
    leave(sender, "Référence;Email;Nom\nR1;a@example.com;Grand\n")
    before, blobs = now(sender), set(sender.room.blobs.keys())

    def die(name: str) -> None:
        if name == "undone":
            raise SystemExit

    with pytest.raises(SystemExit):
        undo(replace(sender.room, between_steps=die), sender.account_id, drop.drop_id, by_whom="olga")

    assert (now(sender), set(sender.room.blobs.keys())) == (before, blobs)


def test_a_value_that_a_later_import_brought_back_is_that_imports(sender: Sender) -> None:
    leave(sender, "Référence;Email\nR1;a@example.com\n")
    second = leave(sender, "Référence;Email\nR1;b@example.com\n")
    leave(sender, "Référence;Email\nR1;c@example.com\n")
    leave(sender, "Référence;Email\nR1;b@example.com\n")
    before = now(sender)

    undone = take_back(sender, second)

    assert now(sender).contacts == before.contacts
    assert undone["kept"] == {"CHANGED_SINCE": 1}
