"""From staging into contacts: COPY in, collapse, compare, update, insert. The only SQL that writes contacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString, cast

import psycopg
from psycopg import sql

from postroom.contacts.fields import CONTACT_FIELDS
from postroom.store.database import Connection, Database
from postroom.store.statements import statements

_SQL = statements("merge")


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch in staging: which contact fields it brings, and which of them an empty cell erases."""

    account_id: int
    batch_id: int
    fields: tuple[str, ...]
    erasing: frozenset[str] = frozenset()

    @property
    def key(self) -> dict[str, int]:
        """The statement parameters that name the batch."""
        return {"account_id": self.account_id, "batch_id": self.batch_id}


@dataclass(frozen=True, slots=True)
class Compared:
    """How a batch stands against what is stored: rows matched, of these changed, of these not on the list."""

    matched: int
    changed: int
    joins: int


@contextmanager
def copy_to_staging(connection: Connection, fields: Sequence[str]) -> Iterator[psycopg.Copy]:
    """Yield a COPY that takes CSV bytes: account_id, batch_id, line, dedup_key, then `fields`.

    An unquoted empty value is null.
    """
    columns = ("account_id", "batch_id", "line", "dedup_key", *_known(fields))
    statement = sql.SQL("copy staging ({columns}) from stdin (format csv)").format(columns=_names(columns))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


def plan_for_bulk(connection: Connection) -> None:
    """Have the following statements join by hash.

    PostgreSQL takes freshly staged rows, of which it has no statistics, for a handful; looked up one by
    one, 200,000 of them once took six minutes where a hash join takes half a second.
    """
    connection.execute(_SQL["plan_for_bulk"])


def size_up_contacts(database: Database) -> None:
    """Renew the planner's statistics after a large batch, without waiting for autovacuum's round."""
    with database.transaction() as connection:
        connection.execute(_SQL["size_up_contacts"])


def collapse_repeated(connection: Connection, staged: Staged) -> int:
    """Make the rows of one key one row; return how many went. Top to bottom, last non-empty value wins."""
    last = sql.SQL(", ").join(_last_value(field, erasing=field in staged.erasing) for field in staged.fields)
    assignments = sql.SQL(", ").join(
        sql.SQL("{f} = collapsed.{f}").format(f=sql.Identifier(field)) for field in _known(staged.fields)
    )
    return _count(
        connection, staged, "collapse_repeated", {"last_values": last, "assignments": assignments}, {}, "gone"
    )


def compare(connection: Connection, staged: Staged, *, list_id: int) -> Compared:
    """Match staged rows with stored contacts by their key; note what differs and who joins the list."""
    differs = sql.SQL("({new}) is distinct from ({old})").format(
        new=sql.SQL(", ").join(_new_value(staged, field) for field in staged.fields),
        old=sql.SQL(", ").join(sql.Identifier("c", field) for field in _known(staged.fields)),
    )
    query = sql.SQL(_SQL["compare"]).format(differs=differs)
    row = connection.execute(query, {**staged.key, "list_id": list_id}).fetchone()
    assert row is not None  # an aggregate always answers
    return Compared(row["matched"], row["changed"], row["joins"])


def update_changed(connection: Connection, staged: Staged, *, now: datetime) -> int:
    """Give the matched contacts that differ their new values; return how many."""
    assignments = sql.SQL(", ").join(
        sql.SQL("{f} = {value}").format(f=sql.Identifier(field), value=_new_value(staged, field))
        for field in staged.fields
    )
    query = sql.SQL(_SQL["update_changed"]).format(assignments=assignments)
    return connection.execute(query, {**staged.key, "now": now}).rowcount


def join_matched(connection: Connection, staged: Staged, *, list_id: int) -> int:
    """Put matched contacts on the list; return how many were not there."""
    return connection.execute(_SQL["join_matched"], {**staged.key, "list_id": list_id}).rowcount


def leave_absent(connection: Connection, staged: Staged, *, list_id: int) -> int:
    """Take off the list whoever the batch does not name; return how many."""
    return connection.execute(_SQL["leave_absent"], {**staged.key, "list_id": list_id}).rowcount


def insert_new(
    connection: Connection, staged: Staged, *, list_id: int, now: datetime, any_matched: bool
) -> int:
    """Make the contacts that are not there yet, and put them on the list; return how many."""
    statement = "insert_new" if any_matched else "insert_all"
    columns = {
        "columns": _names(staged.fields),
        "staged_columns": sql.SQL(", ").join(sql.Identifier("s", field) for field in staged.fields),
    }
    return _count(connection, staged, statement, columns, {"list_id": list_id, "now": now}, "created")


def clear_staging(database: Database, *, account_id: int, batch_id: int) -> None:
    """Forget a batch's staged rows, after its end.

    Truncating is free but needs that nobody else stages right now; else the batch's rows are deleted.
    """
    try:
        with database.transaction() as connection:
            connection.execute(_SQL["clear_staging"])
    except psycopg.errors.LockNotAvailable:
        key = {"account_id": account_id, "batch_id": batch_id}
        with database.transaction() as connection:
            connection.execute(_SQL["clear_batch"], key)
            connection.execute(_SQL["clear_matches"], key)


def _count(
    connection: Connection,
    staged: Staged,
    statement: str,
    parts: dict[str, sql.Composable],
    parameters: dict[str, object],
    column: str,
) -> int:
    query = sql.SQL(_SQL[statement]).format(**parts)
    row = connection.execute(query, {**staged.key, **parameters}).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row[column])


def _known(fields: Iterable[str]) -> tuple[str, ...]:
    unknown = [field for field in fields if field not in CONTACT_FIELDS]
    if unknown:
        raise ValueError(f"not contact fields: {unknown}")
    return tuple(fields)


def _names(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def _last_value(field: str, *, erasing: bool) -> sql.Composable:
    shape: LiteralString = (
        "(array_agg(staging.{f} order by staging.line desc))[1] as {f}"
        if erasing
        else "(array_agg(staging.{f} order by staging.line desc) filter (where staging.{f} is not null))[1] as {f}"
    )
    return sql.SQL(cast(LiteralString, shape)).format(f=sql.Identifier(field))


def _new_value(staged: Staged, field: str) -> sql.Composable:
    if field in staged.erasing:
        return sql.Identifier("s", field)
    return sql.SQL("coalesce(s.{f}, c.{f})").format(f=sql.Identifier(field))
