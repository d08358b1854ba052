"""`postroom table …`: relational tables, their fields and foreign keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.contacts.errors import Refused
from postroom.contacts.tables import Field, FieldType, Table, TableKind

if TYPE_CHECKING:
    from postroom.store.database import Connection

app = typer.Typer(help="Relational tables: what contacts own beside their fields.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]
TableArgument = Annotated[str, typer.Argument(metavar="TABLE", help="A table, by its name.")]

_TYPE = re.compile(rf"({'|'.join(FieldType)})(?:\(([0-9]{{1,6}})\))?")

_COLUMNS = {"name": "Name", "kind": "Kind", "state": "State", "fields": "Fields", "id": "Id"}
_FIELD_COLUMNS = {
    "name": "Field",
    "type": "Type",
    "length": "Length",
    "unique": "Unique",
    "active": "Active",
}


@dataclass(frozen=True)
class At:
    """One account, in a transaction that holds its lock."""

    connection: Connection
    account_id: int
    now: datetime

    def table(self, name: str) -> Table:
        """Return the table of that name; raise Missing when there is none."""
        from postroom.store import relational

        return relational.table_named(self.connection, self.account_id, name)


@contextmanager
def _at(ctx: typer.Context, account: str, data: Path | None) -> Iterator[At]:
    from postroom.store import accounts

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        account_id = accounts.account_by_name(connection, account).account_id
        accounts.lock_account_soon(connection, account_id)
        yield At(connection, account_id, datetime.now(UTC))


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the relational tables of an account."""
    from postroom.store import accounts, relational

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        tables = [_plain(each) for each in relational.tables_of_account(connection, owner)]
    if as_json:
        print_json(tables)
        return
    rows = [{**each, "fields": [field["name"] for field in each["fields"]]} for each in tables]
    print_table(_COLUMNS, rows, empty=f"Account {account} has no relational table.")


@app.command()
def create(
    ctx: typer.Context,
    account: AccountArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called; no blanks.")],
    kind: Annotated[TableKind, typer.Option(help="Whose its rows are.")] = TableKind.REGULAR,
    description: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
    clear: Annotated[bool, typer.Option("--may-clear", help="Let files clear it by clear_data.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a table without fields."""
    from postroom.store import relational

    with _at(ctx, account, data) as at:
        table = relational.create_table(
            at.connection,
            at.account_id,
            name,
            kind,
            description=description,
            may_clear=clear,
            now=at.now,
        )
    _show(table, as_json=as_json)


@app.command()
def show(
    ctx: typer.Context,
    account: AccountArgument,
    table: TableArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a table: its fields, its foreign keys, how many rows it has."""
    from postroom.store import accounts, relational, relational_rows

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = relational.table_named(connection, owner, table)
        count = relational_rows.count_rows(connection, owner, found)
    _show(found, as_json=as_json, rows=count)


@app.command()
def field(
    ctx: typer.Context,
    account: AccountArgument,
    table: TableArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the field is called; no blanks.")],
    type_: Annotated[
        str, typer.Argument(metavar="TYPE", help="string, string(LENGTH), number, float or date.")
    ],
    unique: Annotated[bool, typer.Option("--unique", help="Tell rows apart by it.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a field to a table."""
    from postroom.store import relational

    made = Field.of(name, *_type(type_), is_unique=unique)
    with _at(ctx, account, data) as at:
        found = at.table(table)
        changed = relational.add_field(at.connection, at.account_id, found, made, now=at.now)
    _show(changed, as_json=as_json)


@app.command()
def switch(
    ctx: typer.Context,
    account: AccountArgument,
    table: TableArgument,
    name: Annotated[str, typer.Argument(metavar="FIELD", help="A field of the table.")],
    on: Annotated[bool, typer.Option("--on/--off", help="Whether files and calls may fill it.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Switch a field on or off; what it holds stays."""
    from postroom.store import relational

    with _at(ctx, account, data) as at:
        found = at.table(table)
        changed = relational.switch_field(at.connection, at.account_id, found, name, active=on, now=at.now)
    _show(changed, as_json=as_json)


@app.command("foreign-key")
def foreign_key(
    ctx: typer.Context,
    account: AccountArgument,
    table: TableArgument,
    to: Annotated[
        str | None, typer.Option("--to", metavar="TABLE", help="Another table; without it, contacts.")
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Where rows name rows of that table; else as its unique field."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the rows of a table belong to contacts or to rows of another table, or name rows of a flat one."""
    from postroom.store import relational

    with _at(ctx, account, data) as at:
        other = at.table(to) if to is not None else None
        changed = relational.add_foreign_key(
            at.connection, at.account_id, at.table(table), other, column=column, now=at.now
        )
    _show(changed, as_json=as_json)


@app.command()
def activate(
    ctx: typer.Context,
    account: AccountArgument,
    table: TableArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a table to rows, once it has a unique field and says whose its rows are."""
    _set_state(ctx, account, table, data, active=True, as_json=as_json)


@app.command()
def deactivate(
    ctx: typer.Context,
    account: AccountArgument,
    table: TableArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close a table to files and calls; its rows stay."""
    _set_state(ctx, account, table, data, active=False, as_json=as_json)


@app.command()
def clear(
    ctx: typer.Context,
    account: AccountArgument,
    table: TableArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete all rows of a table and of the tables whose rows belong to them."""
    from postroom.store import relational, relational_rows

    with _at(ctx, account, data) as at:
        tables = relational.tables_of_account(at.connection, at.account_id)
        found = at.table(table)
        gone = relational_rows.clear_table(at.connection, at.account_id, found, tables)
    _say_gone(found, gone, "cleared", as_json=as_json)


@app.command()
def delete(
    ctx: typer.Context,
    account: AccountArgument,
    table: TableArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a table with its rows and what they own; tables that pointed to it are pending then."""
    from postroom.store import relational

    with _at(ctx, account, data) as at:
        found = at.table(table)
        gone = relational.delete_table(at.connection, at.account_id, found, now=at.now)
    _say_gone(found, gone, "deleted", as_json=as_json)


@app.command()
def rows(
    ctx: typer.Context,
    account: AccountArgument,
    table: TableArgument,
    contact: Annotated[int | None, typer.Option(metavar="ID", help="Only those of this contact.")] = None,
    key: Annotated[str | None, typer.Option(metavar="TEXT", help="Only the one of this key.")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most rows to show.")] = 1000,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show rows of a table, by their keys."""
    from postroom.contacts.tables import row_values
    from postroom.store import accounts, relational, relational_rows

    wanted = relational_rows.RowsWanted(contact, key)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = relational.table_named(connection, owner, table)
        read = relational_rows.read_rows(connection, owner, found, wanted, limit=limit)
        count = relational_rows.count_rows(connection, owner, found, wanted)
    plain: list[dict[str, Any]] = [
        {
            "contact_id": row.contact_id,
            "values": row_values(found, row.row_key, row.owner_key, row.cells),
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }
        for row in read
    ]
    if as_json:
        print_json(plain)
        return
    names = [each.name for each in found.fields]
    names += [each.column for each in found.foreign_keys if each.column]
    lines = [
        {"contact": row["contact_id"], **{name: row["values"].get(name) for name in names}} for row in plain
    ]
    print_table({"contact": "Contact", **{name: name for name in names}}, lines, empty="It has no such row.")
    if count > len(read):
        say(f"… and {count - len(read)} more (--limit N shows more).")


def _set_state(
    ctx: typer.Context, account: str, table: str, data: Path | None, *, active: bool, as_json: bool
) -> None:
    from postroom.store import relational

    with _at(ctx, account, data) as at:
        changed = relational.set_state(
            at.connection, at.account_id, at.table(table), active=active, now=at.now
        )
    _show(changed, as_json=as_json)


def _type(text: str) -> tuple[FieldType, int | None]:
    """Read the type of a field, with a length in parentheses or without."""
    found = _TYPE.fullmatch(text)
    if not found:
        raise Refused(
            f"'{text}' is no type: it is string, string(LENGTH), number, float or date.", code="BAD_TYPE"
        )
    return FieldType(found[1]), int(found[2]) if found[2] else None


def _say_gone(table: Table, gone: int, done: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"table": table.name, "rows": gone})
    else:
        say(f"{table.name} is {done}: {gone} rows are gone.")


def _show(table: Table, *, as_json: bool, rows: int | None = None) -> None:
    plain = _plain(table)
    if rows is not None:
        plain["rows"] = rows
    if as_json:
        print_json(plain)
        return
    facts = {**plain, "fields": None, "foreign_keys": None}
    facts["belongs to"] = [_pointing(key) for key in plain["foreign_keys"] if key["owning"]] or None
    facts["names rows of"] = [_pointing(key) for key in plain["foreign_keys"] if not key["owning"]] or None
    print_facts(facts)
    say("")
    print_table(_FIELD_COLUMNS, plain["fields"], empty="It has no field yet.")


def _pointing(key: dict[str, Any]) -> str:
    return f"{key['table']} by {key['column']}" if key["table"] else "contacts"


def _plain(table: Table) -> dict[str, Any]:
    return {
        "id": table.table_id,
        "name": table.name,
        "kind": table.kind.value,
        "state": table.state.value,
        "description": table.description,
        "may_clear": table.may_clear,
        "fields": [
            {
                "name": each.name,
                "type": each.type.value,
                "length": each.length,
                "unique": each.is_unique,
                "active": each.active,
            }
            for each in table.fields
        ],
        "foreign_keys": [
            {"table": each.table, "column": each.column, "owning": each.owning} for each in table.foreign_keys
        ],
        "created_at": table.created_at,
        "updated_at": table.updated_at,
    }
