"""A file that would take too many contacts away is refused, until a person lets it pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from postroom.contacts.errors import Conflict, Missing
from postroom.drops.releasing import release
from postroom.drops.room import Room
from postroom.store import files, lists
from postroom.store.drops import Drop
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender

DELETE = "contacts/delete/in"


def people(*numbers: int) -> str:
    return "Email;Nom\n" + "".join(f"p{number}@example.com;Durand {number}\n" for number in numbers)


@pytest.fixture
def sender(room: Room, make_person: MakePerson) -> Sender:
    """Return a sender whose list `people` has ten contacts and may lose two, and five others."""
    sender = Sender(room, make_person("bob", guard_percent="20"))
    sender.mark(".syncExistingList")
    sender.drop("people.csv", people(*range(10)))
    sender.drop("others.csv", people(*range(10, 15)))
    return sender


def standing(sender: Sender) -> dict[str, int]:
    with sender.room.database.transaction() as connection:
        row = connection.execute(
            "select count(*) as n from contacts where account_id = %s", [sender.account_id]
        ).fetchone()
        assert row is not None
        counted = {each.name: each.members for each in lists.lists_of_account(connection, sender.account_id)}
    return {**counted, "contacts": row["n"]}


def failure(drop: Drop) -> dict[str, Any]:
    assert drop.outcome is not None
    found: dict[str, Any] = drop.outcome["failure"]
    return found


def paths(sender: Sender, drop: Drop) -> list[str]:
    with sender.room.database.transaction() as connection:
        found = files.files_of_drop(connection, drop.account_id, drop.drop_id)
    return [f"{file.directory}/{file.name}" for file in found]


def test_a_sync_that_would_take_too_many_off_its_list_is_refused_with_the_figures(sender: Sender) -> None:
    drop = sender.drop("people.csv", people(*range(7), 20))

    assert drop.state == "refused"
    assert failure(drop)["code"] == "TOO_MANY_LEAVE"
    assert failure(drop)["figures"] == {"taken": 3, "before": 10, "at_most_percent": 20}
    assert sender.read("contacts/import/ko", f"{drop.prefix}_people.csv.error.txt") == (
        "trop de contacts quitteraient la liste, rien n'a été modifié : 3 / 10 = 30 % (maximum 20 %)\n"
        "too many contacts would leave the list, nothing was changed: 3 / 10 = 30 % (maximum 20 %)\n"
    )
    assert standing(sender) == {"people": 10, "others": 5, "contacts": 15}


@pytest.mark.parametrize("block_bytes", [40, 1_000_000], ids=["many frames", "one frame"])
def test_a_deletion_of_too_many_of_all_contacts_is_refused_with_the_figures(
    sender: Sender, block_bytes: int
) -> None:
    sender.room = replace(sender.room, limits=replace(sender.room.limits, block_bytes=block_bytes))

    drop = sender.drop("gone.csv", people(0, 1, 2, 10, 10, 99), directory=DELETE)

    assert drop.state == "refused"
    assert failure(drop)["code"] == "TOO_MANY_DELETED"
    assert failure(drop)["figures"] == {"taken": 4, "before": 15, "at_most_percent": 20}
    assert standing(sender) == {"people": 10, "others": 5, "contacts": 15}


def test_a_deletion_below_the_guard_is_done(sender: Sender) -> None:
    drop = sender.drop("gone.csv", people(0, 1, 10, 99), directory=DELETE)

    assert drop.state == "applied"
    assert standing(sender) == {"people": 8, "others": 4, "contacts": 12}


@pytest.mark.parametrize("left", [9, 8])
def test_what_stays_below_the_guard_is_done(sender: Sender, left: int) -> None:
    drop = sender.drop("people.csv", people(*range(left)))

    assert drop.state == "applied"
    assert standing(sender)["people"] == left


def test_a_list_that_is_new_or_only_grows_trips_no_guard(sender: Sender) -> None:
    made = sender.drop("fresh.csv", people(30))
    sender.unmark(".syncExistingList")
    sender.mark(".addToExistingList")
    added = sender.drop("people.csv", people(31))

    assert (made.state, added.state) == ("applied", "applied")


def test_without_a_guard_a_list_may_lose_nearly_everybody(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    sender.mark(".syncExistingList")
    sender.drop("people.csv", people(*range(10)))

    assert sender.drop("people.csv", people(0)).state == "applied"


def test_a_released_drop_is_applied_whatever_the_guard_says(sender: Sender) -> None:
    drop = sender.drop("people.csv", people(1))

    release(sender.room, sender.account_id, drop.drop_id, by_whom="olga")

    on = f"contacts/import/on/{drop.prefix}_people.csv"
    assert paths(sender, drop) == [on], "its reports are gone"
    waiting = sender.drop_now(drop.drop_id)
    assert (waiting.state, waiting.outcome, waiting.settled_at) == ("claimed", None, None)
    done = sender.process()
    assert done is not None
    assert (done.drop_id, done.state, done.released_by) == (drop.drop_id, "applied", "olga")
    assert done.released_at is not None
    assert paths(sender, drop) == [on.replace("/on/", "/ok/")]
    assert standing(sender)["people"] == 1


def test_a_released_deletion_is_done(sender: Sender) -> None:
    drop = sender.drop("gone.csv", people(*range(15)), directory=DELETE)

    release(sender.room, sender.account_id, drop.drop_id, by_whom="olga")
    sender.process()

    assert standing(sender) == {"people": 0, "others": 0, "contacts": 0}


def test_a_released_drop_meets_the_contacts_as_they_are_by_then(sender: Sender) -> None:
    drop = sender.drop("people.csv", people(1))
    sender.drop("people.csv", people(*range(10), 40))

    release(sender.room, sender.account_id, drop.drop_id, by_whom="olga")
    done = sender.process()

    assert done is not None
    assert done.outcome is not None
    assert done.outcome["counts"]["removed_from_list"] == 10


def test_a_released_drop_goes_before_those_that_were_left_after_it(sender: Sender) -> None:
    drop = sender.drop("people.csv", people(1))
    later = sender.leave("later.csv", people(1))

    release(sender.room, sender.account_id, drop.drop_id, by_whom="olga")

    order = [done.drop_id for done in (sender.process(), sender.process()) if done]
    assert order == [drop.drop_id, later.drop_id]


def test_a_drop_is_released_once(sender: Sender) -> None:
    drop = sender.drop("people.csv", people(1))
    release(sender.room, sender.account_id, drop.drop_id, by_whom="olga")

    with pytest.raises(Conflict, match="is claimed; only drops that the guard refused"):
        release(sender.room, sender.account_id, drop.drop_id, by_whom="olga")
    sender.process()
    with pytest.raises(Conflict, match="is applied; only drops that the guard refused"):
        release(sender.room, sender.account_id, drop.drop_id, by_whom="olga")


def test_what_was_refused_for_another_reason_is_not_released(sender: Sender) -> None:
    drop = sender.drop("empty.csv", "")

    with pytest.raises(Conflict, match="is EMPTY_FILE; only drops that the guard refused"):
        release(sender.room, sender.account_id, drop.drop_id, by_whom="olga")

    assert sender.drop_now(drop.drop_id).state == "refused"


def test_a_drop_whose_file_is_gone_is_not_released(sender: Sender) -> None:
    drop = sender.drop("people.csv", people(1))
    with sender.room.database.transaction() as connection:
        for file in files.files_of_drop(connection, drop.account_id, drop.drop_id):
            files.remove_file(connection, file)

    with pytest.raises(Conflict, match="it must be sent again"):
        release(sender.room, sender.account_id, drop.drop_id, by_whom="olga")

    assert sender.drop_now(drop.drop_id).state == "refused"


def test_a_release_that_breaks_off_changes_nothing(sender: Sender) -> None:
    drop = sender.drop("people.csv", people(1))
    before = (sender.drop_now(drop.drop_id), paths(sender, drop))

    def die(name: str) -> None:
        assert name == "moved back"
        raise SystemExit

    with pytest.raises(SystemExit):
        release(replace(sender.room, between_steps=die), sender.account_id, drop.drop_id, by_whom="olga")

    assert (sender.drop_now(drop.drop_id), paths(sender, drop)) == before
    assert "too many contacts" in sender.read("contacts/import/ko", f"{drop.prefix}_people.csv.error.txt")


def test_the_drop_of_another_account_is_missing(sender: Sender, charlie: Person) -> None:
    drop = sender.drop("people.csv", people(1))

    with pytest.raises(Missing):
        release(sender.room, charlie.account.account_id, drop.drop_id, by_whom="charlie")

    assert sender.drop_now(drop.drop_id).state == "refused"
