"""Single messages, for operators: what is known of one, which are in doubt, and settling these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.contacts.campaigns import MessageState
from postroom.contacts.channels import Channel
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("outgoing")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message that may have been handed over, or not."""

    message_id: int
    campaign_id: int
    contact_id: int
    channel: Channel
    address: str
    claimed_at: datetime
    attempts: int
    answer: str | None
    campaign_name: str


@dataclass(frozen=True, slots=True)
class SettledSent:
    """A message that was in doubt and counts as sent now; `sender` is that of its campaign's content."""

    message_id: int
    campaign_id: int
    contact_id: int
    channel: Channel
    address: str
    sent_at: datetime
    provider: str | None
    answer: str | None
    is_test: bool
    sender: str | None


def doubts(
    connection: Connection, account_id: int, *, campaign_id: int | None = None, limit: int | None = None
) -> list[Doubt]:
    """Return the messages of an account, or of one campaign, that are in doubt, the oldest first."""
    parameters = {"account_id": account_id, "campaign_id": campaign_id, "limit": limit}
    rows = connection.execute(_SQL["doubts"], parameters)
    return [Doubt(**{**row, "channel": Channel(row["channel"])}) for row in rows]


def states_of_messages(
    connection: Connection, account_id: int, campaign_id: int, message_ids: Sequence[int]
) -> dict[int, MessageState]:
    """Return the states of those messages that are of a campaign."""
    parameters = {"account_id": account_id, "campaign_id": campaign_id, "message_ids": list(message_ids)}
    rows = connection.execute(_SQL["states_of_messages"], parameters)
    return {row["message_id"]: MessageState(row["state"]) for row in rows}


def settle_sent(connection: Connection, account_id: int, message_ids: Sequence[int]) -> list[SettledSent]:
    """Take messages in doubt for sent at the time of their claim; return those that were in doubt."""
    parameters = {"account_id": account_id, "message_ids": list(message_ids)}
    rows = connection.execute(_SQL["settle_sent"], parameters)
    return [SettledSent(**{**row, "channel": Channel(row["channel"])}) for row in rows]


def settle_resend(
    connection: Connection, account_id: int, message_ids: Sequence[int], *, now: datetime
) -> dict[int, Channel]:
    """Have messages in doubt sent again; return those that were in doubt, with their channels."""
    parameters = {"account_id": account_id, "message_ids": list(message_ids), "now": now}
    rows = connection.execute(_SQL["settle_resend"], parameters)
    return {row["message_id"]: Channel(row["channel"]) for row in rows}


def message_facts(connection: Connection, account_id: int, message_id: int) -> dict[str, Any] | None:
    """Return all that is known of a message by name, None when the account has none of that id."""
    parameters = {"account_id": account_id, "message_id": message_id}
    return connection.execute(_SQL["message_facts"], parameters).fetchone()
