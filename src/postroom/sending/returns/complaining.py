"""A recipient who complains: never again, by the blacklist and an opt-out (specs, OUT flows 4)."""

from __future__ import annotations

from datetime import datetime

from postroom.contacts.bounces import Complaint, FeedbackType
from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.suppressions import SuppressionReason, Verdict
from postroom.ingest.consents import change_consent
from postroom.sending.returns.suppressing import suppress
from postroom.store.accounts import lock_account
from postroom.store.database import Connection
from postroom.store.events import new_keys
from postroom.store.messages import Message
from postroom.store.optouts import Act


def complained(
    connection: Connection, message: Message, complaint: Complaint, *, now: datetime
) -> list[Event]:
    """Blacklist and opt out whose complaint this is; return the events, for the caller to record last.

    "Not spam" is told and changes nothing: only an opt-in does. The same type is told once of a message. The
    account is locked: nothing else of it may be locked before, by the same transaction.
    """
    if message.is_test:
        return []
    lock_account(connection, message.account_id)
    event = complaint_event(message, complaint, now=now)
    if not new_keys(connection, message.account_id, [event.key or ""], now=now):
        return []
    if complaint.type is FeedbackType.NOT_SPAM:
        return [event]
    events = [event, *_opted_out(connection, message, now)]
    verdict = Verdict(SuppressionKind.BLACKLIST, SuppressionReason.COMPLAINT, None, 0)
    return events + suppress(connection, message, verdict, now=now)


def complaint_event(message: Message, complaint: Complaint, *, now: datetime) -> Event:
    """Return the event of a complaint about a message."""
    attributes = {"feedbackType": complaint.type.value, "sentMoment": (message.sent_at or now).isoformat()}
    if complaint.source:
        attributes["feedbackSource"] = complaint.source[:100]
    if complaint.complainer:
        attributes["complainerAddress"] = complaint.complainer[:254]
    if complaint.reported_at:
        attributes["reportMoment"] = complaint.reported_at.isoformat()
    return Event(
        EventType.COMPLAINT,
        EventSource.MTA,
        complaint.reported_at or now,
        message.channel,
        message.contact_id,
        message.campaign_id,
        message.message_id,
        message.address,
        attributes,
        key=f"complaint:{message.message_id}:{complaint.type}",
    )


def _opted_out(connection: Connection, message: Message, now: datetime) -> list[Event]:
    act = Act(
        message.account_id,
        Medium.EMAIL.value,
        "complaint",
        "recipient",
        now,
        campaign_id=message.campaign_id,
        message_id=message.message_id,
    )
    change_consent(connection, act, message.address, OptOutReason.SPAM)
    return [
        Event(
            EventType.UNSUBSCRIBED,
            EventSource.MTA,
            now,
            Channel.EMAIL,
            message.contact_id,
            message.campaign_id,
            message.message_id,
            message.address,
            {"method": "COMPLAINT", "subscriptions": [Medium.EMAIL.value]},
        )
    ]
