"""Rows into contacts: match by key, insert what is new, update what differs; nothing else writes contacts.

Rows come in frames of some ten thousand, as columns: array literals for what is matched and changed, COPY
for what is new. Frames of one file are merged one after another, so a later row of a contact sees what an
earlier one did. The caller holds the account's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from psycopg import sql

from postroom.contacts.fields import CONTACT_FIELDS
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("merge")

NO_LIST: Final = 0
"""Stands for a list where a file fills none; lists count from 1."""

_TYPES: Mapping[str, sql.SQL] = {"birth_date": sql.SQL("date[]")}
_TEXTS = sql.SQL("text[]")


@dataclass(frozen=True, slots=True)
class Merging:
    """One file on its way in: whose, onto which list, its fields, and which of these empty cells erase.

    The list is NO_LIST where there is none. `format` is what its subscriptions ask for (1, 2 or 99), None
    where nobody says: then it stays as it is.
    """

    account_id: int
    list_id: int
    fields: tuple[str, ...]
    erasing: frozenset[str] = frozenset()
    format: int | None = None

    def __post_init__(self) -> None:
        """Let nothing but contact fields become column names."""
        unknown = set(self.fields) - set(CONTACT_FIELDS)
        if unknown:
            raise ValueError(f"not contact fields: {sorted(unknown)}")


@dataclass(frozen=True, slots=True)
class Matched:
    """How rows stand against what is stored; positions are the caller's.

    `fresh` rows mean nobody yet; `differing` rows mean the contacts `differing_ids` and may change them;
    `same` rows mean `same_ids` and change nothing; `joined` are those put on the list just now, `to_format`
    those that were on it with another format than is asked for.
    """

    fresh: Sequence[int] = ()
    differing: Sequence[int] = ()
    differing_ids: Sequence[int] = ()
    same: Sequence[int] = ()
    same_ids: Sequence[int] = ()
    joined: Sequence[int] = ()
    to_format: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """Where the journal has the values that a statement changes, of contacts up to the id `last_known`."""

    journal_id: int
    entry: int
    last_known: int


def has_keyed_contacts(connection: Connection, account_id: int) -> bool:
    """Tell whether an account has any contact that a row could mean."""
    row = connection.execute(_SQL["has_keyed_contacts"], {"account_id": account_id}).fetchone()
    return bool(row and row["found"])


def contacts_by_key(connection: Connection, account_id: int, keys: Collection[UUID]) -> dict[UUID, int]:
    """Return who has these keys."""
    parameters = {"account_id": account_id, "keys": sorted(keys)}
    rows = connection.execute(_SQL["contacts_by_key"], parameters)
    return {row["dedup_key"]: row["contact_id"] for row in rows}


def touch_contacts(connection: Connection, account_id: int, contact_ids: Sequence[int]) -> None:
    """Let contacts have been changed now, whether or not they were."""
    parameters = {"account_id": account_id, "contact_ids": list(contact_ids)}
    connection.execute(_SQL["touch_contacts"], parameters)


def take_contact_ids(connection: Connection, account_id: int, count: int) -> int:
    """Reserve `count` ids in a row for new contacts; return the first."""
    row = connection.execute(_SQL["take_contact_ids"], {"account_id": account_id, "count": count}).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return int(row["last_id"]) - count + 1


def last_contact_id(connection: Connection, account_id: int) -> int:
    """Return the last id that the account has given out, 0 when none."""
    row = connection.execute(_SQL["last_contact_id"], {"account_id": account_id}).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["last_id"])


def count_members(connection: Connection, merging: Merging) -> int:
    """Return how many contacts are on the list."""
    key = {"account_id": merging.account_id, "list_id": merging.list_id}
    row = connection.execute(_SQL["count_members"], key).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["members"])


def digests_of_list(connection: Connection, merging: Merging) -> Iterator[str]:
    """Yield digest and contact id of every contact on the list that has a digest, as lines of CSV.

    Some ten thousand lines come at a time: row by row, a million of them took three times as long.
    """
    key = {"account_id": merging.account_id, "list_id": merging.list_id}
    with connection.cursor(name="digests_of_list") as cursor:
        cursor.itersize = 1
        for row in cursor.execute(_SQL["digests_of_list"], key):
            yield row["csv"]


def match_rows(
    connection: Connection, merging: Merging, *, positions: str, keys: str, digests: str
) -> Matched:
    """Find the contacts that rows mean and put these on the list; array literals of one length.

    Each row is looked up in the unique index, whatever the planner believes of the tables: joined freely,
    200,000 rows once took six minutes because fresh tables have no statistics.
    """
    row = connection.execute(
        _SQL["match_rows"],
        {
            "account_id": merging.account_id,
            "list_id": merging.list_id,
            "format": merging.format,
            "positions": positions,
            "keys": keys,
            "digests": digests,
        },
    ).fetchone()
    assert row is not None  # an aggregate always answers
    return Matched(
        row["fresh"] or [],
        row["differing"] or [],
        row["differing_ids"] or [],
        row["same"] or [],
        row["same_ids"] or [],
        row["joined"] or [],
        row["to_format"] or [],
    )


def update_rows(
    connection: Connection, merging: Merging, arrays: Sequence[str], note: ChangeNote
) -> list[int]:
    """Give contacts the values of their rows; return the positions of rows that changed anything.

    `arrays` are literals of one length: positions, contact ids, digests, then one per field of the file.
    A contact must not be named twice.
    """
    types = [sql.SQL("int[]"), sql.SQL("bigint[]"), sql.SQL("bigint[]")]
    types += [_TYPES.get(field, _TEXTS) for field in merging.fields]
    query = sql.SQL(_SQL["update_rows"]).format(
        arrays=sql.SQL(", ").join(
            sql.SQL("{}::{}").format(sql.Placeholder(f"array_{number}"), kind)
            for number, kind in enumerate(types)
        ),
        columns=_names(merging.fields),
        assignments=sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(field), _new_value(merging, field))
            for field in merging.fields
        ),
        new=sql.SQL(", ").join(_new_value(merging, field) for field in merging.fields),
        old=sql.SQL(", ").join(sql.Identifier("c", field) for field in merging.fields),
        returned=sql.SQL(", ").join(sql.Identifier("c", field) for field in merging.fields),
        columns_changed=sql.SQL(", ").join(map(_changed_column, (*merging.fields, "updated_at"))),
        rows_changed=sql.SQL(", ").join(map(_changed_row, (*merging.fields, "updated_at"))),
        befores=sql.SQL(", ").join(
            sql.SQL("{} as {}").format(sql.Identifier(field), _was(field)) for field in merging.fields
        ),
        was=sql.SQL(", ").join(_was(field) for field in merging.fields),
    )
    parameters = {f"array_{number}": array for number, array in enumerate(arrays)}
    noted = {"journal_id": note.journal_id, "entry": note.entry, "last_known": note.last_known}
    rows = connection.execute(query, {"account_id": merging.account_id, **noted, **parameters})
    return [row["position"] for row in rows]


@contextmanager
def copy_new(connection: Connection, merging: Merging) -> Iterator[psycopg.Copy]:
    """Yield a COPY of new contacts that takes CSV: account_id, contact_id, dedup_key, digest, the fields.

    An unquoted empty value is null.
    """
    columns = ("account_id", "contact_id", "dedup_key", "digest", *merging.fields)
    statement = sql.SQL("copy contacts ({}) from stdin (format csv)").format(_names(columns))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


def join_new(connection: Connection, merging: Merging, *, first: int, count: int) -> None:
    """Put the new contacts `first` … `first + count - 1` on the list, if there is one."""
    if merging.list_id == NO_LIST:
        return
    connection.execute(
        _SQL["join_new"],
        {
            "account_id": merging.account_id,
            "list_id": merging.list_id,
            "format": merging.format,
            "first": first,
            "last": first + count - 1,
        },
    )


def format_members(connection: Connection, merging: Merging, contact_ids: Sequence[int]) -> None:
    """Give the subscriptions of contacts to the list the format that is asked for."""
    parameters = {
        "account_id": merging.account_id,
        "list_id": merging.list_id,
        "format": merging.format,
        "contact_ids": sorted(contact_ids),
    }
    connection.execute(_SQL["format_members"], parameters)


def leave_absent(connection: Connection, merging: Merging, *, last_known: int, named: str) -> Sequence[int]:
    """Take off the list whoever has an id up to `last_known` and is not in the array literal `named`.

    Return their ids.
    """
    row = connection.execute(
        _SQL["leave_absent"],
        {
            "account_id": merging.account_id,
            "list_id": merging.list_id,
            "last_known": last_known,
            "named": named,
        },
    ).fetchone()
    assert row is not None  # an aggregate always answers
    return row["departed"] or []


def _names(columns: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def _changed_column(field: str) -> sql.Composable:
    """Gather whose `field` changed, what it was and what it became."""
    return sql.SQL(
        "array_agg(contact_id) filter (where {was} is distinct from {field}) as {ids}, "
        "array_agg({was}::text) filter (where {was} is distinct from {field}) as {was}, "
        "array_agg({field}::text) filter (where {was} is distinct from {field}) as {field}"
    ).format(was=_was(field), field=sql.Identifier(field), ids=sql.Identifier(f"ids_{field}"))


def _changed_row(field: str) -> sql.Composable:
    names = (sql.Identifier(f"ids_{field}"), _was(field), sql.Identifier(field))
    return sql.SQL("({}, {}, {}, {})").format(field, *names)


def _was(field: str) -> sql.Composable:
    return sql.Identifier(f"was_{field}")


def _new_value(merging: Merging, field: str) -> sql.Composable:
    if field in merging.erasing:
        return sql.Identifier("r", field)
    return sql.SQL("coalesce(r.{field}, c.{field})").format(field=sql.Identifier(field))
