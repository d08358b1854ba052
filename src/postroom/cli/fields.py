"""`postroom field …`: fields of an account's own making."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_json, print_table, say
from postroom.contacts.custom_fields import (
    MAX_DESCRIPTION_CHARACTERS,
    MAX_NAME_CHARACTERS,
    TYPE_NAMES,
    FieldType,
)
from postroom.contacts.errors import Conflict, Missing, PostroomError, Refused
from postroom.contacts.fields import EXTRA_FIELDS
from postroom.contacts.verdicts import Verdict, verdict_text

if TYPE_CHECKING:
    from postroom.ingest.custom_fields import CustomFields
    from postroom.store.custom_fields import CustomField
    from postroom.store.database import Connection

app = typer.Typer(help="Custom fields: what an account's contacts have beside the usual.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The field's name; case counts.")]

_KINDS: dict[Verdict, type[PostroomError]] = {
    Verdict.FIELD_EXISTS: Conflict,
    Verdict.TOO_MANY_FIELDS: Conflict,
    Verdict.NO_SUCH_FIELD: Missing,
}


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the custom fields of an account."""
    from postroom.ingest.custom_fields import CustomFields
    from postroom.store import accounts

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        rows = [_plain(field) for field in CustomFields(connection, owner.account_id).fields]
    if as_json:
        print_json(rows)
        return
    columns = {"name": "Name", "type": "Type", "description": "Description"}
    empty = f"There is no custom field yet. Make one: postroom field create {account} NAME"
    print_table(columns, rows, empty=empty)


@app.command()
def create(
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    kind: Annotated[
        str, typer.Option("--type", metavar="TYPE", help=f"One of {', '.join(TYPE_NAMES.values())}.")
    ] = TYPE_NAMES[FieldType.TEXT],
    description: Annotated[str, typer.Option("--description", metavar="TEXT", help="What it is for.")] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a custom field of an account, which command batches call custom_NAME."""
    numbers = {known: number for number, known in TYPE_NAMES.items()}
    if kind not in numbers:
        known = ", ".join(numbers)
        raise Refused(f"There is no type '{kind}'. There are: {known}.", code="BAD_FIELD_TYPE")

    def make(fields: CustomFields) -> Verdict | None:
        return fields.create(name, numbers[kind].value, description)

    _change(ctx, data, account, name, make)
    if as_json:
        print_json({"account": account, "name": name, "type": kind, "description": description})
    else:
        say(f"Contacts of {account} have a field {name} now; command batches call it custom_{name}.")


@app.command()
def delete(
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a custom field; what contacts have in it is out of reach from then on."""
    from postroom.outflow.activating import require_unused

    def make(fields: CustomFields) -> Verdict | None:
        return fields.delete(name)

    _change(ctx, data, account, name, make, check=require_unused)
    if as_json:
        print_json({"account": account, "name": name, "deleted": True})
    else:
        say(f"Contacts of {account} have no field {name} any more.")


def _change(
    ctx: typer.Context,
    data: Path | None,
    account: str,
    name: str,
    make: Callable[[CustomFields], Verdict | None],
    check: Callable[[Connection, int, str], None] | None = None,
) -> None:
    from postroom.ingest.custom_fields import CustomFields
    from postroom.store import accounts

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        accounts.lock_account_soon(connection, owner.account_id)
        if check is not None:
            check(connection, owner.account_id, name)
        verdict = make(CustomFields(connection, owner.account_id))
        if verdict is not None:
            raise _KINDS.get(verdict, Refused)(_words(verdict, name), code=verdict.value)


def _words(verdict: Verdict, name: str) -> str:
    if verdict is Verdict.BAD_ARGUMENT:
        return (
            f"A field's name has 1 to {MAX_NAME_CHARACTERS} printable characters, none of ^ & = , | \" < > ; "
            f"and its description {MAX_DESCRIPTION_CHARACTERS} at the most."
        )
    said = verdict_text(verdict, "en", str(len(EXTRA_FIELDS)) if verdict is Verdict.TOO_MANY_FIELDS else name)
    return f"{said[0].upper()}{said[1:]}."


def _plain(field: CustomField) -> dict[str, Any]:
    return {"name": field.name, "type": TYPE_NAMES[field.type], "description": field.description}
