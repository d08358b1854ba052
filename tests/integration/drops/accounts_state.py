"""All that imports make of an account, at one moment: for comparing moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from postroom.drops.room import Room


@dataclass(frozen=True, slots=True)
class AccountState:
    """Contacts by id (all but digests), lists by id, and who is on which."""

    contacts: dict[int, dict[str, Any]]
    lists: dict[int, dict[str, Any]]
    memberships: frozenset[tuple[int, int]]

    def facts(self) -> dict[tuple[Any, ...], Any]:
        """Return each single fact: a value of a contact, a list, a place on a list."""
        told: dict[tuple[Any, ...], Any] = {
            ("value", key, name): value
            for key, row in self.contacts.items()
            for name, value in row.items()
            if name != "updated_at"
        }
        told |= {("list", key): tuple(row.values()) for key, row in self.lists.items()}
        return told | {("member", *each): True for each in self.memberships}


def state_of(room: Room, account_id: int) -> AccountState:
    """Look at an account."""
    with room.database.transaction() as connection:
        contacts = connection.execute("select * from contacts where account_id = %s", [account_id]).fetchall()
        lists = connection.execute("select * from lists where account_id = %s", [account_id]).fetchall()
        members = connection.execute("select * from memberships where account_id = %s", [account_id])
        memberships = frozenset((row["list_id"], row["contact_id"]) for row in members)
    for row in contacts:
        del row["digest"]
    return AccountState(
        {row["contact_id"]: row for row in contacts}, {row["list_id"]: row for row in lists}, memberships
    )


def changed(before: AccountState, after: AccountState) -> set[tuple[Any, ...]]:
    """Return the facts that differ."""
    old, new = before.facts(), after.facts()
    return {fact for fact in old.keys() | new.keys() if old.get(fact) != new.get(fact)}
