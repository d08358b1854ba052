"""What the API does with relational tables and their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from postroom.contacts.cells import clean, is_storable
from postroom.contacts.errors import Refused
from postroom.contacts.tables import Field, Table, TableKind
from postroom.contacts.written_rows import Plain, SavedRows, WrittenRow
from postroom.drops.room import Room
from postroom.ingest.relational import writing
from postroom.store import accounts, relational, relational_rows
from postroom.store.accounts import lock_account_soon
from postroom.store.database import Connection
from postroom.store.relational_rows import Row, RowsWanted
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.auth.caller import Caller

__all__ = ["Field", "Key", "Row", "RowsWanted", "SavedRows", "Table", "WrittenRow"]

_READ, _WRITE = "tables:read", "tables:write"

MOST_ROWS: Final = 1000
"""How many rows one call saves or deletes at the most."""


@dataclass(frozen=True, slots=True)
class Key:
    """A foreign key to make: to the table of that id, or to contacts."""

    table_id: int | None = None
    column: str | None = None


def read_tables(room: Room, caller: Caller, paging: Paging) -> Page[Table]:
    """Return the caller's tables by id."""
    caller.require(_READ)
    with room.database.transaction() as connection:
        every = relational.tables_of_account(connection, caller.account_id)
    found = [each for each in every if paging.after is None or each.table_id > paging.after]
    return Page(found[: paging.limit], len(every) if paging.with_total else None)


def read_table(room: Room, caller: Caller, table_id: int) -> Table:
    """Return a table; raise Missing when the caller has none of that id."""
    caller.require(_READ)
    with room.database.transaction() as connection:
        return relational.table_by_id(connection, caller.account_id, table_id)


def create_table(
    room: Room,
    caller: Caller,
    table: Table,
    foreign_keys: Sequence[Key],
    *,
    active: bool,
) -> Table:
    """Make a table with name, kind, description, may_clear and fields of `table`, and these foreign keys.

    Raises:
        Refused: it cannot be; nothing was made.
        Missing: a foreign key is to a table that is not there.
        Conflict: the name is taken, or the account is busy.
    """
    with _writing(room, caller) as connection:
        made = relational.create_table(
            connection,
            caller.account_id,
            table.name,
            TableKind(table.kind),
            description=table.description,
            may_clear=table.may_clear,
            now=room.clock(),
        )
        made = _add_fields(room, connection, caller, made, table.fields)
        for each in foreign_keys:
            made = _add_key(room, connection, caller, made, each)
        if active:
            made = relational.set_state(connection, caller.account_id, made, active=True, now=room.clock())
        return made


def update_table(
    room: Room,
    caller: Caller,
    table_id: int,
    *,
    description: str | None = None,
    may_clear: bool | None = None,
    active: bool | None = None,
) -> Table:
    """Change what is not None; raise Refused when the table cannot be so, Missing when it is not there."""
    with _writing(room, caller) as connection:
        table = relational.table_by_id(connection, caller.account_id, table_id)
        changed = replace(
            table,
            description=table.description if description is None else description,
            may_clear=table.may_clear if may_clear is None else may_clear,
        )
        if changed != table:
            changed = relational.update_table(connection, caller.account_id, changed, now=room.clock())
        if active is not None:
            changed = relational.set_state(
                connection, caller.account_id, changed, active=active, now=room.clock()
            )
        return changed


def delete_table(room: Room, caller: Caller, table_id: int) -> None:
    """Delete a table with its rows and what these own; raise Missing when it is not there."""
    with _writing(room, caller) as connection:
        table = relational.table_by_id(connection, caller.account_id, table_id)
        relational.delete_table(connection, caller.account_id, table, now=room.clock())


def add_fields(room: Room, caller: Caller, table_id: int, fields: Sequence[Field]) -> Table:
    """Give a table more fields, all or none."""
    with _writing(room, caller) as connection:
        table = relational.table_by_id(connection, caller.account_id, table_id)
        return _add_fields(room, connection, caller, table, fields)


def switch_field(room: Room, caller: Caller, table_id: int, name: str, *, active: bool) -> Table:
    """Let files and calls fill a field, or no more; raise Missing when there is none."""
    with _writing(room, caller) as connection:
        table = relational.table_by_id(connection, caller.account_id, table_id)
        return relational.switch_field(
            connection, caller.account_id, table, name, active=active, now=room.clock()
        )


def add_foreign_key(room: Room, caller: Caller, table_id: int, key: Key) -> Table:
    """Say what the rows of a table point to; raise Missing when one of both tables is not there."""
    with _writing(room, caller) as connection:
        table = relational.table_by_id(connection, caller.account_id, table_id)
        return _add_key(room, connection, caller, table, key)


def clear_table(room: Room, caller: Caller, table_id: int) -> int:
    """Delete all rows of a table and what they own; return how many."""
    with _writing(room, caller) as connection:
        tables = relational.tables_of_account(connection, caller.account_id)
        table = relational.table_by_id(connection, caller.account_id, table_id)
        return relational_rows.clear_table(connection, caller.account_id, table, tables)


def read_rows(
    room: Room,
    caller: Caller,
    table_id: int,
    wanted: RowsWanted,
    *,
    after: str | None,
    limit: int,
    with_total: bool,
) -> tuple[Table, Page[Row]]:
    """Return rows of a table by their keys; raise Missing when it is not there."""
    caller.require(_READ)
    wanted = replace(wanted, key=None if wanted.key is None else _storable(wanted.key))
    with room.database.transaction() as connection:
        table = relational.table_by_id(connection, caller.account_id, table_id)
        items = relational_rows.read_rows(
            connection, caller.account_id, table, wanted, after=after, limit=limit
        )
        total = None
        if with_total:
            total = relational_rows.count_rows(connection, caller.account_id, table, wanted)
    return table, Page(items, total)


def save_rows(room: Room, caller: Caller, table_id: int, rows: Sequence[WrittenRow]) -> SavedRows:
    """Save rows, all or none; raise Refused with places and reasons when one cannot be saved."""
    for place, row in enumerate(rows):
        _require_texts(place, row)
    with _writing(room, caller) as connection:
        account = accounts.account_by_id(connection, caller.account_id)
        table = relational.table_by_id(connection, caller.account_id, table_id)
        return writing.save_rows(connection, account, table, rows, now=room.clock())


def delete_rows(room: Room, caller: Caller, table_id: int, keys: Sequence[Plain]) -> int:
    """Delete rows by their keys; return how many went, those that they owned too."""
    with _writing(room, caller) as connection:
        account = accounts.account_by_id(connection, caller.account_id)
        table = relational.table_by_id(connection, caller.account_id, table_id)
        wanted = [_storable(each) if isinstance(each, str) else each for each in keys]
        return writing.delete_rows(connection, account, table, wanted, now=room.clock())


@contextmanager
def _writing(room: Room, caller: Caller) -> Iterator[Connection]:
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        lock_account_soon(connection, caller.account_id)
        yield connection


def _add_fields(
    room: Room, connection: Connection, caller: Caller, table: Table, fields: Sequence[Field]
) -> Table:
    for each in fields:
        made = Field.of(each.name, each.type, each.length, is_unique=each.is_unique)
        table = relational.add_field(connection, caller.account_id, table, made, now=room.clock())
    return table


def _add_key(room: Room, connection: Connection, caller: Caller, table: Table, key: Key) -> Table:
    account_id = caller.account_id
    to = None if key.table_id is None else relational.table_by_id(connection, account_id, key.table_id)
    return relational.add_foreign_key(connection, account_id, table, to, column=key.column, now=room.clock())


def _require_texts(place: int, row: WrittenRow) -> None:
    for name, value in (*row.values.items(), *row.contact.items()):
        if not (is_storable(name) and (not isinstance(value, str) or is_storable(value))):
            raise Refused(f"rows[{place}] has half a character in it (a lone surrogate).", code="BAD_VALUE")


def _storable(key: str) -> str:
    return (clean(key) or "") if is_storable(key) else ""
