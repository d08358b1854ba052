from __future__ import annotations

import pytest

from postroom.contacts.errors import Conflict, Missing
from postroom.drops.retrying import retry
from postroom.drops.room import Room
from postroom.store import drops
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.drops.sender import Sender

PEOPLE = "Email\na@example.com\n"


def waiting_jobs(database: Database) -> list[str]:
    with database.transaction() as connection:
        rows = connection.execute(
            "select lock from procrastinate_jobs where status = 'todo' order by id"
        ).fetchall()
    return [row["lock"] for row in rows]


def parked(sender: Sender) -> int:
    landed = sender.leave("people.csv", PEOPLE)
    assert landed.drop_id is not None
    with sender.room.database.transaction() as connection:
        drop = drops.drop_by_id(connection, sender.account_id, landed.drop_id)
        assert drop is not None
        claimed = drops.claim_drop(connection, drop, prefix=1, now=sender.room.clock())
        drops.park_drop(connection, claimed, outcome={"parked_after_attempts": 3})
    return landed.drop_id


def test_a_parked_drop_is_processed_after_its_retry(room: Room, alice: Person, database: Database) -> None:
    sender = Sender(room, alice)
    drop_id = parked(sender)
    before = waiting_jobs(database)

    retry(room, sender.account_id, drop_id)

    assert waiting_jobs(database) == [*before, f"account:{sender.account_id}"]
    assert sender.drop_now(drop_id).attempts == 0
    done = sender.process()
    assert done is not None
    assert (done.drop_id, done.state) == (drop_id, "applied")


def test_an_unconfirmed_drop_is_taken_as_whole(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    landed = sender.leave("people.csv", PEOPLE, confirmed=False)
    assert landed.drop_id is not None

    retry(room, sender.account_id, landed.drop_id)

    assert sender.drop_now(landed.drop_id).state == "ready"


def test_a_drop_in_any_other_state_is_a_conflict_and_enqueues_nothing(
    room: Room, alice: Person, database: Database
) -> None:
    sender = Sender(room, alice)
    drop = sender.drop("people.csv", PEOPLE)
    before = waiting_jobs(database)

    with pytest.raises(Conflict, match="is applied"):
        retry(room, sender.account_id, drop.drop_id)

    assert waiting_jobs(database) == before


def test_the_drop_of_another_account_is_missing(room: Room, alice: Person, charlie: Person) -> None:
    drop_id = parked(Sender(room, alice))

    with pytest.raises(Missing):
        retry(room, charlie.account.account_id, drop_id)
