"""The rows of relational tables. `ingest.relational` alone writes them, holding the account's lock.

Keys go in as ordered array literals, through a subselect, as in `deleting`: looked up so they cost a third of
what they cost one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from postroom.contacts.tables import Table
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("relational_rows")

_MOST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its key, whose it is, and its values (text, numbers) by lower-case names."""

    row_key: str
    contact_id: int | None
    owner_key: str | None
    cells: dict[str, Any]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RowsWanted:
    """Which rows of a table: of a contact, of a key, or all."""

    contact_id: int | None = None
    key: str | None = None


def match_rows(
    connection: Connection, account_id: int, table: Table, keys: str
) -> tuple[Sequence[str], Sequence[int | None]]:
    """Return which of an ordered array literal of keys are those of rows, and the contact of each."""
    row = connection.execute(_SQL["match_rows"], {**_this(account_id, table), "keys": keys}).fetchone()
    assert row is not None  # an aggregate always answers
    return row["keys"] or [], row["contact_ids"] or []


def match_contacts(connection: Connection, account_id: int, keys: str) -> str:
    """Return who has one of an ordered array literal of keys, each as a line of CSV: key, contact_id."""
    row = connection.execute(_SQL["match_contacts"], {"account_id": account_id, "keys": keys}).fetchone()
    assert row is not None  # an aggregate always answers
    return row["csv"] or ""


def standing_contacts(connection: Connection, account_id: int, contact_ids: Sequence[int]) -> set[int]:
    """Return which of these contacts are there."""
    wanted = sorted({each for each in contact_ids if 0 < each <= _MOST})
    parameters = {"account_id": account_id, "contact_ids": wanted}
    row = connection.execute(_SQL["standing_contacts"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return set(row["contact_ids"] or ())


def has_rows(connection: Connection, account_id: int, table: Table) -> bool:
    """Tell whether a table has any row."""
    row = connection.execute(_SQL["has_rows"], _this(account_id, table)).fetchone()
    return bool(row and row["found"])


@contextmanager
def copy_rows(connection: Connection) -> Iterator[psycopg.Copy]:
    """Yield a COPY of new rows that takes CSV, unquoted empty values for nulls.

    Columns: account_id, table_id, row_key, contact_id, owner_key, cells, created_at, updated_at.
    """
    statement = (
        "copy relational_rows (account_id, table_id, row_key, contact_id, owner_key, cells, created_at,"
        " updated_at) from stdin (format csv)"
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


def update_rows(
    connection: Connection, account_id: int, table: Table, arrays: Sequence[str], *, now: datetime
) -> int:
    """Give rows new cells where they differ; return how many changed.

    `arrays` are literals of one length: keys, keys of owners or null for the same one, cells as JSON, in
    which null erases.
    """
    keys, owner_keys, cells = arrays
    parameters = {
        **_this(account_id, table),
        "keys": keys,
        "owner_keys": owner_keys,
        "cells": cells,
        "now": now,
    }
    row = connection.execute(_SQL["update_rows"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["rows"])


def delete_rows(
    connection: Connection, account_id: int, table: Table, keys: Sequence[str], tables: Sequence[Table]
) -> int:
    """Remove rows of a table and, of all `tables`, what they own; return how many went in all."""
    parameters = {**_this(account_id, table), "keys": list(keys)}
    return _gone(connection, account_id, table, tables, "delete_rows", parameters)


def clear_table(connection: Connection, account_id: int, table: Table, tables: Sequence[Table]) -> int:
    """Remove all rows of a table and of those that belong to it; return how many went in all."""
    gone = connection.execute(_SQL["clear_table"], _this(account_id, table)).rowcount
    return gone + sum(clear_table(connection, account_id, each, tables) for each in owned(table, tables))


def forget_cells(
    connection: Connection, account_id: int, table: Table, column: str, *, now: datetime
) -> None:
    """Let the rows of a table say nothing any more in one of its columns."""
    parameters = {**_this(account_id, table), "name": column.lower(), "now": now}
    connection.execute(_SQL["forget_cells"], parameters)


def delete_rows_of_contacts(connection: Connection, account_id: int, contact_ids: str) -> None:
    """Remove all that the contacts of an array literal of ids own."""
    parameters = {"account_id": account_id, "contact_ids": contact_ids}
    connection.execute(_SQL["delete_rows_of_contacts"], parameters)


def move_rows(connection: Connection, account_id: int, merged_ids: str, contact_ids: str) -> None:
    """Let contacts own what those merged into them owned."""
    parameters = {"account_id": account_id, "merged_ids": merged_ids, "contact_ids": contact_ids}
    connection.execute(_SQL["move_rows"], parameters)


def read_rows(
    connection: Connection,
    account_id: int,
    table: Table,
    wanted: RowsWanted,
    *,
    after: str | None = None,
    limit: int,
) -> list[Row]:
    """Return rows by their keys, those beyond `after`, at most `limit`."""
    parameters = {**_wanted(account_id, table, wanted), "after": after, "limit": limit}
    # Planned for the values at hand: a plan for any values knows not which index they are worth.
    rows = connection.execute(_SQL["read_rows"], parameters, prepare=False)
    return [Row(**row) for row in rows]


def count_rows(
    connection: Connection, account_id: int, table: Table, wanted: RowsWanted | None = None
) -> int:
    """Return how many rows there are."""
    parameters = _wanted(account_id, table, wanted or RowsWanted())
    row = connection.execute(_SQL["count_rows"], parameters, prepare=False).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["rows"])


def owned(table: Table, tables: Sequence[Table]) -> list[Table]:
    """Return which of `tables` have rows that belong to those of `table`."""
    return [each for each in tables if each.owner and each.owner.table_id == table.table_id]


def _gone(
    connection: Connection,
    account_id: int,
    table: Table,
    tables: Sequence[Table],
    statement: str,
    parameters: dict[str, Any],
) -> int:
    row = connection.execute(_SQL[statement], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    keys = row["keys"]
    if not keys:
        return 0
    return len(keys) + sum(
        _gone(connection, account_id, each, tables, "delete_owned", {**_this(account_id, each), "keys": keys})
        for each in owned(table, tables)
    )


def _wanted(account_id: int, table: Table, wanted: RowsWanted) -> dict[str, Any]:
    contact_id = None if wanted.contact_id is None else min(wanted.contact_id, _MOST)
    return {**_this(account_id, table), "contact_id": contact_id, "key": wanted.key}


def _this(account_id: int, table: Table) -> dict[str, Any]:
    return {"account_id": account_id, "table_id": table.table_id}
