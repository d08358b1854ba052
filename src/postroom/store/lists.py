"""Lists and who is on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import sql

from postroom.contacts.errors import Missing
from postroom.contacts.lists import ListChanges
from postroom.store import list_counts
from postroom.store.database import Connection
from postroom.store.list_counts import STATS, Stats, stats_in
from postroom.store.statements import statements

_SQL = statements("lists")
_JOIN_LIST = list_counts.with_reach(_SQL["join_list"])


_MOST = 2**63 - 1
_ORDERS: Mapping[str, LiteralString] = {
    "list_id": "l.list_id",
    "name": "l.name",
    "created_at": "l.created_at",
    "updated_at": "l.updated_at",
}
ORDERS = tuple(_ORDERS)
"""By what lists can be sorted."""


@dataclass(frozen=True, slots=True)
class ContactList:
    """A list; `stats` may be None, for not known just now, where nobody asked for them."""

    list_id: int
    name: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    last_drop_id: int | None
    stats: Stats | None = None


@dataclass(frozen=True, slots=True)
class CountedList:
    """A list; `members` counts its contacts."""

    list_id: int
    name: str
    created_at: datetime
    updated_at: datetime
    last_drop_id: int | None
    members: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Which lists of those asked for: sorted by a field of ORDERS, with ids beyond `after`."""

    limit: int
    offset: int = 0
    after: int | None = None
    order: str = "list_id"
    descending: bool = False


def create_list(
    connection: Connection, account_id: int, name: str, description: str | None = None, *, now: datetime
) -> int:
    """Make a list, whether or not another has that name; return its id."""
    parameters = {"account_id": account_id, "name": name, "description": description, "now": now}
    row = connection.execute(_SQL["create_list"], parameters).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    list_counts.begin_counts(connection, account_id, row["list_id"])
    return int(row["list_id"])


def read_lists(
    connection: Connection, account_id: int, list_ids: Sequence[int] | None, cut: Cut
) -> list[ContactList]:
    """Return these lists, or all of an account, with what is known of their stats."""
    direction = sql.SQL(" desc" if cut.descending else "")
    order = sql.SQL(", ").join(
        sql.SQL(column) + direction for column in dict.fromkeys([_ORDERS[cut.order], _ORDERS["list_id"]])
    )
    parameters = {
        **_these(account_id, list_ids),
        "after": None if cut.after is None else max(-_MOST, min(cut.after, _MOST)),
        "limit": cut.limit,
        "offset": min(cut.offset, _MOST),
    }
    rows = connection.execute(sql.SQL(_SQL["read_lists"]).format(order=order), parameters)
    return [_contact_list(row) for row in rows]


def count_lists(connection: Connection, account_id: int, list_ids: Sequence[int] | None) -> int:
    """Return how many of these lists, or of all lists of an account, there are."""
    row = connection.execute(_SQL["count_of_lists"], _these(account_id, list_ids)).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["lists"])


def update_lists(
    connection: Connection, account_id: int, list_ids: Sequence[int], changes: ListChanges, *, now: datetime
) -> int:
    """Change lists; return how many there were."""
    parameters = {
        **_these(account_id, list_ids),
        "name": changes.name,
        "describes": changes.describes,
        "description": changes.description,
        "now": now,
    }
    return connection.execute(_SQL["update_lists"], parameters).rowcount


def touch_list(connection: Connection, account_id: int, list_id: int, *, now: datetime) -> None:
    """Note that a list was changed."""
    connection.execute(_SQL["touch_list"], {"account_id": account_id, "list_id": list_id, "now": now})


def delete_lists(connection: Connection, account_id: int, list_ids: Sequence[int]) -> int:
    """Remove lists, whose contacts stay; return how many there were."""
    row = connection.execute(_SQL["delete_lists"], _these(account_id, list_ids)).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["lists"])


def standing_lists(connection: Connection, account_id: int, list_ids: Sequence[int]) -> set[int]:
    """Return which of these lists are there."""
    rows = connection.execute(_SQL["standing_lists"], _these(account_id, list_ids))
    return {row["list_id"] for row in rows}


def unite_lists(connection: Connection, account_id: int, list_ids: Sequence[int], into: int) -> None:
    """Put everybody who is on one of these lists on a list where nobody is."""
    connection.execute(_SQL["unite_lists"], {**_these(account_id, list_ids), "list_id": into})


def add_members(
    connection: Connection, account_id: int, list_id: int, contact_ids: Sequence[int]
) -> list[int]:
    """Put those contacts of the account on a list that are not on it; return them."""
    parameters = {"account_id": account_id, "list_id": list_id, "contact_ids": _storable(contact_ids)}
    rows = connection.execute(_SQL["add_members"], parameters)
    return [row["contact_id"] for row in rows]


def join_list(
    connection: Connection, account_id: int, list_id: int, contact_ids: Sequence[int], *, now: datetime
) -> int | None:
    """Put contacts on a list, count them in and note the change, at once; return how many were not on it.

    None when there is no such list. In one statement, as each of six took a tenth of a call.
    """
    parameters = {
        "account_id": account_id,
        "list_id": list_id,
        "contact_ids": _storable(contact_ids),
        "now": now,
    }
    row = connection.execute(_JOIN_LIST, parameters).fetchone()
    return row["added"] if row else None


def members_among(
    connection: Connection, account_id: int, list_id: int, contact_ids: Sequence[int]
) -> list[int]:
    """Return which of these contacts are on a list."""
    parameters = {"account_id": account_id, "list_id": list_id, "contact_ids": _storable(contact_ids)}
    rows = connection.execute(_SQL["members_among"], parameters)
    return [row["contact_id"] for row in rows]


def remove_members(connection: Connection, account_id: int, list_id: int, contact_ids: Sequence[int]) -> None:
    """Take contacts off a list."""
    parameters = {"account_id": account_id, "list_id": list_id, "contact_ids": list(contact_ids)}
    connection.execute(_SQL["remove_members"], parameters)


def find_list(connection: Connection, account_id: int, names: Sequence[str]) -> tuple[int, str] | None:
    """Return id and name of the newest list with the first of `names` that any list has."""
    for name in names:
        row = connection.execute(
            _SQL["newest_list_named"], {"account_id": account_id, "name": name}
        ).fetchone()
        if row:
            return int(row["list_id"]), str(row["name"])
    return None


def name_of_list(connection: Connection, account_id: int, list_id: int) -> str | None:
    """Return the name of a list, None when there is no such list."""
    row = connection.execute(_SQL["name_of_list"], {"account_id": account_id, "list_id": list_id}).fetchone()
    return str(row["name"]) if row else None


def names_of_lists(connection: Connection, account_id: int, list_ids: Sequence[int]) -> dict[int, str]:
    """Return what lists are called, by id, or were called before they went; of others there is nothing."""
    rows = connection.execute(_SQL["names_of_lists"], _these(account_id, list_ids))
    return {row["list_id"]: row["name"] for row in rows}


def template_of_list(connection: Connection, account_id: int, list_id: int) -> int | None:
    """Return the template that a list has for launches that name none, None when it has none."""
    parameters = {"account_id": account_id, "list_id": list_id}
    row = connection.execute(_SQL["template_of_list"], parameters).fetchone()
    return row["template_id"] if row else None


def set_list_template(
    connection: Connection, account_id: int, list_id: int, template_id: int | None, *, now: datetime
) -> None:
    """Give a list a template for launches that name none."""
    parameters = {"account_id": account_id, "list_id": list_id, "template_id": template_id, "now": now}
    connection.execute(_SQL["set_list_template"], parameters)


def note_filled(
    connection: Connection, account_id: int, list_id: int, *, drop_id: int, now: datetime
) -> None:
    """Remember which deposit changed a list last."""
    connection.execute(
        _SQL["note_list_filled"],
        {"account_id": account_id, "list_id": list_id, "drop_id": drop_id, "now": now},
    )


def lists_of_account(connection: Connection, account_id: int) -> list[CountedList]:
    """Return every list of an account, by name."""
    rows = connection.execute(_SQL["lists_of_account"], {"account_id": account_id})
    return [CountedList(**row) for row in rows]


def list_named(connection: Connection, account_id: int, name_or_id: str) -> CountedList:
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


def _list_by_id(connection: Connection, account_id: int, list_id: int) -> CountedList | None:
    row = connection.execute(
        _SQL["list_by_id"], {"account_id": account_id, "list_id": min(list_id, _MOST)}
    ).fetchone()
    return CountedList(**row) if row else None


def _contact_list(row: dict[str, Any]) -> ContactList:
    stats = stats_in(row) if row["subscribers"] is not None else None
    return ContactList(**{name: value for name, value in row.items() if name not in STATS}, stats=stats)


def _these(account_id: int, list_ids: Sequence[int] | None) -> dict[str, Any]:
    return {"account_id": account_id, "list_ids": None if list_ids is None else _storable(list_ids)}


def _storable(ids: Sequence[int]) -> list[int]:
    """Leave out numbers that no id can be."""
    return [each for each in ids if 0 < each <= _MOST]
