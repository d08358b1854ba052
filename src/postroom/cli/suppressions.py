"""`postroom suppression …`: who is in quarantine or on the blacklist, by bounces, complaints or by hand."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_facts, print_json, print_table, say

if TYPE_CHECKING:
    from postroom.contacts.campaigns import SuppressionKind
    from postroom.sending.returns.by_hand import Hand
    from postroom.store.database import Connection
    from postroom.store.suppressions import Suppression

app = typer.Typer(help="Quarantine and blacklist: addresses that get no mails.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]
AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]

_COLUMNS = {
    "address": "Address",
    "kind": "List",
    "reason": "Reason",
    "bounces": "Bounces",
    "since_at": "Since",
    "until_at": "Until",
    "campaign_id": "Campaign",
}


class Kind(StrEnum):
    """The lists, the weakest first."""

    TEMPORARY = "temporary"
    LONG_TERM = "long_term"
    BLACKLIST = "blacklist"

    @property
    def stored(self) -> SuppressionKind:
        """Return the list as it is stored."""
        from postroom.contacts.campaigns import SuppressionKind

        return {
            Kind.TEMPORARY: SuppressionKind.QUARANTINE_TEMPORARY,
            Kind.LONG_TERM: SuppressionKind.QUARANTINE_LONG_TERM,
            Kind.BLACKLIST: SuppressionKind.BLACKLIST,
        }[self]


@app.command("list")
def list_(
    ctx: typer.Context,
    account: AccountArgument,
    kind: Annotated[Kind | None, typer.Option(help="Only those on this list.")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most addresses to show.")] = 100,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the addresses that get no mails of an account, in their order."""
    from postroom.contacts.channels import Channel
    from postroom.store import accounts, suppressions

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        now = postroom.room.clock()
        wanted = kind.stored if kind else None
        found = suppressions.read_suppressions(
            connection, owner, Channel.EMAIL, kind=wanted, limit=limit, now=now
        )
        counts = suppressions.count_suppressions(connection, owner, Channel.EMAIL, now=now)
    plain = [_plain(each) for each in found]
    if as_json:
        print_json(plain)
        return
    print_table(_COLUMNS, plain, empty=f"No address is in quarantine or blacklisted by account {account}.")
    count = counts.get(wanted, 0) if wanted else sum(counts.values())
    if count > len(found):
        say(f"… and {count - len(found)} more (--limit N shows more).")


@app.command()
def show(
    ctx: typer.Context,
    account: AccountArgument,
    address: AddressArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show on which list an address is, why and until when."""
    from postroom.sending.returns import by_hand
    from postroom.store import accounts

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = by_hand.read_suppression(connection, owner, address, now=postroom.room.clock())
    _show(found, as_json=as_json)


@app.command()
def add(
    ctx: typer.Context,
    account: AccountArgument,
    address: AddressArgument,
    kind: Annotated[Kind | None, typer.Option(help="The list; blacklist without it.")] = None,
    weeks: Annotated[
        int | None, typer.Option(min=1, max=520, metavar="N", help="How long a temporary quarantine lasts.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put an address on a list; a stronger list stays."""
    from postroom.sending.returns import by_hand
    from postroom.store.events import record_events

    wanted = kind or (Kind.TEMPORARY if weeks else Kind.BLACKLIST)
    with _by_hand(ctx, account, data) as (connection, hand):
        until_at = hand.now + timedelta(weeks=weeks) if weeks else None
        found, events = by_hand.suppress_by_hand(connection, hand, address, wanted.stored, until_at=until_at)
        record_events(connection, hand.account_id, events, now=hand.now)
    _show(found, as_json=as_json)


@app.command()
def remove(
    ctx: typer.Context,
    account: AccountArgument,
    address: AddressArgument,
    complaints: Annotated[bool, typer.Option("--complaints", help="Lift a complaint as well.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an address off its list, and lift the opt-out that its bounces or its complaint made."""
    from postroom.sending.returns import by_hand
    from postroom.store.events import record_events

    with _by_hand(ctx, account, data) as (connection, hand):
        events = by_hand.release_by_hand(connection, hand, address, complaints=complaints)
        record_events(connection, hand.account_id, events, now=hand.now)
    if as_json:
        print_json({"address": events[0].address, "removed": True})
        return
    say(f"{events[0].address} is on no list any more.")


@contextmanager
def _by_hand(ctx: typer.Context, account: str, data: Path | None) -> Iterator[tuple[Connection, Hand]]:
    from postroom.contacts.events import EventSource
    from postroom.sending.returns.by_hand import Hand
    from postroom.store import accounts

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        accounts.lock_account_soon(connection, owner)
        yield connection, Hand(owner, getpass.getuser(), "command", EventSource.UI, postroom.room.clock())


def _show(found: Suppression, *, as_json: bool) -> None:
    plain = _plain(found)
    if as_json:
        print_json(plain)
        return
    print_facts({_COLUMNS[name]: plain[name] for name in _COLUMNS})


def _plain(found: Suppression) -> dict[str, Any]:
    return {
        "address": found.address,
        "kind": found.kind.value,
        "reason": found.reason.value,
        "bounces": found.bounces,
        "since_at": found.since_at,
        "until_at": found.until_at,
        "campaign_id": found.campaign_id,
    }
