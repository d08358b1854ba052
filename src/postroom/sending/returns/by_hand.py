"""Putting addresses on lists and taking them off by hand, with the opt-outs that bounces and complaints made.

Nothing here commits. The account's lock is taken by the caller, first of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from postroom.contacts.addresses import email
from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing, Refused
from postroom.contacts.events import Event, EventSource
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.suppressions import SuppressionReason
from postroom.ingest.consents import change_consent
from postroom.sending.returns.suppressing import put_on_list, removed
from postroom.store.database import Connection
from postroom.store.optouts import Act, history, optouts_of
from postroom.store.suppressions import (
    Suppression,
    hold_suppression,
    remove_suppression,
    suppression_of,
)

_LOOKED_AT: Final = 1000
"""Changes of one address in the ledger, the newest first."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts, and from where: `act_source` is what the ledger calls it."""

    account_id: int
    by_whom: str
    act_source: str
    source: EventSource
    now: datetime


def require_address(text: str) -> str:
    """Return a normalised e-mail address; raise Refused when it is none."""
    found = email(text)
    if found is None:
        raise Refused(f"'{text[:254]}' is no e-mail address.", code="BAD_VALUE")
    return found


def read_suppression(connection: Connection, account_id: int, address: str, *, now: datetime) -> Suppression:
    """Return the list that an address is on; raise Missing when it is on none."""
    normal = email(address)
    found = suppression_of(connection, account_id, normal, Channel.EMAIL, now=now) if normal else None
    if found is None:
        raise _missing(address)
    return found


def suppress_by_hand(
    connection: Connection,
    hand: Hand,
    address: str,
    kind: SuppressionKind,
    *,
    until_at: datetime | None = None,
) -> tuple[Suppression, list[Event]]:
    """Put an address on a list; return where it is now, and the events. What is stronger stays.

    Raises:
        Refused: the address is none, or the end does not fit the list.
    """
    normal = require_address(address)
    if (until_at is not None) != (kind is SuppressionKind.QUARANTINE_TEMPORARY):
        raise Refused("A temporary quarantine has an end, and nothing else has.", code="BAD_VALUE")
    if until_at is not None and until_at <= hand.now:
        raise Refused("A quarantine ends in the future.", code="BAD_VALUE")
    wanted = Suppression(normal, Channel.EMAIL, kind, SuppressionReason.MANUAL, 0, hand.now, until_at)
    before = hold_suppression(connection, hand.account_id, normal, Channel.EMAIL)
    if before and before.kind is kind and kind is not SuppressionKind.QUARANTINE_TEMPORARY:
        return before, []
    events = put_on_list(connection, hand.account_id, wanted, now=hand.now, source=hand.source)
    return (wanted if events or before is None else before), events


def release_by_hand(connection: Connection, hand: Hand, address: str, *, complaints: bool) -> list[Event]:
    """Take an address off its list, and lift the opt-out that brought it there; return the events.

    Its bounces are counted anew. What the contact or the account had said before is said again, by the
    ledger, which is read for that from end to end.

    Raises:
        Missing: it is on no list.
        Refused: a complaint brought it there, and `complaints` does not say that it goes, too.
    """
    normal = email(address)
    found = hold_suppression(connection, hand.account_id, normal, Channel.EMAIL) if normal else None
    if found is None or not found.stands(hand.now):
        raise _missing(address)
    if found.reason is SuppressionReason.COMPLAINT and not complaints:
        raise Refused(
            f"The recipient of {found.address} has complained: say --complaints (over the API:"
            " complaints=true) to lift that, too.",
            code="COMPLAINT",
        )
    remove_suppression(connection, hand.account_id, found.address, Channel.EMAIL)
    _lift(connection, hand, found.address, complaints=complaints)
    return [removed(found, SuppressionReason.MANUAL, at=hand.now, source=hand.source)]


def _lift(connection: Connection, hand: Hand, address: str, *, complaints: bool) -> None:
    """Lift the opt-out that bounces made, whoever put the address on its list since; or complaints."""
    standing = optouts_of(connection, hand.account_id, {Medium.EMAIL: address})
    lifts = {OptOutReason.HARD_BOUNCE, OptOutReason.SPAM} if complaints else {OptOutReason.HARD_BOUNCE}
    if not standing or standing[0].reason not in lifts:
        return
    before = _before(connection, hand.account_id, address)
    act = Act(hand.account_id, Medium.EMAIL.value, hand.act_source, hand.by_whom, hand.now)
    change_consent(connection, act, address, None, lifts_complaints=True)
    if before:
        change_consent(connection, act, address, before)


def _before(connection: Connection, account_id: int, address: str) -> OptOutReason | None:
    """Return what the contact or the account had said of an address before bounces and complaints."""
    for change in history(connection, account_id, address, limit=_LOOKED_AT):
        if change.scope != Medium.EMAIL.value:
            continue
        if change.became is None or change.became <= OptOutReason.CONTACT:
            return change.became
        if change.was is not None and change.was <= OptOutReason.CONTACT:
            return change.was
    return None


def _missing(address: str) -> Missing:
    return Missing(f"'{address[:254]}' is neither in quarantine nor blacklisted.", code="NOT_SUPPRESSED")
