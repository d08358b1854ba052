"""Three accounts behind one login's references, for tests of deposits for several accounts."""

from __future__ import annotations

from typing import Any

from postroom.drops.room import Room
from postroom.store import contacts, dispatch, drops, lists
from postroom.store.drops import Drop
from tests.conftest import Person


def mean(room: Room, sender: Person, **references: Person) -> None:
    """Let `sender` mean people by references."""
    with room.database.transaction() as connection:
        for reference, person in references.items():
            account_id = person.account.account_id
            dispatch.set_reference(connection, sender.login, reference, account_id=account_id)


def counted(drop: Drop) -> dict[str, dict[str, int]]:
    """Return what a deposit did to each account, counts above nought."""
    assert drop.outcome is not None
    return {each["account"]: above_nought(each["counts"]) for each in drop.outcome["accounts"]}


def above_nought(counts: dict[str, int]) -> dict[str, int]:
    """Leave out counts of nothing."""
    return {name: count for name, count in counts.items() if count}


def last_names(room: Room, person: Person) -> list[str]:
    """Return the last names of somebody's contacts."""
    with room.database.transaction() as connection:
        found = contacts.find_contacts(connection, person.account.account_id)
    return sorted(row["last_name"] for row in found)


def list_sizes(room: Room, person: Person) -> dict[str, int]:
    """Return somebody's lists and how many are on each."""
    with room.database.transaction() as connection:
        found = lists.lists_of_account(connection, person.account.account_id)
    return {each.name: each.members for each in found}


def optouts(room: Room, person: Person) -> list[str]:
    """Return somebody's opt-outs."""
    with room.database.transaction() as connection:
        rows = connection.execute(
            "select scope, address from optouts where account_id = %s order by 1, 2",
            [person.account.account_id],
        )
        return [f"{row['scope']} {row['address']}" for row in rows]


def drops_of(room: Room, person: Person) -> list[Drop]:
    """Return somebody's drops, the oldest first."""
    with room.database.transaction() as connection:
        return drops.drops_of_account(connection, person.account.account_id)[::-1]


def dispatch_rows(room: Room) -> list[dict[str, Any]]:
    """Return every mapping."""
    with room.database.transaction() as connection:
        return dispatch.all_references(connection)
