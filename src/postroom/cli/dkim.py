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
SelectorArgument = Annotated[str, typer.Argument(metavar="SELECTOR", help="Which key.")]
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
    at_once: Annotated[
        bool,
        typer.Option("--now", help="Sign from now on, though nobody can check that before it is published."),
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key for a domain and print the record for its DNS.

    The key waits until it is activated. Then mails whose sender is at the domain, or below it, are signed.
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
        if at_once:
            dkim_keys.activate_dkim_key(connection, account_id, name, chosen, now)
        keys = dkim_keys.dkim_keys_of_account(connection, account_id)
    _show(account, _named(keys, name, chosen), as_json=as_json)


@app.command()
def activate(
    ctx: typer.Context,
    account: AccountArgument,
    domain: DomainArgument,
    selector: SelectorArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a key sign, once its record is in the DNS, instead of the one of its kind that did."""
    from postroom.store import accounts, dkim_keys

    wanted = _domain(domain)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        account_id = accounts.account_by_name(connection, account).account_id
        dkim_keys.activate_dkim_key(connection, account_id, wanted, selector, postroom.room.clock())
        keys = dkim_keys.dkim_keys_of_account(connection, account_id)
    if as_json:
        print_json(_plain(_named(keys, wanted, selector)))
    else:
        say(f"The key {selector} of {wanted} signs from now on.")


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List an account's keys and which of them sign; never their secret halves."""
    rows = [_plain(key) for key in _keys(ctx, data, account)]
    if as_json:
        print_json(rows)
        return
    columns = {
        "domain": "Domain",
        "selector": "Selector",
        "kind": "Kind",
        "state": "State",
        "created_at": "Made",
        "activated_at": "Activated",
    }
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
    _show(account, _named(_keys(ctx, data, account), _domain(domain), selector), as_json=as_json)


@app.command()
def remove(
    ctx: typer.Context,
    account: AccountArgument,
    domain: DomainArgument,
    selector: SelectorArgument,
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


def _named(keys: list[DkimKey], domain: str, selector: str | None) -> DkimKey:
    """Return a key of a domain, the newest unless one is named; raise Missing when there is none."""
    for key in keys:
        if key.domain == domain and selector in {None, key.selector}:
            return key
    raise Missing(f"The account has no such key of {domain}.", code="NO_KEY")


def _show(account: str, key: DkimKey, *, as_json: bool) -> None:
    from postroom.sending.mail.dkim_keys import record_strings
    from postroom.store.dkim_keys import KeyState

    plain = _plain(key)
    if as_json:
        print_json(plain)
        return
    strings = " ".join(f'"{string}"' for string in record_strings(plain["record"]))
    if key.state is KeyState.WAITING:  # as a comment of a zone file, so that all of it can be pasted there
        command = f"postroom dkim activate {account} {key.domain} {key.selector}"
        say(f"; This key waits. Once the record is in the DNS: {command}")
    say(f"{plain['name']}. IN TXT {strings}")


def _plain(key: DkimKey) -> dict[str, Any]:
    from postroom.sending.mail.dkim_keys import KeyKind, record_name, record_value

    return {
        "domain": key.domain,
        "selector": key.selector,
        "kind": key.kind,
        "name": record_name(key.domain, key.selector),
        "record": record_value(KeyKind(key.kind), key.public_key),
        "state": key.state,
        "created_at": key.created_at,
        "activated_at": key.activated_at,
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
