"""`postroom list …`: lists and who is on them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import AccountOption, DataOption, JsonOption, opened
from postroom.cli.contacts import plain_contact
from postroom.cli.output import print_facts, print_json, print_table, say

if TYPE_CHECKING:
    from postroom.store.lists import CountedList

app = typer.Typer(help="Lists and who is on them.")

_CONTACT_COLUMNS = {
    "id": "Id",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "phone": "Phone",
    "mobile": "Mobile",
    "reference": "Reference",
}

_FACTS = {"members": "contacts", "created_at": "created", "updated_at": "updated", "last_drop": "last drop"}


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountOption, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the lists of an account."""
    from postroom.store import accounts, lists

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        rows = [_plain(owner, each) for each in lists.lists_of_account(connection, owner)]
    if as_json:
        print_json(rows)
        return
    columns = {
        "name": "Name",
        "id": "Id",
        "members": "Contacts",
        "updated_at": "Updated",
        "last_drop": "Last drop",
    }
    print_table(columns, rows, empty=f"Account {account} has no list yet.")


@app.command()
def show(
    ctx: typer.Context,
    name_or_id: Annotated[str, typer.Argument(metavar="NAME_OR_ID", help="The newest list of that name.")],
    account: AccountOption,
    contacts: Annotated[bool, typer.Option("--contacts", help="Show who is on it as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most contacts to show.")] = 1000,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a list, and who is on it."""
    from postroom.store import accounts, custom_fields, lists

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = _plain(owner, lists.list_named(connection, owner, name_or_id))
        rows = lists.members(connection, owner, found["id"], limit=limit) if contacts else []
        own = custom_fields.names_of_columns(connection, owner)
    people = [plain_contact(row, own) for row in rows]
    if as_json:
        print_json({**found, "contacts": people} if contacts else found)
        return
    print_facts({_FACTS.get(key, key): value for key, value in found.items()})
    if contacts:
        say("")
        print_table(_CONTACT_COLUMNS, people, empty="Nobody is on it.")
        _say_rest(found["members"] - len(people))


@app.command()
def template(
    ctx: typer.Context,
    name_or_id: Annotated[str, typer.Argument(metavar="NAME_OR_ID", help="The newest list of that name.")],
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="A template by name or id, or none.")],
    account: AccountOption,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what launches by command batch to a list have that name no template; `none` for nothing."""
    from datetime import UTC, datetime

    from postroom.cli.campaigns import template_id
    from postroom.store import accounts, lists

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = lists.list_named(connection, owner, name_or_id)
        wanted = None if template == "none" else template_id(connection, owner, template)
        lists.set_list_template(connection, owner, found.list_id, wanted, now=datetime.now(UTC))
    if as_json:
        print_json({"id": found.list_id, "name": found.name, "template_id": wanted})
    else:
        say(f"List {found.name} has {'no template' if wanted is None else f'template {wanted}'}.")


def _say_rest(count: int) -> None:
    if count > 0:
        say(f"… and {count} more (--limit N shows more).")


def _plain(account_id: int, each: CountedList) -> dict[str, Any]:
    plain = asdict(each)
    plain["id"] = plain.pop("list_id")
    drop_id = plain.pop("last_drop_id")
    plain["last_drop"] = f"{account_id}-{drop_id}" if drop_id else None
    return plain
