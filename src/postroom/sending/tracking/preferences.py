"""What a recipient gets, medium by medium and list by list, and changing that by the recipient's own will.

What is opted out here is opted out by the contact; opting in again is an explicit opt-in, which lifts what
an opt-in lifts: complaints and hard bounces only where the account's settings say so, and never what keeps
an address out of the whole system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from postroom.contacts.events import Event, EventSource
from postroom.contacts.levels import list_of_scope, list_scope
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason, after_optin
from postroom.ingest.consents import change_consents
from postroom.sending.answers import RECIPIENT, act_of, opted_out
from postroom.sending.tracking.recipients import Recipient, recipient_of
from postroom.store.database import Connection
from postroom.store.levels import list_optouts_of, universal_optout_of
from postroom.store.lists import names_of_lists
from postroom.store.messages import Message
from postroom.store.optouts import optouts_of

MOST_LISTS: Final = 100
"""Lists of so many names are shown to a recipient; the newest, which they know best."""


class Standing(Enum):
    """How a subscription stands."""

    ON = "on"
    OFF = "off"
    BARRED = "barred"
    """Opted out, and no opt-in of the recipient's changes that."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a recipient may get: all of a medium, or of the lists of a name; `scope` is that of opt-outs."""

    scope: str
    name: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Preferences:
    """All that a recipient may get."""

    recipient: Recipient
    media: Sequence[Subscription]
    lists: Sequence[Subscription]

    def standing(self, scope: str) -> Standing | None:
        """Return how a subscription stands; None when the recipient has no such thing."""
        return next((each.standing for each in (*self.media, *self.lists) if each.scope == scope), None)


def preferences_of(connection: Connection, message: Message) -> Preferences:
    """Return what the recipient of a message may get: by every medium with an address, on every list."""
    recipient = recipient_of(connection, message)
    account_id = message.account_id
    found = optouts_of(connection, account_id, recipient.addresses)
    reasons = {Medium(each.scope): each.reason for each in found}
    media = [
        Subscription(
            medium.value,
            medium.value,
            _standing_of(reasons.get(medium), recipient, barred=_is_universal(connection, address)),
        )
        for medium, address in recipient.addresses.items()
    ]
    return Preferences(recipient, media, _lists(connection, account_id, recipient))


def standing_at(connection: Connection, message: Message, recipient: Recipient) -> Standing:
    """Return how the medium of a message stands at the address that the message went to."""
    address = message.address
    found = optouts_of(connection, message.account_id, {message.channel.medium: address})
    reason = found[0].reason if found else None
    return _standing_of(reason, recipient, barred=_is_universal(connection, address))


def choose(
    connection: Connection,
    message: Message,
    wishes: Mapping[str, bool],
    *,
    at: datetime,
    now: datetime,
) -> list[Event]:
    """Opt the recipient of a message in (True) or out (False), by scope; return the events.

    Scopes of which the recipient has nothing, and such as stand as wished or are barred, are passed over. All
    that was opted out is one event (specs, OUT flows 4); an opt-in is none, the ledger tells of it. Who calls
    this holds the account's lock, and records the events last. An answer to a test changes nothing.
    """
    if message.is_test:
        return []
    preferences = preferences_of(connection, message)
    ended = []
    for subscription in (*preferences.media, *preferences.lists):
        wanted = wishes.get(subscription.scope)
        if wanted is None or subscription.standing is not (Standing.OFF if wanted else Standing.ON):
            continue
        _change(connection, message, preferences.recipient, subscription.scope, wanted=wanted, now=now)
        if not wanted:
            ended.append(subscription.name)
    return [opted_out(message, "PREFERENCE_FORM", ended, at=at, source=EventSource.TRACKER)] if ended else []


def _change(
    connection: Connection,
    message: Message,
    recipient: Recipient,
    scope: str,
    *,
    wanted: bool,
    now: datetime,
) -> None:
    act = replace(act_of(message, RECIPIENT, now), scope=scope)
    reason = None if wanted else OptOutReason.CONTACT
    reasons = dict.fromkeys(_addresses(recipient, scope), reason)
    change_consents(connection, act, reasons, lifts_complaints=recipient.lifts_complaints)


def _addresses(recipient: Recipient, scope: str) -> list[str]:
    """Return the addresses that a scope is about: the medium's, or all by which a list is written to."""
    if list_of_scope(scope) is None:
        return [recipient.addresses[Medium(scope)]]
    return list(dict.fromkeys(recipient.addresses.values()))


def _lists(connection: Connection, account_id: int, recipient: Recipient) -> list[Subscription]:
    names = names_of_lists(connection, account_id, recipient.list_ids)
    if not names:
        return []
    newest = list(dict.fromkeys(names[each] for each in sorted(names, reverse=True)))[:MOST_LISTS]
    addresses = _addresses(recipient, list_scope(newest[0]))
    reasons: dict[str, dict[str, OptOutReason]] = {}
    for address in addresses:
        for optout in list_optouts_of(connection, account_id, address):
            reasons.setdefault(optout.scope, {})[address] = optout.reason
    return [
        Subscription(scope, name, _standing_on(reasons.get(scope, {}), addresses, recipient))
        for name in sorted(newest, key=str.casefold)
        for scope in [list_scope(name)]
    ]


def _standing_on(
    reasons: Mapping[str, OptOutReason], addresses: Sequence[str], recipient: Recipient
) -> Standing:
    """Return how a list stands: on while any address may be written to, barred where none can be again."""
    standings = {_standing_of(reasons.get(each), recipient) for each in addresses}
    return next((each for each in (Standing.ON, Standing.OFF) if each in standings), Standing.BARRED)


def _standing_of(reason: OptOutReason | None, recipient: Recipient, *, barred: bool = False) -> Standing:
    if barred or after_optin(reason, lifts_complaints=recipient.lifts_complaints) is not None:
        return Standing.BARRED
    return Standing.ON if reason is None else Standing.OFF


def _is_universal(connection: Connection, address: str) -> bool:
    return universal_optout_of(connection, address) is not None
