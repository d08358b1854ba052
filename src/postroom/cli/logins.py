"""`postroom login …`: who connects, with which password or keys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from postroom.cli.calls import AccountOption, DataOption, JsonOption, opened
from postroom.cli.output import print_json, print_table, say
from postroom.cli.passwords import password_from_stdin
from postroom.cli.public_keys import PublicKey, read_public_keys
from postroom.contacts.errors import Refused

if TYPE_CHECKING:
    from postroom.store.database import Connection

app = typer.Typer(help="Logins: who connects to an account.")

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="The login's name.")]
PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from one line of standard input.")
]
KeyOption = Annotated[
    list[Path] | None,
    typer.Option("--key", metavar="FILE", help="A file with OpenSSH public keys; may be repeated."),
]

MIN_PASSWORD_CHARACTERS = 8
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


@app.command()
def create(
    ctx: typer.Context,
    user: UserArgument,
    account: AccountOption,
    password_stdin: PasswordOption = False,
    key: KeyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a login.

    Without --password-stdin and without --key a random password is made, and shown this once.
    """
    from postroom.store import accounts, logins
    from postroom.store.credentials import hash_password, new_secret

    if not _NAME.fullmatch(user):
        raise Refused(
            "A login's name has 1 to 64 letters, digits and . _ @ + -, and starts with a letter or digit.",
            code="BAD_NAME",
        )
    keys = [public for path in key or [] for public in read_public_keys(path)]
    given = password_from_stdin(least=MIN_PASSWORD_CHARACTERS) if password_stdin else None
    generated = new_secret() if given is None and not keys else None
    password = given or generated
    password_hash = hash_password(password) if password else None
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        logins.create_login(
            connection,
            login=user,
            account_id=owner.account_id,
            password_hash=password_hash,
            now=postroom.room.clock(),
        )
        fingerprints = _add_keys(connection, user, keys)
    if as_json:
        print_json({"login": user, "account": account, "password": generated, "keys": fingerprints})
        return
    say(f"Login {user} of account {account} is made.")
    _say_password(generated)
    for fingerprint in fingerprints:
        say(f"Key {fingerprint}")


@app.command("list")
def list_(
    ctx: typer.Context,
    account: Annotated[
        str | None, typer.Option("--account", metavar="NAME", help="Only this account's.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the logins of all accounts, or of one."""
    from postroom.store import accounts, logins

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id if account is not None else None
        rows = [
            {
                "login": found["login"],
                "account": found["account_name"],
                "enabled": found["enabled"],
                "password": found["has_password"],
                "keys": found["keys"],
                "created_at": found["created_at"],
            }
            for found in logins.all_logins(connection, owner)
        ]
    if as_json:
        print_json(rows)
        return
    columns = {
        "login": "Login",
        "account": "Account",
        "enabled": "Enabled",
        "password": "Password",
        "keys": "Keys",
        "created_at": "Created",
    }
    print_table(
        columns, rows, empty="There is no login yet. Make one: postroom login create USER --account NAME"
    )


@app.command()
def disable(
    ctx: typer.Context, user: UserArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Switch a login off.

    What its open sessions still send is refused.
    """
    _switch(ctx, user, data, enabled=False, as_json=as_json)


@app.command()
def enable(
    ctx: typer.Context, user: UserArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Switch a login on again."""
    _switch(ctx, user, data, enabled=True, as_json=as_json)


@app.command()
def password(
    ctx: typer.Context,
    user: UserArgument,
    password_stdin: PasswordOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set a new password.

    It is the one on standard input, else a random one that is shown this once.
    """
    from postroom.store import logins
    from postroom.store.credentials import hash_password, new_secret

    generated = None if password_stdin else new_secret()
    password_hash = hash_password(generated or password_from_stdin(least=MIN_PASSWORD_CHARACTERS))
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        logins.set_password_hash(connection, user, password_hash)
    if as_json:
        print_json({"login": user, "password": generated})
        return
    say(f"Login {user} has a new password.")
    _say_password(generated)


def _switch(ctx: typer.Context, user: str, data: Path | None, *, enabled: bool, as_json: bool) -> None:
    from postroom.store import logins

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        logins.set_enabled(connection, user, enabled=enabled)
    if as_json:
        print_json({"login": user, "enabled": enabled})
    else:
        say(f"Login {user} is switched {'on' if enabled else 'off'}.")


def _add_keys(connection: Connection, user: str, keys: Sequence[PublicKey]) -> list[str]:
    from postroom.store import logins
    from postroom.store.credentials import key_fingerprint

    fingerprints = []
    for key in keys:
        fingerprints.append(key_fingerprint(key.blob))
        logins.add_key(connection, user, fingerprint=fingerprints[-1], public_key=key.line)
    return fingerprints


def _say_password(generated: str | None) -> None:
    if generated is not None:
        say(f"Password, shown this once: {generated}")
