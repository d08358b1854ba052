"""Contacts to call about, and who is on a list."""

from __future__ import annotations

from postroom.drops.room import Room
from postroom.store import lists
from tests.conftest import Person
from tests.integration.drops.sender import Sender

PEOPLE = (
    "Référence;Email;Mobile;Téléphone Fixe\n"
    "R1;anne@example.com;0612345678;0286786589\n"
    "R2;bert@example.com;;\n"
    "R3;;0690785690;\n"
)


def import_people(room: Room, person: Person, content: str = PEOPLE, *, name: str = "people.csv") -> int:
    """Import a file; return the id of its list."""
    drop = Sender(room, person).drop(name, content)
    assert drop.outcome is not None, drop.state
    return int(drop.outcome["list"]["id"])


def members_of(room: Room, person: Person, list_id: int) -> list[int]:
    """Return who is on a list."""
    with room.database.transaction() as connection:
        rows = lists.members(connection, person.account.account_id, list_id, limit=1000)
    return [row["contact_id"] for row in rows]
