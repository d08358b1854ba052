"""Lists and who is on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.contacts.errors import Missing
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("lists")


@dataclass(frozen=True, slots=True)
class ContactList:
    """A list; `members` counts its contacts."""

    list_id: int
    name: str
    created_at: datetime
    updated_at: datetime
    last_drop_id: int | None
    members: int


def create_list(connection: Connection, account_id: int, name: str, *, now: datetime) -> int:
    """Make a list, whether or not another has that name; return its id."""
    parameters = {"account_id": account_id, "name": name, "now": now}
    row = connection.execute(_SQL["create_list"], parameters).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return int(row["list_id"])


def find_list(connection: Connection, account_id: int, names: Sequence[str]) -> tuple[int, str] | None:
    """Return id and name of the newest list with the first of `names` that any list has."""
    for name in names:
        row = connection.execute(
            _SQL["newest_list_named"], {"account_id": account_id, "name": name}
        ).fetchone()
        if row:
            return int(row["list_id"]), str(row["name"])
    return None


def note_filled(
    connection: Connection, account_id: int, list_id: int, *, drop_id: int, now: datetime
) -> None:
    """Remember which deposit changed a list last."""
    connection.execute(
        _SQL["note_list_filled"],
        {"account_id": account_id, "list_id": list_id, "drop_id": drop_id, "now": now},
    )


def lists_of_account(connection: Connection, account_id: int) -> list[ContactList]:
    """Return every list of an account, by name."""
    rows = connection.execute(_SQL["lists_of_account"], {"account_id": account_id})
    return [ContactList(**row) for row in rows]


def list_named(connection: Connection, account_id: int, name_or_id: str) -> ContactList:
    """Return the list of that id or the newest of that name; raise Missing when there is none."""
    list_id = int(name_or_id) if name_or_id.isascii() and name_or_id.isdigit() else None
    found = _list_by_id(connection, account_id, list_id) if list_id is not None else None
    if found is None:
        named = find_list(connection, account_id, [name_or_id])
        found = _list_by_id(connection, account_id, named[0]) if named else None
    if found is None:
        raise Missing(f"There is no list '{name_or_id}' in this account.", code="NO_LIST")
    return found


def members(connection: Connection, account_id: int, list_id: int, *, limit: int) -> list[dict[str, Any]]:
    """Return the contacts of a list, oldest first, at most `limit`."""
    parameters = {"account_id": account_id, "list_id": list_id, "limit": limit}
    return connection.execute(_SQL["list_members"], parameters).fetchall()


def _list_by_id(connection: Connection, account_id: int, list_id: int) -> ContactList | None:
    row = connection.execute(
        _SQL["list_by_id"], {"account_id": account_id, "list_id": min(list_id, 2**63 - 1)}
    ).fetchone()
    return ContactList(**row) if row else None
