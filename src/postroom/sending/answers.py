"""What recipients answer: opting out of what a message came by, or of its list, and in again.

Opt-outs change through ingest, in the transaction of their events (specs, OUT flows section 4): the caller
owns it, and records what is returned last of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.levels import list_of_scope
from postroom.contacts.optouts import OptOutReason
from postroom.ingest.consents import change_consent
from postroom.store.database import Connection
from postroom.store.messages import Message
from postroom.store.optouts import Act

ANSWER: Final = "answer"
"""The source of acts in the ledger that a recipient caused."""

RECIPIENT: Final = "recipient"
"""Who did so, where that is the recipient in person."""


def opt_out(  # noqa: PLR0913  # what is said, and by whom; all by name, and half of it has a default
    connection: Connection,
    message: Message,
    method: str,
    *,
    at: datetime,
    now: datetime,
    source: EventSource,
    by_whom: str,
    subscriptions: Sequence[str] | None = None,
    reason: OptOutReason = OptOutReason.CONTACT,
    event_attributes: Mapping[str, Any] | None = None,
) -> list[Event]:
    """Opt the address of a message out, as its recipient asked; return the events, to be recorded last.

    `subscriptions` are scopes: a medium, or `list:NAME`; without them it is the medium of the message.
    `method` is how it was said (specs, OUT flows 1.3: LINK, ONE_CLICK, REPLY, COMPLAINT, …). An answer that
    changes nothing, as the address was opted out for as good a reason, is no event, and neither is one to a
    test.
    Takes the account's lock.
    """
    if message.is_test:
        return []
    scopes = [message.channel.medium.value] if subscriptions is None else list(dict.fromkeys(subscriptions))
    act = act_of(message, by_whom, now)
    changed = [
        scope
        for scope in scopes
        if change_consent(connection, replace(act, scope=scope), message.address, reason)
    ]
    if not changed:
        return []
    names = [list_of_scope(scope) or scope for scope in changed]
    return [opted_out(message, method, names, at=at, source=source, more=event_attributes)]


def opted_out(
    message: Message,
    method: str,
    subscriptions: Sequence[str],
    *,
    at: datetime,
    source: EventSource,
    more: Mapping[str, Any] | None = None,
) -> Event:
    """Return the event of an opt-out; `subscriptions` are the names of what it really ended."""
    sent = {"sentMoment": message.sent_at.isoformat()} if message.sent_at else {}
    return Event(
        EventType.UNSUBSCRIBED,
        source,
        at,
        channel=message.channel,
        contact_id=message.contact_id,
        campaign_id=message.campaign_id,
        message_id=message.message_id,
        address=message.address,
        attributes={**sent, **(more or {}), "method": method, "subscriptions": list(subscriptions)},
    )


def act_of(message: Message, by_whom: str, now: datetime) -> Act:
    """Return the act of a recipient that answers a message, about its medium."""
    return Act(
        message.account_id,
        message.channel.medium.value,
        ANSWER,
        by_whom,
        now,
        campaign_id=message.campaign_id,
        message_id=message.message_id,
    )
