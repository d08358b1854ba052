"""A recipient who complains: never again, by the blacklist and an opt-out (specs, OUT flows 4)."""

from __future__ import annotations

from datetime import datetime

from postroom.contacts.bounces import Complaint, FeedbackType
from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.suppressions import SuppressionReason, Verdict
from postroom.sending.answers import opt_out
from postroom.sending.returns.suppressing import suppress
from postroom.store.accounts import lock_account
from postroom.store.database import Connection
from postroom.store.events import new_keys
from postroom.store.messages import Message


def complained(
    connection: Connection,
    message: Message,
    complaint: Complaint,
    *,
    now: datetime,
    at: datetime | None = None,
) -> list[Event]:
    """Blacklist and opt out whose complaint this is; return the events, for the caller to record last.

    "Not spam" is told and changes nothing: only an opt-in does. The same type is told once of a message. The
    account is locked: nothing else of it may be locked before, by the same transaction.
    """
    if message.is_test:
        return []
    lock_account(connection, message.account_id)
    event = _event(message, complaint, now, at or now)
    if not new_keys(connection, message.account_id, [event.key or ""], now=now):
        return []
    if complaint.type is FeedbackType.NOT_SPAM:
        return [event]
    opted_out = opt_out(
        connection,
        message,
        "COMPLAINT",
        at=at or now,
        now=now,
        source=EventSource.MTA,
        by_whom="recipient",
        reason=OptOutReason.SPAM,
    )
    verdict = Verdict(SuppressionKind.BLACKLIST, SuppressionReason.COMPLAINT, None, 0)
    return [event, *opted_out, *suppress(connection, message, verdict, now=now)]


def complaint_attributes(complaint: Complaint) -> dict[str, str]:
    """Return what the event of a complaint says; what the report left out is left out."""
    told = {
        "feedbackType": complaint.type.value,
        "feedbackSource": complaint.source[:100],
        "complainerAddress": (complaint.complainer or "")[:254],
        "reportMoment": complaint.reported_at.isoformat() if complaint.reported_at else "",
    }
    return {name: value for name, value in told.items() if value}


def _event(message: Message, complaint: Complaint, now: datetime, at: datetime) -> Event:
    sent = {"sentMoment": (message.sent_at or now).isoformat()}
    return Event(
        EventType.COMPLAINT,
        EventSource.MTA,
        at,
        message.channel,
        message.contact_id,
        message.campaign_id,
        message.message_id,
        message.address,
        {**complaint_attributes(complaint), **sent},
        key=f"complaint:{message.message_id}:{complaint.type}",
    )
