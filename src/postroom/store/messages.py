"""Messages, each to one person: reading them one by one. How they are made and claimed is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.contacts.campaigns import MessageState
from postroom.contacts.channels import Channel
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("messages")


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person; `own` is what it brings along: items and fields of a single one.

    Nothing of a test (`is_test`) becomes an event, changes an opt-out or counts anywhere.
    """

    account_id: int
    message_id: int
    campaign_id: int
    contact_id: int
    channel: Channel
    address: str
    format: int | None
    own: dict[str, Any] | None
    state: MessageState
    due_at: datetime
    attempts: int
    sent_at: datetime | None
    provider: str | None
    provider_id: str | None
    campaign_name: str
    list_id: int | None
    is_test: bool


def message_by_id(connection: Connection, account_id: int, message_id: int) -> Message | None:
    """Return a message, None when the account has none of that id."""
    parameters = {"account_id": account_id, "message_id": message_id}
    row = connection.execute(_SQL["message_by_id"], parameters).fetchone()
    return _message(account_id, row) if row else None


def message_at_provider(
    connection: Connection, account_id: int, provider: str, provider_id: str
) -> Message | None:
    """Return the message that a provider calls by `provider_id`, None when the account has none."""
    parameters = {"account_id": account_id, "provider": provider, "provider_id": provider_id}
    row = connection.execute(_SQL["message_at_provider"], parameters).fetchone()
    return _message(account_id, row) if row else None


def _message(account_id: int, row: dict[str, Any]) -> Message:
    typed = {"channel": Channel(row["channel"]), "state": MessageState(row["state"])}
    return Message(account_id=account_id, **{**row, **typed})
