"""Openings and clicks of messages: which came first, and which was a contact's last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from postroom.contacts.channels import Channel
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("tracking")


@dataclass(frozen=True, slots=True)
class Tracked:
    """A message that somebody opened or clicked, and whether anybody had before.

    `sent_at` is when we began to hand it over where the end of that is not written down yet.
    """

    message_id: int
    campaign_id: int
    contact_id: int
    channel: Channel
    address: str
    sent_at: datetime
    is_test: bool
    opened: bool
    clicked: bool


@dataclass(frozen=True, slots=True)
class TrackedLink:
    """A link of a campaign's content."""

    url: str
    name: str
    categories: Sequence[str]


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a message: opened, clicked, or both."""

    message_id: int
    opened: bool
    clicked: bool


@dataclass(frozen=True, slots=True)
class LinkClicks:
    """The clicks on one link of a message: the first of them, and the last that was a person's."""

    message_id: int
    link_id: int
    campaign_id: int
    contact_id: int
    first_event: UUID
    clicked_at: datetime | None
    event_id: UUID | None


@dataclass(frozen=True, slots=True)
class LastClick:
    """The last link that a contact has clicked; `event_id` is that of the click."""

    message_id: int
    campaign_id: int
    link_id: int
    clicked_at: datetime
    event_id: UUID


def tracked_messages(
    connection: Connection, account_id: int, message_ids: Collection[int]
) -> dict[int, Tracked]:
    """Return those of an account's messages that are there, by id."""
    parameters = {"account_id": account_id, "message_ids": sorted(message_ids)}
    rows = connection.execute(_SQL["tracked_messages"], parameters)
    return {row["message_id"]: Tracked(**{**row, "channel": Channel(row["channel"])}) for row in rows}


def tracked_links(
    connection: Connection, account_id: int, links: Collection[tuple[int, int]]
) -> dict[tuple[int, int], TrackedLink]:
    """Return those links that are there, by campaign and number."""
    if not links:
        return {}
    parameters = {
        "account_id": account_id,
        "campaign_ids": [campaign_id for campaign_id, _ in links],
        "link_ids": [link_id for _, link_id in links],
    }
    rows = connection.execute(_SQL["tracked_links"], parameters)
    return {
        (row["campaign_id"], row["link_id"]): TrackedLink(row["url"], row["name"], row["categories"])
        for row in rows
    }


def note_answered(
    connection: Connection, account_id: int, answered: Collection[Answered], *, now: datetime
) -> tuple[set[int], set[int]]:
    """Note what became of messages; return those opened, and those clicked, for the first time.

    Locks the rows of these messages in their order, until the transaction ends: of several that tell of the
    same message at once exactly one is the first.
    """
    if not answered:
        return set(), set()
    ordered = sorted(answered, key=lambda each: each.message_id)
    parameters = {
        "account_id": account_id,
        "message_ids": [each.message_id for each in ordered],
        "opened": [each.opened for each in ordered],
        "clicked": [each.clicked for each in ordered],
        "now": now,
    }
    rows = connection.execute(_SQL["note_answered"], parameters).fetchall()
    return (
        {row["message_id"] for row in rows if row["first_opening"]},
        {row["message_id"] for row in rows if row["first_click"]},
    )


def note_clicks(connection: Connection, account_id: int, clicks: Collection[LinkClicks]) -> set[UUID]:
    """Note clicks on links, each link once; return the events that were the first of their link."""
    if not clicks:
        return set()
    ordered = sorted(clicks, key=lambda each: (each.message_id, each.link_id))
    parameters = {
        "account_id": account_id,
        "message_ids": [each.message_id for each in ordered],
        "link_ids": [each.link_id for each in ordered],
        "campaign_ids": [each.campaign_id for each in ordered],
        "contact_ids": [each.contact_id for each in ordered],
        "first_events": [each.first_event for each in ordered],
        "clicked_at": [each.clicked_at for each in ordered],
        "event_ids": [each.event_id for each in ordered],
    }
    rows = connection.execute(_SQL["note_clicks"], parameters)
    return {row["first_event"] for row in rows}


def last_click(connection: Connection, account_id: int, contact_id: int, since: datetime) -> LastClick | None:
    """Return the last click of a contact since a moment, to which goals are attributed.

    Machines that follow links are no contacts, so their clicks do not count.
    """
    parameters = {"account_id": account_id, "contact_id": contact_id, "since": since}
    row = connection.execute(_SQL["last_click"], parameters).fetchone()
    return LastClick(**row) if row else None


def sender_of_campaign(connection: Connection, account_id: int, campaign_id: int) -> str:
    """Return as whom the messages of a campaign are sent, as its template has it; nothing if nobody."""
    parameters = {"account_id": account_id, "campaign_id": campaign_id}
    row = connection.execute(_SQL["sender_of_campaign"], parameters).fetchone()
    return (row["sender"] if row else None) or ""
