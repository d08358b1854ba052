"""`postroom client …`: programs that use the API, and the keys that sign their tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from postroom.cli.calls import AccountOption, DataOption, JsonOption, opened
from postroom.cli.output import print_json, print_table, say
from postroom.contacts.errors import Refused

app = typer.Typer(help="Clients of the API: programs with an id and a secret.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The client's name.")]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


@app.command()
def create(
    ctx: typer.Context,
    name: NameArgument,
    account: AccountOption,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", metavar="SCOPE", help="What it may do, everything without it; may be repeated."
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a client of an account; its id and secret are shown this once."""
    from postroom.store import accounts, clients
    from postroom.store.credentials import hash_secret, new_secret

    if not _NAME.fullmatch(name):
        raise Refused(
            "A client's name has 1 to 64 letters, digits and . _ @ + -, and starts with a letter or digit.",
            code="BAD_NAME",
        )
    scopes = _scopes(scope)
    secret = new_secret()
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        client_id = clients.create_client(
            connection,
            name=name,
            account_id=accounts.account_by_name(connection, account).account_id,
            secret_hash=hash_secret(secret),
            scopes=scopes,
            now=postroom.room.clock(),
        )
    if as_json:
        shown = {"client_id": client_id, "client_secret": secret}
        print_json({"name": name, "account": account, "scopes": scopes, **shown})
        return
    say(f"Client {name} of account {account} is made.")
    _say_secret(client_id, secret)


@app.command("list")
def list_(
    ctx: typer.Context,
    account: Annotated[
        str | None, typer.Option("--account", metavar="NAME", help="Only this account's.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the clients of all accounts, or of one."""
    from postroom.store import accounts, clients

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id if account is not None else None
        rows = [
            {
                "name": found.name,
                "account": found.account_name,
                "client_id": found.client_id,
                "scopes": found.scopes if as_json else " ".join(found.scopes),
                "enabled": found.enabled,
                "created_at": found.created_at,
            }
            for found in clients.all_clients(connection, owner)
        ]
    if as_json:
        print_json(rows)
        return
    columns = {
        "name": "Client",
        "account": "Account",
        "client_id": "Id",
        "scopes": "Scopes",
        "enabled": "Enabled",
        "created_at": "Created",
    }
    print_table(
        columns, rows, empty="There is no client yet. Make one: postroom client create NAME --account ACCOUNT"
    )


@app.command()
def disable(
    ctx: typer.Context, name: NameArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Switch a client off; its tokens stop working within seconds."""
    _switch(ctx, name, data, enabled=False, as_json=as_json)


@app.command()
def enable(
    ctx: typer.Context, name: NameArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Switch a client on again; so are those of its tokens that have not expired."""
    _switch(ctx, name, data, enabled=True, as_json=as_json)


@app.command()
def secret(
    ctx: typer.Context, name: NameArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Give a client a new secret, shown this once; the old one and its tokens stop working."""
    from postroom.store import clients
    from postroom.store.credentials import hash_secret, new_secret

    made = new_secret()
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        client_id = clients.set_secret_hash(connection, name, hash_secret(made))
    if as_json:
        print_json({"name": name, "client_id": client_id, "client_secret": made})
        return
    say(f"Client {name} has a new secret.")
    _say_secret(client_id, made)


@app.command()
def remove(
    ctx: typer.Context, name: NameArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Remove a client for good; its tokens stop working within seconds."""
    from postroom.store import clients

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        clients.remove_client(connection, name)
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        say(f"Client {name} is removed.")


@app.command("rotate-keys")
def rotate_keys(
    ctx: typer.Context,
    end_tokens: Annotated[
        bool, typer.Option("--end-tokens", help="Let no token of an older key work any longer.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a new key sign the tokens of all clients; tokens of the old one stay good until they expire."""
    from postroom.store import signing

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        key_id = signing.rotate_keys(
            connection, postroom.room.sealer, postroom.room.clock(), end_tokens=end_tokens
        )
    if as_json:
        print_json({"key_id": key_id, "tokens_ended": end_tokens})
        return
    say(f"Tokens are signed by key {key_id} from now on.")
    if end_tokens:
        say("Within half a minute no older token works.")


def _switch(ctx: typer.Context, name: str, data: Path | None, *, enabled: bool, as_json: bool) -> None:
    from postroom.store import clients

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        clients.set_enabled(connection, name, enabled=enabled)
    if as_json:
        print_json({"name": name, "enabled": enabled})
    else:
        say(f"Client {name} is switched {'on' if enabled else 'off'}.")


def _scopes(given: list[str] | None) -> list[str]:
    from postroom.store.clients import BASIC, SCOPES

    unknown = [scope for scope in given or () if scope not in SCOPES]
    if unknown:
        raise Refused(
            f"There is no scope '{unknown[0]}'. There are: {', '.join(SCOPES)}.", code="UNKNOWN_SCOPE"
        )
    return list(dict.fromkeys(given or [BASIC]))


def _say_secret(client_id: str, secret: str) -> None:
    say(f"client_id: {client_id}")
    say(f"client_secret, shown this once: {secret}")
