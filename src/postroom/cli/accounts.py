"""`postroom account …`: who owns contacts and lists, and how their files are read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli import pgp
from postroom.cli.calls import DataOption, JsonOption, opened, operator
from postroom.cli.criteria import (
    EXIT_PARKED,
    IDENTIFYING,
    change_in_line,
    changes,
    plain_change,
    sentence,
    settled,
    tell_preview,
)
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.cli.realms import plain_realm, settle_realm
from postroom.contacts.errors import Refused

if TYPE_CHECKING:
    from postroom.app.bootstrap import Postroom
    from postroom.store.accounts import Account
    from postroom.store.criteria import CriterionChange

app = typer.Typer(help="Accounts and their settings.")
app.add_typer(pgp.app, name="pgp")
app.command()(changes)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]
ParentOption = Annotated[
    str | None,
    typer.Option("--parent", metavar="ACCOUNT", help="Whose realm may name this one's; empty for nobody's."),
]

REALM = "realm"
"""Given like a setting, but a row of its own: no two accounts may have the same."""

_NAME = re.compile(r"\S(?:[^\x00-\x1f\x7f]{0,98}\S)?")


@app.command()
def create(
    ctx: typer.Context,
    name: NameArgument,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting; may be repeated.")
    ] = None,
    parent: ParentOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account."""
    from postroom.contacts.settings import AccountSettings
    from postroom.store import accounts

    if not _NAME.fullmatch(name) or not name.isprintable():
        raise Refused("An account's name has 1 to 100 printable characters.", code="BAD_NAME")
    given = assignments(settings or [])
    realm = given.pop(REALM, None)
    chosen = AccountSettings().changed(given)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        now = postroom.room.clock()
        account = accounts.create_account(connection, name=name, settings=chosen, now=now)
        settle_realm(connection, account, realm, parent, now=now)
        shown = {**_plain(account), **plain_realm(connection, account)}
    if as_json:
        print_json(shown)
    else:
        say(f"Account {name} is made. Next: postroom login create USER --account {name}")


@app.command("set")
def set_(
    ctx: typer.Context,
    name: NameArgument,
    settings: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="What to change.")
    ] = None,
    parent: ParentOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell which contacts another criterion would merge.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until another criterion holds.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change an account's settings.

    Files that are processed from now on follow them. Another criterion waits in line behind the files that
    came before; contacts that are one by it are merged.
    """
    from postroom.store import accounts

    given = assignments(settings or [])
    if not given and parent is None:
        raise Refused("Say what to change: KEY=VALUE or --parent ACCOUNT.", code="BAD_SETTING")
    with opened(ctx, data) as postroom:
        if dry_run:
            given.pop(REALM, None)
            tell_preview(postroom, name, given, as_json=as_json)
            return
        account, change = _changed(postroom, name, given, parent)
        if change is not None and wait:
            change = settled(postroom, change)
        with postroom.database.transaction() as connection:
            account = accounts.account_by_id(connection, account.account_id)
            realm = plain_realm(connection, account)
    if as_json:
        told = plain_change(change) if change else None
        print_json({**_plain(account), **realm, "criterion_change": told})
    else:
        print_facts({**_settings_facts(account), **realm})
        if change is not None:
            say(sentence(account, change))
    if wait and change is not None and change.state == "parked":
        raise typer.Exit(EXIT_PARKED)


def _changed(
    postroom: Postroom, name: str, assigned: Mapping[str, str], parent: str | None
) -> tuple[Account, CriterionChange | None]:
    """Change settings and realm at once and the criterion in its turn, all or, when one is wrong, none."""
    from postroom.drops.criteria import ask_criterion
    from postroom.store import accounts

    given = {key: text for key, text in assigned.items() if key != REALM}
    with postroom.database.transaction() as connection:
        account = accounts.account_by_name(connection, name)
        wanted = account.settings.changed(given)
        change = None
        if IDENTIFYING & given.keys():
            change = ask_criterion(
                postroom.room, connection, account, wanted.criterion, wanted.match, by_whom=operator()
            )
        held = accounts.hold_settings(connection, account.account_id)
        others = {key: text for key, text in given.items() if key not in IDENTIFYING}
        changed = held.settings.changed(others)
        accounts.update_settings(connection, account.account_id, changed)
        account = replace(held, settings=changed)
        settle_realm(connection, account, assigned.get(REALM), parent, now=postroom.room.clock())
        return account, change


@app.command()
def show(
    ctx: typer.Context, name: NameArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Show an account: its settings, and how much it holds."""
    from postroom.store import accounts, contacts, lists, logins

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        account = accounts.account_by_name(connection, name)
        held = {
            "contacts": contacts.count_contacts(connection, account.account_id),
            "lists": len(lists.lists_of_account(connection, account.account_id)),
            "logins": len(logins.all_logins(connection, account.account_id)),
        }
        realm = plain_realm(connection, account)
        change = change_in_line(connection, account)
    if as_json:
        told = plain_change(change) if change else None
        print_json({**_plain(account), **realm, **held, "criterion_change": told})
    else:
        identity = {"name": account.name, "id": account.account_id, "created": account.created_at}
        print_facts({**identity, **realm, **held, **_settings_facts(account)})
        if change is not None:
            say(sentence(account, change))


@app.command("list")
def list_(ctx: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the accounts."""
    from postroom.store import accounts

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        rows = [_plain(account) for account in accounts.all_accounts(connection)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row["criterion"] = row["settings"]["criterion"]
    columns = {"name": "Name", "id": "Id", "criterion": "Criterion", "created_at": "Created"}
    print_table(columns, rows, empty="There is no account yet. Make one: postroom account create NAME")


def assignments(texts: Sequence[str]) -> dict[str, str]:
    """Read KEY=VALUE texts; the last of a key wins. Raises Refused on a text without `=`."""
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise Refused(f"'{text}' is no setting; write KEY=VALUE.", code="BAD_SETTING")
        found[key.strip()] = value
    return found


def _plain(account: Account) -> dict[str, Any]:
    return {
        "id": account.account_id,
        "name": account.name,
        "created_at": account.created_at,
        "settings": account.settings.as_json(),
    }


def _settings_facts(account: Account) -> Mapping[str, object]:
    facts = account.settings.as_json()
    facts.pop("labels")
    facts["separator"] = "tab" if account.settings.separator == "\t" else account.settings.separator
    return {**facts, **account.settings.labels}
