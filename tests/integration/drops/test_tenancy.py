"""What is Alice's is never Charlie's: same names, same people, at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from postroom.contacts.errors import Denied, Missing
from postroom.drops import browsing
from postroom.drops.landing import Place, land, remove, rename, touch
from postroom.drops.room import Room
from postroom.drops.trees import Tree
from postroom.store import contacts, drops, lists
from postroom.store.files import Content
from tests.conftest import MakePerson
from tests.integration.drops.sender import IN, Sender

PEOPLE = "Référence;Email;Nom\nR1;a@example.com;Durand\nR2;b@example.com;Martin\nR3;nobody;Petit\n"
CHANGED = "Référence;Email;Nom\nR1;a@example.com;DURAND\n"
DEADLINE = 30.0


@pytest.fixture
def alice_sends(room: Room, make_person: MakePerson) -> Sender:
    return Sender(room, make_person("alice", criterion="reference"))


@pytest.fixture
def charlie_sends(room: Room, make_person: MakePerson) -> Sender:
    return Sender(room, make_person("charlie", criterion="email"))


def test_the_same_file_of_two_accounts_makes_two_of_everything(
    alice_sends: Sender, charlie_sends: Sender
) -> None:
    ours, theirs = (sender.drop("people.csv", PEOPLE) for sender in (alice_sends, charlie_sends))

    for drop, sender in ((ours, alice_sends), (theirs, charlie_sends)):
        assert drop.state == "applied"
        assert drop.outcome is not None
        assert drop.outcome["counts"]["created"] == 2
        assert last_names(sender) == {"R1": "Durand", "R2": "Martin"}
        assert list_sizes(sender) == {"people": 2}
        assert sender.names("contacts/import/ok") == [
            f"{drop.prefix}_people.csv",
            f"{drop.prefix}_people.csv.errors.csv",
        ]


def test_both_at_once_do_not_mix(alice_sends: Sender, charlie_sends: Sender) -> None:
    """Both hold their transactions open between the same two steps."""
    both = (alice_sends, charlie_sends)
    together = threading.Barrier(2)
    for sender in both:
        sender.room = replace(sender.room, between_steps=meeting_at("merged", together))
        sender.leave("people.csv", PEOPLE)

    with ThreadPoolExecutor(2) as workers:
        done = list(workers.map(Sender.process, both))

    for drop, sender in zip(done, both, strict=True):
        assert drop is not None
        assert drop.state == "applied"
        assert drop.account_id == sender.account_id
        assert last_names(sender) == {"R1": "Durand", "R2": "Martin"}
        assert list_sizes(sender) == {"people": 2}


@pytest.mark.parametrize("marker", [".createNewList", ".addToExistingList", ".syncExistingList"])
def test_nothing_that_charlie_sends_changes_anything_of_alice(
    alice_sends: Sender, charlie_sends: Sender, marker: str
) -> None:
    alice_sends.drop("people.csv", PEOPLE)
    charlie_sends.drop("people.csv", PEOPLE)
    before = everything_of(alice_sends)

    charlie_sends.mark(marker)
    changed = charlie_sends.drop("people.csv", CHANGED)
    charlie_sends.drop("people.csv", b"\x89PNG")

    assert changed.outcome is not None
    assert changed.outcome["counts"]["updated"] == 1
    assert everything_of(alice_sends) == before
    assert alice_sends.names("contacts/import") == [], "markers are each account's own"


def test_each_account_tells_its_contacts_apart_in_its_own_way(
    alice_sends: Sender, charlie_sends: Sender
) -> None:
    """R1 with another address is the same contact by reference, another one by e-mail."""
    moved = "Référence;Email;Nom\nR1;new@example.com;Durand\n"
    for sender in (alice_sends, charlie_sends):
        sender.drop("people.csv", PEOPLE)

    by_reference, by_email = (sender.drop("moved.csv", moved) for sender in (alice_sends, charlie_sends))

    assert by_reference.outcome is not None
    assert by_email.outcome is not None
    assert by_reference.outcome["counts"]["updated"] == 1
    assert by_email.outcome["counts"]["created"] == 1


def test_charlie_finds_nothing_of_alice(room: Room, alice_sends: Sender, charlie_sends: Sender) -> None:
    drop = alice_sends.drop("people.csv", PEOPLE)
    charlie = charlie_sends.account_id

    with room.database.transaction() as connection:
        assert contacts.count_contacts(connection, charlie) == 0
        assert contacts.find_contacts(connection, charlie, email="a@example.com") == []
        assert lists.lists_of_account(connection, charlie) == []
        assert drops.drops_of_account(connection, charlie) == []
        assert drops.drop_by_id(connection, charlie, drop.drop_id) is None
        (people,) = lists.lists_of_account(connection, alice_sends.account_id)
        with pytest.raises(Missing):
            lists.list_named(connection, charlie, str(people.list_id))
        assert lists.members(connection, charlie, people.list_id, limit=9) == []
    for folder in ("in", "on", "ok", "ko"):
        assert browsing.entries(room, Tree(), charlie, ("contacts", "import", folder)) == []
    with pytest.raises(Missing):
        browsing.entry(room, Tree(), charlie, ("contacts", "import", "ok", f"{drop.prefix}_people.csv"))


def test_charlie_cannot_touch_a_file_of_alice(room: Room, alice_sends: Sender, charlie_sends: Sender) -> None:
    alice_sends.leave("people.csv", PEOPLE)
    here = Place(charlie_sends.account_id, "charlie", IN, "people.csv")
    there = replace(here, name="mine.csv")

    for act in (
        lambda: remove(room, here),
        lambda: rename(room, here, there, replace=True),
        lambda: touch(room, here, room.clock()),
    ):
        with pytest.raises(Missing):
            act()

    charlie_sends.leave("people.csv", CHANGED)
    assert alice_sends.read(IN, "people.csv") == PEOPLE
    assert charlie_sends.read(IN, "people.csv") == CHANGED


def test_charlies_login_cannot_act_in_the_tree_of_alice(
    room: Room, alice_sends: Sender, charlie_sends: Sender
) -> None:
    alice_sends.leave("people.csv", PEOPLE)
    content = Content(room.blobs.put_bytes(b"Email\n"), 6, "0" * 64)
    place = Place(alice_sends.account_id, "charlie", IN, "people.csv")

    with pytest.raises(Denied):
        land(room, place, content, confirmation="sftp-close", confirmed=True)
    with pytest.raises(Denied):
        remove(room, place)

    assert alice_sends.read(IN, "people.csv") == PEOPLE


def test_a_broken_deposit_of_charlie_does_not_hold_alice_up(
    alice_sends: Sender, charlie_sends: Sender
) -> None:
    charlie_sends.leave("doubtful.csv", PEOPLE, confirmed=False)
    charlie_sends.leave("people.csv", PEOPLE)

    assert alice_sends.drop("people.csv", PEOPLE).state == "applied"


def meeting_at(step: str, together: threading.Barrier) -> Callable[[str], None]:
    def between(name: str) -> None:
        if name == step:
            together.wait(DEADLINE)

    return between


def last_names(sender: Sender) -> dict[str, str]:
    with sender.room.database.transaction() as connection:
        rows = contacts.find_contacts(connection, sender.account_id)
    return {row["reference"]: row["last_name"] for row in rows}


def list_sizes(sender: Sender) -> dict[str, int]:
    with sender.room.database.transaction() as connection:
        return {each.name: each.members for each in lists.lists_of_account(connection, sender.account_id)}


def everything_of(sender: Sender) -> dict[str, list[dict[str, Any]]]:
    """Return every row of an account, of every table that has accounts."""
    with sender.room.database.transaction() as connection:
        tables = connection.execute(
            "select table_name from information_schema.columns "
            "where table_schema = 'public' and column_name = 'account_id' order by table_name"
        ).fetchall()
        return {
            row["table_name"]: connection.execute(
                f"select * from {row['table_name']} t where account_id = %s order by t::text",
                (sender.account_id,),
            ).fetchall()
            for row in tables
        }
