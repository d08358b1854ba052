"""A batch is not undone; undoing an earlier import leaves whomever it has named since."""

from __future__ import annotations

import pytest

from postroom.contacts.commands import Kind
from postroom.drops.room import Room
from postroom.drops.undoing import undo
from tests.conftest import MakePerson
from tests.integration.drops.sender import Sender
from tests.integration.ingest.commands.batches import Realm, line

JANE, MARY = "jane@domain.com", "mary@domain.com"


@pytest.mark.parametrize("kind", [Kind.SUB, Kind.SAVE])
def test_whom_a_batch_named_stays(room: Room, make_person: MakePerson, kind: Kind) -> None:
    person = make_person("alice", criterion="email")
    sender, realm = Sender(room, person), Realm.of(room.database, person)
    drop = sender.drop("people.csv", f"Email\n{JANE}\n{MARY}\n")
    assert drop.outcome is not None
    people = drop.outcome["list"]["id"]
    arguments = {"list_id": people} if kind is Kind.SUB else {}

    realm.send(line(kind, "email", JANE, **arguments))
    undone = undo(room, sender.account_id, drop.drop_id, by_whom="olga")

    assert realm.contacts("email") == [(JANE,)]
    assert realm.members(people) == [JANE]
    assert undone["kept"] == {"NAMED_SINCE": 1}
