"""`postroom optout …`: which addresses must not be used, and by whose word; changing it by hand."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import AccountOption, DataOption, JsonOption, opened
from postroom.cli.output import print_json, print_table, say
from postroom.contacts.errors import Refused
from postroom.contacts.media import Medium

if TYPE_CHECKING:
    from postroom.contacts.optouts import OptOutReason
    from postroom.contacts.settings import AccountSettings
    from postroom.store.database import Connection
    from postroom.store.optouts import Change, OptOut

app = typer.Typer(help="Opt-outs: which addresses must not be used, and the ledger of their changes.")

HISTORY = 100

_HISTORY_COLUMNS = {
    "at": "When",
    "medium": "Medium",
    "was": "Was",
    "became": "Became",
    "by": "By",
    "source": "Source",
    "drop": "Drop",
    "line": "Line",
}


class Why(StrEnum):
    """The reasons, the weakest first."""

    ACCOUNT = "account"
    CONTACT = "contact"
    HARD_BOUNCE = "hard_bounce"
    SPAM = "spam"


AddressArgument = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="An e-mail, mobile or phone, written in any usual way.")
]
MediumOption = Annotated[
    Medium, typer.Option("--medium", metavar="MEDIUM", help="EMAIL, SMS, VOICE or VOICEMAIL.")
]


@app.command()
def count(
    ctx: typer.Context, account: AccountOption, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Count the opted-out addresses of an account, by medium and reason."""
    from postroom.store import accounts, optouts

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        rows = [
            {"medium": row["scope"], "reason": _word(row["reason"]), "addresses": row["addresses"]}
            for row in optouts.count_optouts(connection, owner)
        ]
    if as_json:
        print_json(rows)
        return
    columns = {"medium": "Medium", "reason": "Reason", "addresses": "Addresses"}
    print_table(columns, rows, empty=f"Account {account} has no opt-out.")


@app.command()
def show(
    ctx: typer.Context,
    address: AddressArgument,
    account: AccountOption,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show of which media and lists an address is opted out, and every change that the ledger knows."""
    from postroom.store import accounts, optouts

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        wanted = _readings(address, owner.settings)
        standing = optouts.optouts_of(connection, owner.account_id, wanted)
        standing += _levels_of(connection, owner.account_id, wanted)
        changes = [
            _plain_change(owner.account_id, change)
            for text in dict.fromkeys(wanted.values())
            for change in optouts.history(connection, owner.account_id, text, limit=HISTORY)
        ]
    out = {each.scope: _word(each.reason) for each in standing}
    if as_json:
        print_json({"addresses": sorted(set(wanted.values())), "opted_out": out, "history": changes})
        return
    media = ", ".join(f"{medium} ({reason})" for medium, reason in out.items())
    state = f"opted out of {media}" if out else "not opted out"
    say(f"{', '.join(sorted(set(wanted.values())))}: {state}")
    if changes:
        print_table(_HISTORY_COLUMNS, changes, empty="")


@app.command()
def add(
    ctx: typer.Context,
    address: AddressArgument,
    account: AccountOption,
    medium: MediumOption,
    reason: Annotated[Why, typer.Option(help="account, contact, hard_bounce or spam.")] = Why.CONTACT,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Opt an address out of a medium; a stronger reason that stands already stays."""
    _change(ctx, data, _Wish(account, medium, address, reason), as_json=as_json)


@app.command()
def lift(
    ctx: typer.Context,
    address: AddressArgument,
    account: AccountOption,
    medium: MediumOption,
    complaints: Annotated[
        bool, typer.Option("--complaints", help="Lift a spam complaint or a hard bounce as well.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Opt an address in again; complaints and hard bounces stay unless `--complaints` says otherwise."""
    _change(ctx, data, _Wish(account, medium, address, None, complaints), as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked by hand: an opt-out for a reason, or an opt-in where there is none."""

    account: str
    medium: Medium
    address: str
    reason: Why | None
    lifts_complaints: bool = False


def _change(ctx: typer.Context, data: Path | None, wish: _Wish, *, as_json: bool) -> None:
    from postroom.contacts.optouts import OptOutReason
    from postroom.ingest.consents import change_consent
    from postroom.store import accounts, optouts
    from postroom.store.optouts import Act

    reason = OptOutReason[wish.reason.name] if wish.reason else None
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, wish.account)
        text = _readings(wish.address, owner.settings, wish.medium)[wish.medium]
        act = Act(owner.account_id, wish.medium.value, "command", getpass.getuser(), postroom.room.clock())
        lifts = wish.lifts_complaints or owner.settings.optin_lifts_complaints
        changed = change_consent(connection, act, text, reason, lifts_complaints=lifts)
        standing = optouts.optouts_of(connection, owner.account_id, {wish.medium: text})
    stands = _word(standing[0].reason) if standing else None
    if as_json:
        print_json({"address": text, "medium": wish.medium, "opted_out": stands, "changed": changed})
        return
    state = f"opted out of {wish.medium} ({stands})" if stands else f"not opted out of {wish.medium}"
    hint = "; --complaints lifts that, too" if reason is None and stands else ""
    say(f"{text} is {state}{'' if changed else ', as it was before'}{hint}.")


def _readings(address: str, settings: AccountSettings, medium: Medium | None = None) -> dict[Medium, str]:
    """Return what an address is in each medium that could use it; raise Refused when none could."""
    from postroom.contacts.optouts import address_row

    found: dict[Medium, str] = {}
    for each in [medium] if medium else Medium:
        reading = address_row(address, each, settings.region).address
        if reading:
            found[each] = reading
    if not found:
        where = f"an address for {medium}" if medium else "an e-mail address or phone number"
        raise Refused(f"'{address}' is not {where} in {settings.region}.", code="BAD_VALUE")
    return found


def _levels_of(connection: Connection, account_id: int, wanted: Mapping[Medium, str]) -> list[OptOut]:
    """Return the opt-outs of an e-mail address from lists and from the whole system."""
    from postroom.store import levels

    address = wanted.get(Medium.EMAIL)
    if address is None:
        return []
    system = levels.universal_optout_of(connection, address)
    return [*levels.list_optouts_of(connection, account_id, address), *([system] if system else [])]


def _plain_change(account_id: int, change: Change) -> dict[str, Any]:
    return {
        "at": change.acted_at,
        "medium": change.scope,
        "was": _word(change.was) if change.was else None,
        "became": _word(change.became) if change.became else None,
        "by": change.by_whom,
        "source": change.source,
        "drop": f"{account_id}-{change.drop_id}" if change.drop_id else None,
        "line": change.line,
    }


def _word(reason: OptOutReason | int) -> str:
    from postroom.contacts.optouts import OptOutReason

    return OptOutReason(reason).name.lower()
