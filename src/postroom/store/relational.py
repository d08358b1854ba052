"""Relational tables as they are defined; their rows are in `relational_rows`.

Whoever changes a definition holds the account's lock, as whoever writes rows does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.tables import (
    MOST_FIELDS,
    MOST_TABLES,
    Field,
    FieldType,
    ForeignKey,
    Table,
    TableKind,
    TableState,
    foreign_key,
    require_complete,
    table_description,
    table_name,
)
from postroom.store import relational_rows
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("relational")


def tables_of_account(connection: Connection, account_id: int) -> list[Table]:
    """Return every table of an account, by id."""
    rows = connection.execute(_SQL["tables_of_account"], {"account_id": account_id})
    return [_table(row) for row in rows]


def table_named(connection: Connection, account_id: int, name: str) -> Table:
    """Return the table of that name, compared without case; raise Missing when there is none."""
    for table in tables_of_account(connection, account_id):
        if table.name.lower() == name.lower():
            return table
    raise Missing(f"There is no table '{name}' in this account.", code="NO_TABLE")


def table_by_id(connection: Connection, account_id: int, table_id: int) -> Table:
    """Return the table; raise Missing when the account has none of that id."""
    for table in tables_of_account(connection, account_id):
        if table.table_id == table_id:
            return table
    raise Missing(f"There is no table {table_id}.", code="NO_TABLE", details={"ids": [table_id]})


def create_table(
    connection: Connection,
    account_id: int,
    name: str,
    kind: TableKind,
    *,
    description: str = "",
    may_clear: bool = False,
    now: datetime,
) -> Table:
    """Make a table without fields; raise Conflict when the name is taken, Refused when it cannot be one."""
    called, described = table_name(name), table_description(description)
    if len(tables_of_account(connection, account_id)) >= MOST_TABLES:
        raise Refused(f"An account has {MOST_TABLES} tables at the most.", code="TOO_MANY_TABLES")
    parameters = {
        "account_id": account_id,
        "name": called,
        "name_key": called.lower(),
        "kind": kind.value,
        "description": described,
        "may_clear": may_clear,
        "now": now,
    }
    row = connection.execute(_SQL["create_table"], parameters).fetchone()
    if row is None:
        raise Conflict(f"There is already a table named '{called}'.", code="TABLE_EXISTS")
    return table_by_id(connection, account_id, row["table_id"])


def add_field(connection: Connection, account_id: int, table: Table, field: Field, *, now: datetime) -> Table:
    """Give a table one more field; raise Refused when it cannot have it. Return the table as it is now."""
    if table.field(field.name) or table.key_of(field.name):
        raise Refused(f"{table.name} has a column {field.name} already.", code="FIELD_EXISTS")
    if field.is_unique and table.unique:
        raise Refused(f"{table.name} has a unique field: {table.unique.name}.", code="UNIQUE_EXISTS")
    if len(table.fields) >= MOST_FIELDS:
        raise Refused(f"A table has {MOST_FIELDS} fields at the most.", code="TOO_MANY_FIELDS")
    parameters = {
        **_this(account_id, table),
        "name_key": field.name.lower(),
        "name": field.name,
        "type": field.type.value,
        "length": field.length,
        "is_unique": field.is_unique,
        "active": field.active,
    }
    connection.execute(_SQL["add_field"], parameters)
    return update_table(connection, account_id, table, now=now)


def switch_field(
    connection: Connection, account_id: int, table: Table, name: str, *, active: bool, now: datetime
) -> Table:
    """Let files fill a field, or no more; raise Missing when there is none of that name."""
    field = table.field(name)
    if field is None:
        raise Missing(f"{table.name} has no field '{name}'.", code="NO_FIELD")
    if field.is_unique and not active:
        raise Refused(f"Without {field.name} no row of {table.name} could be told.", code="UNIQUE_FIELD")
    parameters = {**_this(account_id, table), "name_key": field.name.lower(), "active": active}
    connection.execute(_SQL["switch_field"], parameters)
    return update_table(connection, account_id, table, now=now)


def add_foreign_key(
    connection: Connection,
    account_id: int,
    table: Table,
    to: Table | None,
    *,
    column: str | None = None,
    now: datetime,
) -> Table:
    """Let the rows of a table point to those of another, or to contacts; raise Refused when they cannot.

    Whose rows are must be said before there are any.
    """
    key = foreign_key(table, to, column)
    if table.state is not TableState.PENDING:
        raise Refused(f"{table.name} was active: its foreign keys stay as they are.", code="NOT_PENDING")
    if to is not None and key.owning:
        _refuse_circles(connection, account_id, table, to)
    parameters = {
        **_this(account_id, table),
        "to_table_id": key.table_id,
        "column": key.column,
        "owning": key.owning,
    }
    connection.execute(_SQL["add_foreign_key"], parameters)
    return update_table(connection, account_id, table, now=now)


def set_state(connection: Connection, account_id: int, table: Table, *, active: bool, now: datetime) -> Table:
    """Open a table to rows, or close it; raise Refused when it lacks what it needs, or was never open."""
    if active:
        require_complete(table)
    elif table.state is TableState.PENDING:
        raise Refused(f"{table.name} is not active yet.", code="TABLE_PENDING")
    state = TableState.ACTIVE if active else TableState.INACTIVE
    return update_table(connection, account_id, replace(table, state=state), now=now)


def update_table(connection: Connection, account_id: int, table: Table, *, now: datetime) -> Table:
    """Keep state, description and whether it may be cleared as `table` has them; return the table."""
    parameters = {
        **_this(account_id, table),
        "state": table.state.value,
        "description": table_description(table.description),
        "may_clear": table.may_clear,
        "now": now,
    }
    connection.execute(_SQL["update_table"], parameters)
    return table_by_id(connection, account_id, table.table_id)


def delete_table(connection: Connection, account_id: int, table: Table, *, now: datetime) -> int:
    """Remove a table, its rows and those that these own; return how many rows went.

    Tables that pointed to it are pending from then on.
    """
    tables = tables_of_account(connection, account_id)
    gone = relational_rows.clear_table(connection, account_id, table, tables)
    for each in tables:
        for key in each.references:
            if key.table_id == table.table_id and key.column:
                # A later column of that name must not show what this one held.
                relational_rows.forget_cells(connection, account_id, each, key.column, now=now)
    parameters = _this(account_id, table)
    connection.execute(_SQL["suspend_pointing"], {**parameters, "now": now})
    connection.execute(_SQL["delete_table"], parameters)
    return gone


def _refuse_circles(connection: Connection, account_id: int, table: Table, to: Table) -> None:
    owners = {each.table_id: each.owner for each in tables_of_account(connection, account_id)}
    at: int | None = to.table_id
    while at is not None:
        if at == table.table_id:
            raise Refused(f"{to.name} belongs to {table.name} already.", code="BAD_FOREIGN_KEY")
        owner = owners[at]
        at = owner.table_id if owner else None


def _this(account_id: int, table: Table) -> dict[str, Any]:
    return {"account_id": account_id, "table_id": table.table_id}


def _table(row: Mapping[str, Any]) -> Table:
    return Table(
        table_id=row["table_id"],
        name=row["name"],
        kind=TableKind(row["kind"]),
        description=row["description"],
        state=TableState(row["state"]),
        may_clear=row["may_clear"],
        fields=tuple(_field(each) for each in row["fields"]),
        foreign_keys=tuple(
            ForeignKey(
                each["to_table_id"],
                each["table"],
                each["column"],
                each["owning"],
                FieldType(each["type"] or FieldType.STRING),
            )
            for each in row["foreign_keys"]
        ),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _field(each: Mapping[str, Any]) -> Field:
    return Field(each["name"], FieldType(each["type"]), each["length"], each["is_unique"], each["active"])
