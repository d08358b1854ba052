"""Putting addresses on lists and taking them off, each with its event (specs, OUT flows 1.8 and 4)."""

from __future__ import annotations

from datetime import datetime

from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.suppressions import SuppressionReason, Verdict, stronger
from postroom.store.database import Connection
from postroom.store.messages import Message
from postroom.store.suppressions import Suppression, hold_suppression, put_suppression


def suppress(connection: Connection, message: Message, verdict: Verdict, *, now: datetime) -> list[Event]:
    """Put the address of a message on a list; return the events, none when it is on a stronger one."""
    wanted = Suppression(
        address=message.address,
        channel=message.channel,
        kind=verdict.kind,
        reason=verdict.reason,
        bounces=verdict.bounces,
        since_at=now,
        until_at=verdict.until_at,
        contact_id=message.contact_id,
        campaign_id=message.campaign_id,
    )
    return put_on_list(connection, message.account_id, wanted, now=now)


def put_on_list(
    connection: Connection,
    account_id: int,
    wanted: Suppression,
    *,
    now: datetime,
    source: EventSource = EventSource.SYSTEM,
) -> list[Event]:
    """Put an address on a list, off the weaker one that it was on; return the events."""
    before = hold_suppression(connection, account_id, wanted.address, wanted.channel)
    events: list[Event] = []
    if before and before.stands(now):
        if stronger(before.kind, than=wanted.kind):
            return []
        if before.kind is not wanted.kind:
            events.append(removed(before, wanted.reason, at=now, source=source))
    elif before:
        # Its time was over, and nobody had said so yet.
        events.append(removed(before, before.ended_for or SuppressionReason.EXPIRED, at=now))
    put_suppression(connection, account_id, wanted)
    return [*events, _added(wanted, now, source)]


def removed(
    suppression: Suppression,
    reason: SuppressionReason,
    *,
    at: datetime,
    source: EventSource = EventSource.SYSTEM,
) -> Event:
    """Return the event of an address that is off its list."""
    return _event(suppression, "REMOVED", reason, at, source)


def _added(suppression: Suppression, at: datetime, source: EventSource) -> Event:
    return _event(suppression, "ADDED", suppression.reason, at, source)


def _event(
    suppression: Suppression, action: str, reason: SuppressionReason, at: datetime, source: EventSource
) -> Event:
    attributes: dict[str, object] = {
        "action": action,
        "listType": suppression.kind.value,
        "reason": reason.value,
        "bounceCount": suppression.bounces,
    }
    if suppression.until_at and action == "ADDED":
        attributes["untilMoment"] = suppression.until_at.isoformat()
    return Event(
        EventType.SUPPRESSION,
        source,
        at,
        suppression.channel,
        suppression.contact_id,
        suppression.campaign_id,
        address=suppression.address,
        attributes=attributes,
    )
