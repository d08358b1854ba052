"""What happened to messages and people, as facts that are only ever added (specs, OUT flows section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from postroom.contacts.channels import Channel


class EventType(StrEnum):
    """What an event tells of. Attributes that each type must have: `REQUIRED_ATTRIBUTES`."""

    SENT = "message.sent"
    NOT_SENT = "message.not_sent"
    DELIVERED = "message.delivered"
    BOUNCED = "message.bounced"
    OPENED = "message.opened"
    CLICKED = "message.clicked"
    UNSUBSCRIBED = "message.unsubscribed"
    BATCH_READY = "batch.ready"
    BATCH_DOWNLOADED = "batch.downloaded"
    GOAL_WEBVISIT = "goal.webvisit"
    GOAL_TRANSACTION = "goal.transaction"
    SURVEY_PARTICIPATED = "survey.participated"
    COMPLAINT = "complaint.received"
    SUPPRESSION = "suppression.changed"
    CAMPAIGN_STATE = "campaign.state"


class EventSource(StrEnum):
    """Who told us of an event."""

    MTA = "MTA"
    TRACKER = "TRACKER"
    PROVIDER = "PROVIDER"
    UI = "UI"
    API = "API"
    IMPORT = "IMPORT"
    FTP = "FTP"
    SYSTEM = "SYSTEM"


REQUIRED_ATTRIBUTES: Mapping[EventType, frozenset[str]] = {
    EventType.SENT: frozenset({"language", "sender"}),
    EventType.NOT_SENT: frozenset({"reason"}),
    EventType.DELIVERED: frozenset({"sentMoment", "providerStatus"}),
    EventType.BOUNCED: frozenset({"bounceType", "bounceCategory", "sentMoment"}),
    EventType.OPENED: frozenset({"sentMoment", "machineOpening", "firstOpening"}),
    EventType.CLICKED: frozenset(
        {"sentMoment", "linkId", "url", "machineClick", "firstClick", "firstClickOnLink"}
    ),
    EventType.UNSUBSCRIBED: frozenset({"method", "subscriptions"}),
    EventType.BATCH_READY: frozenset({"batchId"}),
    EventType.BATCH_DOWNLOADED: frozenset({"batchId", "fileName", "downloadedBy"}),
    EventType.GOAL_WEBVISIT: frozenset({"goalId", "goalName", "url", "source"}),
    EventType.GOAL_TRANSACTION: frozenset({"goalId", "goalName", "url", "source", "transactionId", "amount"}),
    EventType.SURVEY_PARTICIPATED: frozenset(
        {"surveyId", "surveyName", "participationId", "answers", "status"}
    ),
    EventType.COMPLAINT: frozenset({"feedbackType"}),
    EventType.SUPPRESSION: frozenset({"action", "listType", "reason"}),
    EventType.CAMPAIGN_STATE: frozenset({"state"}),
}
"""Keys are the column names of the OUT flows (specs, OUT flows 1.3 to 1.8), so that a flow copies them.

Moments among them are text in ISO 8601 with a zone, amounts are decimal text, lists are arrays. What is
optional there is optional here, and left out when unknown.
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at `at`; where it belongs to no campaign, contact or address, these are None.

    `key` names it at its source (a provider's id and status, a report's id): the same key is recorded once.
    `event_id` is given where something else refers to the event, and made otherwise.
    """

    type: EventType
    source: EventSource
    at: datetime
    channel: Channel | None = None
    contact_id: int | None = None
    campaign_id: int | None = None
    message_id: int | None = None
    address: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    event_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it is stored: `seq` and `recorded_at` both rise in the order of commits, per account."""

    seq: int
    event_id: UUID
    recorded_at: datetime
    type: EventType
    source: EventSource
    at: datetime
    channel: Channel | None
    contact_id: int | None
    campaign_id: int | None
    message_id: int | None
    address: str | None
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cut:
    """A place between two events of an account: all up to `seq` can be read, whatever commits later."""

    seq: int
    at: datetime | None
    """When the last of them was recorded; None before the first."""


def message_name(account_id: int, message_id: int) -> str:
    """Return what a message is called outside, unlike any other of any account."""
    return f"{account_id}-{message_id}"
