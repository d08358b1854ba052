"""Campaigns and messages: their kinds and states, and why somebody gets none."""

from __future__ import annotations

from enum import StrEnum


class CampaignKind(StrEnum):
    """How a campaign comes to be (specs, OUT flows C6)."""

    ONE_SHOT = "ONE_SHOT"
    SCENARIZED = "SCENARIZED"
    AB_TEST = "AB_TEST"
    TRANSACTIONAL = "TRANSACTIONAL"
    """Fed message by message, by `send`: sticky by list and name."""


class CampaignState(StrEnum):
    """Where a campaign is in its life."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    """Its messages are made and on their way; a transactional one takes further ones."""
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class MessageState(StrEnum):
    """Where a message is in its life. One that is never made is an event, with a NotSentReason."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    """Being handed over: whoever dies now leaves it in doubt."""
    SENT = "sent"
    FAILED = "failed"
    """Not handed over, and never will be: refused, out of time, unreadable."""
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"
    """Handed over or not, nobody knows: the operator decides."""


class PersonState(StrEnum):
    """Where somebody stands whom a campaign is for: where their message is, or that there is none."""

    WAITING = MessageState.WAITING.value
    CLAIMED = MessageState.CLAIMED.value
    SENT = MessageState.SENT.value
    FAILED = MessageState.FAILED.value
    CANCELLED = MessageState.CANCELLED.value
    IN_DOUBT = MessageState.IN_DOUBT.value
    NO_MESSAGE = "no_message"
    """None was made, for a NotSentReason."""


class NotSentReason(StrEnum):
    """Why a person of the target gets no message (specs, OUT flows 1.3: one closed list for all channels)."""

    NO_ADDRESS = "NO_ADDRESS"
    INVALID_ADDRESS = "INVALID_ADDRESS"
    DUPLICATE_ADDRESS = "DUPLICATE_ADDRESS"
    NOT_SUBSCRIBED = "NOT_SUBSCRIBED"
    """Opted out: of the medium, the list, or the whole system."""
    QUARANTINE_TEMPORARY = "QUARANTINE_TEMPORARY"
    QUARANTINE_LONG_TERM = "QUARANTINE_LONG_TERM"
    BLACKLISTED = "BLACKLISTED"
    MARKETING_PRESSURE = "MARKETING_PRESSURE"
    CONTROL_GROUP = "CONTROL_GROUP"
    LANGUAGE_MISSING = "LANGUAGE_MISSING"
    PERSONALIZATION_MISSING = "PERSONALIZATION_MISSING"
    PERSONALIZATION_ERROR = "PERSONALIZATION_ERROR"
    MESSAGE_TOO_LONG = "MESSAGE_TOO_LONG"
    CAMPAIGN_CANCELLED = "CAMPAIGN_CANCELLED"
    PROVIDER_REJECTED = "PROVIDER_REJECTED"
    TECHNICAL_ERROR = "TECHNICAL_ERROR"


class SuppressionKind(StrEnum):
    """Why an address is left alone for a while or for ever (specs, OUT flows 1.8)."""

    QUARANTINE_TEMPORARY = "QUARANTINE_TEMPORARY"
    QUARANTINE_LONG_TERM = "QUARANTINE_LONG_TERM"
    BLACKLIST = "BLACKLIST"


def not_sent_for(kind: SuppressionKind) -> NotSentReason:
    """Return the reason for which somebody whose address is suppressed gets no message."""
    if kind is SuppressionKind.BLACKLIST:
        return NotSentReason.BLACKLISTED
    return NotSentReason(kind.value)
