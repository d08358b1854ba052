"""`postroom realm …`: under which names accounts log in with command batches, their passwords and clients."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from postroom.store.accounts import Account
    from postroom.store.database import Connection

app = typer.Typer(help="Realms: how accounts log in with command batches.")
clients = typer.Typer(help="Clients of a realm: programs with a password and an authorization of their own.")
app.add_typer(clients, name="client", no_args_is_help=True)

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account that has the realm.")]
ClientArgument = Annotated[str, typer.Argument(metavar="NAME", help="The client's name.")]


@app.command("list")
def list_(ctx: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the realms of all accounts; never their passwords."""
    from postroom.store import realms

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        rows = [
            {
                "realm": realm.name,
                "account": realm.account_name,
                "parent": realm.parent_name,
                "has_password": realm.has_password,
                "clients": realm.clients,
            }
            for realm in realms.all_realms(connection)
        ]
    if as_json:
        print_json(rows)
        return
    columns = {
        "realm": "Realm",
        "account": "Account",
        "parent": "Child of",
        "has_password": "Password",
        "clients": "Clients",
    }
    empty = "There is no realm yet. Give an account one: postroom account set ACCOUNT realm=NAME"
    print_table(columns, rows, empty=empty)


@app.command()
def password(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Make a realm's password, shown this once; files that have the older one are refused."""
    from postroom.store import realms

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = _account(connection, account)
        secret = realms.new_password(connection, owner)
        realm = _realm_name(connection, owner)
    if as_json:
        print_json({"realm": realm, "password": secret})
        return
    say(f"realm: {realm}")
    say(f"password, shown this once: {secret}")


@clients.command()
def create(
    ctx: typer.Context,
    account: AccountArgument,
    name: ClientArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a client of a realm, of four at the most; its password and authorization are shown this once."""
    from postroom.contacts.realms import checked_name

    _make_secrets(ctx, data, account, checked_name(name, "client"), new=True, as_json=as_json)


@clients.command()
def regenerate(
    ctx: typer.Context,
    account: AccountArgument,
    name: ClientArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a client another password and authorization, shown this once; files with the older are refused."""
    _make_secrets(ctx, data, account, name, new=False, as_json=as_json)


@clients.command()
def delete(
    ctx: typer.Context,
    account: AccountArgument,
    name: ClientArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a client of a realm for good; its files are refused from now on."""
    from postroom.store import realms

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        realms.delete_client(connection, _account(connection, account), name)
    if as_json:
        print_json({"account": account, "client": name, "deleted": True})
    else:
        say(f"Client {name} of account {account}'s realm is deleted.")


@clients.command("list")
def list_clients(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the clients of a realm; never their secrets."""
    from postroom.store import realms

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = _account(connection, account)
        found = realms.clients_of(connection, owner.account_id)
    rows = [{"client": client.name, "created_at": client.created_at} for client in found]
    if as_json:
        print_json(rows)
        return
    empty = f"The realm has no clients. Make one: postroom realm client create {account} NAME"
    print_table({"client": "Client", "created_at": "Created"}, rows, empty=empty)


def settle_realm(
    connection: Connection, account: Account, name: str | None, parent: str | None, *, now: datetime
) -> None:
    """Give an account a realm (`name`) and a parent's account, take away what is empty, leave what is None.

    Raises Refused when the account cannot have a realm, which is asked in any case.
    """
    from postroom.contacts.realms import checked_name
    from postroom.store import accounts, realms

    if name:
        realms.set_realm(connection, account, checked_name(name, "realm"), now=now)
    elif name is not None:
        realms.remove_realm(connection, account.account_id)
    if parent is not None:
        above = accounts.account_by_name(connection, parent) if parent else None
        realms.set_parent(connection, account, above)
    realms.check_realm(connection, account)


def plain_realm(connection: Connection, account: Account) -> dict[str, Any]:
    """Return an account's realm and its parent's as plain values; None where there is none."""
    from postroom.store import realms

    realm = realms.realm_of(connection, account.account_id)
    return {"realm": realm.name if realm else None, "parent": realm.parent_name if realm else None}


def _make_secrets(
    ctx: typer.Context, data: Path | None, account: str, name: str, *, new: bool, as_json: bool
) -> None:
    from postroom.store import realms

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = _account(connection, account)
        if new:
            made = realms.create_client(connection, owner, name, now=postroom.room.clock())
        else:
            made = realms.regenerate_client(connection, owner, name)
        realm = _realm_name(connection, owner)
    if as_json:
        print_json({"realm": realm, "client": name, "password": made[0], "client_auth": made[1]})
        return
    say(f"realm: {realm}")
    say(f"api_client: {name}")
    say(f"password, shown this once: {made[0]}")
    say(f"client_auth, shown this once: {made[1]}")


def _account(connection: Connection, name: str) -> Account:
    from postroom.store import accounts

    return accounts.account_by_name(connection, name)


def _realm_name(connection: Connection, account: Account) -> str:
    return str(plain_realm(connection, account)["realm"])
