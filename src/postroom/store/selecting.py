"""Contacts selected by what programs know of them, a page at a time.

Contacts are indexed by id and by their key alone: an index by e-mail, mobile, phone or reference would cost
every import. Whoever asks for one of these in an account that tells its contacts apart otherwise has all of
them read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import sql

from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.contacts.media import ADDRESS_FIELD, Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.records import ContactRecord
from postroom.store.custom_fields import names_of_columns
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("selecting")

ORDERS: Final = frozenset({"contact_id", "created_at", "updated_at", *DOCUMENTED_FIELDS})
"""By what contacts can be sorted."""

_LARGEST_ID: Final = 2**63 - 1
_AND: Final = sql.SQL(" and ")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which contacts of an account: those for which all of this is so; None and an empty mapping ask nothing.

    `values` are normalised, by field; `dedup_key` is that of whoever has them, where it is known. Of
    `optouts`, True and False ask for any reason and for none.
    """

    account_id: int
    ids: Sequence[int] | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    dedup_key: UUID | None = None
    list_id: int | None = None
    optouts: Mapping[Medium, bool | OptOutReason] = field(default_factory=dict)
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Which of the selected contacts, and in which order: `by` is one of ORDERS, ids decide ties.

    `after` is an id beyond which they begin, when they come by id.
    """

    by: str = "contact_id"
    descending: bool = False
    after: int | None = None
    limit: int = 100
    offset: int = 0

    def __post_init__(self) -> None:
        """Let nothing but what contacts can be sorted by become a column name."""
        if self.by not in ORDERS:
            raise ValueError(f"contacts are not sorted by {self.by}")


def select_contacts(connection: Connection, selection: Selection, part: Slice) -> list[ContactRecord]:
    """Return a slice of the selected contacts."""
    conditions = _conditions(selection)
    if part.after is not None:
        conditions.append(
            sql.SQL("c.contact_id {} %(after)s").format(sql.SQL("<" if part.descending else ">"))
        )
    query = sql.SQL(_SQL["select_contacts"]).format(
        source=_source(selection), conditions=_AND.join(conditions), order=_order(part)
    )
    given = {"after": part.after, "limit": part.limit, "offset": min(part.offset, _LARGEST_ID)}
    # Planned for the values at hand: a plan for any values knows not which index they are worth.
    rows = connection.execute(query, {**_parameters(selection), **given}, prepare=False).fetchall()
    return _records(connection, selection.account_id, rows)


def count_selected(connection: Connection, selection: Selection) -> int:
    """Return how many contacts are selected."""
    query = sql.SQL(_SQL["count_selected"]).format(
        source=_source(selection), conditions=_AND.join(_conditions(selection))
    )
    row = connection.execute(query, _parameters(selection), prepare=False).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["contacts"])


def select_contact_ids(connection: Connection, selection: Selection, *, limit: int) -> list[int]:
    """Return the ids of the selected contacts, ascending, at most `limit`."""
    query = sql.SQL(_SQL["select_contact_ids"]).format(
        source=_source(selection), conditions=_AND.join(_conditions(selection))
    )
    rows = connection.execute(query, {**_parameters(selection), "limit": limit}, prepare=False)
    return [row["contact_id"] for row in rows]


def contacts_by_ids(
    connection: Connection, account_id: int, contact_ids: Iterable[int]
) -> dict[int, ContactRecord]:
    """Return those of these contacts that are there, by id."""
    parameters = {"account_id": account_id, "contact_ids": list(contact_ids)}
    rows = connection.execute(_SQL["contacts_by_ids"], parameters).fetchall()
    return {each.contact_id: each for each in _records(connection, account_id, rows)}


def _source(selection: Selection) -> sql.Composable:
    return sql.SQL("contacts c" if selection.list_id is None else _SQL["members_of_list"])


def _conditions(selection: Selection) -> list[sql.Composable]:
    found: list[sql.Composable] = [sql.SQL("true")]
    if selection.ids is not None:
        found.append(sql.SQL("c.contact_id = any(%(ids)s::bigint[])"))
    if selection.dedup_key is not None:
        found.append(sql.SQL("c.dedup_key = %(dedup_key)s"))
    if selection.updated_since is not None:
        found.append(sql.SQL("c.updated_at >= %(updated_since)s"))
    found += [sql.SQL("{} = {}").format(_column(name), value) for name, value in selection.values.items()]
    return found + _standing(selection.optouts)


def _standing(optouts: Mapping[Medium, bool | OptOutReason]) -> list[sql.Composable]:
    found: list[sql.Composable] = []
    for medium, wanted in optouts.items():
        reasons = [wanted] if isinstance(wanted, OptOutReason) else OptOutReason
        opted_out = sql.SQL(_SQL["opted_out"]).format(
            scope=medium.value,
            reasons=[reason.value for reason in reasons],
            address=_column(ADDRESS_FIELD[medium]),
        )
        found.append(sql.SQL("not {}").format(opted_out) if wanted is False else opted_out)
    return found


def _parameters(selection: Selection) -> dict[str, object]:
    # No contact has an id, and no list, that the database cannot hold.
    return {
        "account_id": selection.account_id,
        "ids": [each for each in selection.ids or () if 0 < each <= _LARGEST_ID],
        "dedup_key": selection.dedup_key,
        "list_id": min(selection.list_id or 0, _LARGEST_ID),
        "updated_since": selection.updated_since,
    }


def _order(part: Slice) -> sql.Composable:
    direction = sql.SQL("desc" if part.descending else "asc")
    by_id = sql.SQL("c.contact_id {}").format(direction)
    if part.by == "contact_id":
        return by_id
    return sql.SQL("{} {} nulls last, {}").format(_column(part.by), direction, by_id)


def _column(name: str) -> sql.Identifier:
    return sql.Identifier("c", name)


def _records(
    connection: Connection, account_id: int, rows: Sequence[Mapping[str, Any]]
) -> list[ContactRecord]:
    if not rows:
        return []
    parameters = {"account_id": account_id, "contact_ids": [row["contact_id"] for row in rows]}
    lists = {
        row["contact_id"]: tuple(row["list_ids"])
        for row in connection.execute(_SQL["list_ids_of_contacts"], parameters)
    }
    own = names_of_columns(connection, account_id)
    optouts: dict[int, dict[Medium, OptOutReason]] = {}
    for row in connection.execute(_SQL["reasons_of_contacts"], parameters):
        optouts.setdefault(row["contact_id"], {})[Medium(row["scope"])] = OptOutReason(row["reason"])
    return [
        ContactRecord(
            contact_id=row["contact_id"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            values={name: row[name] for name in DOCUMENTED_FIELDS if row[name] is not None},
            list_ids=lists.get(row["contact_id"], ()),
            optouts=optouts.get(row["contact_id"], {}),
            custom={name: row[column] for column, name in own.items()},
        )
        for row in rows
    ]
