"""`postroom dkim …`: the keys that sign an account's mails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_json, print_table, say
from postroom.contacts.errors import Missing, Refused

if TYPE_CHECKING:
    from postroom.store.dkim_keys import DkimKey

app = typer.Typer(help="DKIM: the keys that sign an account's mails.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]
DomainArgument = Annotated[
    str, typer.Argument(metavar="DOMAIN", help="The domain of the sender, such as shop.example.com.")
]
SelectorOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="What tells the keys of a domain apart.")
]

_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


@app.command()
def create(
    ctx: typer.Context,
    account: AccountArgument,
    domain: DomainArgument,
    selector: SelectorOption = None,
    ed25519: Annotated[
        bool, typer.Option("--ed25519", help="Ed25519 instead of RSA: beside an RSA key, as not all know it.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key for a domain and print the record for its DNS.

    From then on mails whose sender is at the domain, or below it, are signed; publish the record first. The
    newest key of each kind signs.
    """
    from postroom.sending.mail.dkim_keys import KeyKind, new_key
    from postroom.store import accounts, dkim_keys

    name = _domain(domain)
    made = new_key(KeyKind.ED25519 if ed25519 else KeyKind.RSA)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        account_id = accounts.account_by_name(connection, account).account_id
        now = postroom.room.clock()
        chosen = _selector(selector or f"pr{now:%Y%m}{'e' if ed25519 else ''}")
        key = dkim_keys.DkimKey(name, chosen, made.kind.value, made.public_key, now)
        dkim_keys.add_dkim_key(connection, postroom.room.sealer, account_id, key, made.secret)
    _show(key, as_json=as_json)


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List an account's keys; never their secret halves."""
    rows = [_plain(key) for key in _keys(ctx, data, account)]
    if as_json:
        print_json(rows)
        return
    columns = {"domain": "Domain", "selector": "Selector", "kind": "Kind", "created_at": "Made"}
    print_table(columns, rows, empty=f"Account {account} has no key: its mails are not signed.")


@app.command()
def show(
    ctx: typer.Context,
    account: AccountArgument,
    domain: DomainArgument,
    selector: SelectorOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the record of a key for the DNS, of the newest one unless another is named."""
    wanted = _domain(domain)
    for key in _keys(ctx, data, account):
        if key.domain == wanted and selector in {None, key.selector}:
            _show(key, as_json=as_json)
            return
    raise Missing(f"The account has no such key of {wanted}.", code="NO_KEY")


@app.command()
def remove(
    ctx: typer.Context,
    account: AccountArgument,
    domain: DomainArgument,
    selector: Annotated[str, typer.Argument(metavar="SELECTOR", help="Which key.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a key for good; leave its record in the DNS for a week, for mails that are on their way."""
    from postroom.store import accounts, dkim_keys

    wanted = _domain(domain)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        account_id = accounts.account_by_name(connection, account).account_id
        dkim_keys.remove_dkim_key(connection, account_id, wanted, selector)
    if as_json:
        print_json({"domain": wanted, "selector": selector})
    else:
        say(f"The key {selector} of {wanted} is gone.")


def _keys(ctx: typer.Context, data: Path | None, account: str) -> list[DkimKey]:
    from postroom.store import accounts, dkim_keys

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        account_id = accounts.account_by_name(connection, account).account_id
        return dkim_keys.dkim_keys_of_account(connection, account_id)


def _show(key: DkimKey, *, as_json: bool) -> None:
    from postroom.sending.mail.dkim_keys import record_strings

    plain = _plain(key)
    if as_json:
        print_json(plain)
        return
    strings = " ".join(f'"{string}"' for string in record_strings(plain["record"]))
    say(f"{plain['name']}. IN TXT {strings}")


def _plain(key: DkimKey) -> dict[str, Any]:
    from postroom.sending.mail.dkim_keys import KeyKind, record_name, record_value

    return {
        "domain": key.domain,
        "selector": key.selector,
        "kind": key.kind,
        "name": record_name(key.domain, key.selector),
        "record": record_value(KeyKind(key.kind), key.public_key),
        "created_at": key.created_at,
    }


def _domain(text: str) -> str:
    """Return a domain as the DNS has it; raise Refused when it is none."""
    try:
        name = text.strip().rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise Refused(f"'{text}' is no domain such as shop.example.com.", code="BAD_DOMAIN")
    return name


def _selector(text: str) -> str:
    if len(text) > 63 or not _SELECTOR.fullmatch(text):
        raise Refused(
            f"'{text}' is no selector: it has small letters, digits, hyphens and full stops, at most 63.",
            code="BAD_SELECTOR",
        )
    return text
