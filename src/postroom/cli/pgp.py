"""`postroom account pgp …`: the keys with which an account's encrypted files are opened."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_json, print_table, say
from postroom.contacts.errors import Missing, Refused

if TYPE_CHECKING:
    from postroom.ingest.pgp_keys import KeyPair
    from postroom.store.pgp_keys import PublicPgpKey

app = typer.Typer(help="PGP keys that open an account's encrypted files.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]
KeyArgument = Annotated[
    str, typer.Argument(metavar="FINGERPRINT", help="The key's fingerprint, or the end of it.")
]

_MAX_BYTES = 1 << 20
_SHORTEST_END = 8


@app.command()
def generate(
    ctx: typer.Context,
    name: NameArgument,
    rsa: Annotated[
        bool, typer.Option("--rsa", help="RSA instead of Curve25519, for programs of before 2015.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key pair and print its public half, for the sender.

    Older keys of the account go on opening what was encrypted for them.
    """
    from postroom.ingest.pgp_keys import generate as make

    _keep(ctx, data, name, make(f"Postroom {name}", rsa=rsa), as_json=as_json)


@app.command("import")
def import_(
    ctx: typer.Context,
    name: NameArgument,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", allow_dash=True, help="The secret key, armoured or not; - reads it."),
    ],
    passphrase_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The key's passphrase, on the first line of a file.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take over a secret key that exists, as `gpg --export-secret-keys` writes it."""
    from postroom.ingest.pgp_keys import read_key

    passphrase = ""
    if passphrase_file is not None:
        passphrase = (_read(passphrase_file).decode("utf-8", "replace").splitlines() or [""])[0]
    _keep(ctx, data, name, read_key(_read(file), passphrase), as_json=as_json)


@app.command("list")
def list_(
    ctx: typer.Context, name: NameArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List an account's keys, newest first; never their secret halves."""
    rows = [_plain(key) for key in _keys(ctx, data, name)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row["key_ids"] = " ".join(row["key_ids"])
    columns = {
        "fingerprint": "Fingerprint",
        "key_ids": "Opens",
        "user_id": "User",
        "expires_at": "Expires",
        "created_at": "Added",
    }
    print_table(columns, rows, empty=f"There is no key yet. Make one: postroom account pgp generate {name}")


@app.command()
def export(
    ctx: typer.Context,
    name: NameArgument,
    fingerprint: Annotated[
        str | None, typer.Argument(metavar="FINGERPRINT", help="Which key; else the newest.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the public half of a key, for the sender."""
    key = _one(_keys(ctx, data, name), fingerprint or "")
    if as_json:
        print_json({**_plain(key), "public_key": key.public_key})
    else:
        _say_public(key)


@app.command()
def remove(
    ctx: typer.Context,
    name: NameArgument,
    fingerprint: KeyArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a key for good; what was encrypted for it can no longer be opened."""
    from postroom.store import accounts, pgp_keys

    if len(fingerprint) < _SHORTEST_END:
        raise Refused(f"Give at least the last {_SHORTEST_END} digits of the fingerprint.", code="BAD_KEY")
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        account_id = accounts.account_by_name(connection, name).account_id
        key = _one(pgp_keys.keys_of_account(connection, account_id), fingerprint)
        pgp_keys.remove_key(connection, account_id, key.fingerprint)
    if as_json:
        print_json(_plain(key))
    else:
        say(f"The key {key.fingerprint} of {name} is gone.")


def _keep(ctx: typer.Context, data: Path | None, name: str, pair: KeyPair, *, as_json: bool) -> None:
    from postroom.store import accounts, pgp_keys

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        account_id = accounts.account_by_name(connection, name).account_id
        key = pgp_keys.PublicPgpKey(
            fingerprint=pair.secret.fingerprint,
            key_ids=pair.key_ids,
            user_id=pair.user_id,
            public_key=pair.public_key,
            expires_at=pair.expires_at,
            created_at=postroom.room.clock(),
        )
        pgp_keys.add_key(connection, postroom.room.sealer, account_id, key, pair.secret)
    if as_json:
        print_json({**_plain(key), "public_key": key.public_key})
        return
    say(f"Key {key.fingerprint} opens files for {name}. Its public half, for the sender:")
    say("")
    _say_public(key)


def _say_public(key: PublicPgpKey) -> None:
    for line in key.public_key.splitlines():
        say(line)


def _keys(ctx: typer.Context, data: Path | None, name: str) -> list[PublicPgpKey]:
    from postroom.store import accounts, pgp_keys

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        account_id = accounts.account_by_name(connection, name).account_id
        return pgp_keys.keys_of_account(connection, account_id)


def _one(keys: list[PublicPgpKey], fingerprint: str) -> PublicPgpKey:
    """Return the newest key whose fingerprint ends so."""
    end = fingerprint.replace(" ", "").upper().removeprefix("0X")
    for key in keys:
        if key.fingerprint.endswith(end):
            return key
    raise Missing(f"The account has no PGP key{f' {end}' if end else ''}.", code="NO_KEY")


def _read(path: Path) -> bytes:
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(_MAX_BYTES)
        with path.open("rb") as file:
            return file.read(_MAX_BYTES)
    except OSError as failed:
        raise Refused(f"{path} cannot be read: {failed.strerror}.", code="BAD_KEY") from None


def _plain(key: PublicPgpKey) -> dict[str, Any]:
    return {
        "fingerprint": key.fingerprint,
        "key_ids": list(key.key_ids),
        "user_id": key.user_id,
        "expires_at": key.expires_at,
        "created_at": key.created_at,
    }
