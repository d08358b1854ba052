"""Contacts that are there before a program calls."""

from __future__ import annotations

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.drops.sender import Sender


def add_contacts(room: Room, person: Person, number: int) -> list[int]:
    """Import so many contacts, leave them on no list, and return their ids."""
    lines = "".join(f"{person.login}{n}@example.org\n" for n in range(number))
    drop = Sender(room, person).drop("before.csv", f"Email\n{lines}".encode())
    assert drop.outcome is not None
    with room.database.transaction() as connection:
        account = (person.account.account_id,)
        imported = (*account, drop.outcome["list"]["id"])
        for table in ("memberships", "lists"):
            connection.execute(f"delete from {table} where account_id = %s and list_id = %s", imported)
        found = connection.execute("select contact_id from contacts where account_id = %s", account)
        return sorted(row["contact_id"] for row in found)
