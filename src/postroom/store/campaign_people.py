"""The people of a campaign one by one: what became of the message of each, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import Cursor, sql

from postroom.contacts.campaigns import NotSentReason, PersonState
from postroom.store.campaigns import Campaign
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("campaign_people")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing goes on: behind this message of this contact, then behind this event."""

    contact_id: int = 0
    message_id: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True)
class WhichPeople:
    """Which people of a campaign: behind a place, in a state, left out for a reason, at an address."""

    after: Place = Place()
    state: PersonState | None = None
    reason: NotSentReason | None = None
    address: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class CampaignPerson:
    """Somebody a campaign was for; `place` is theirs in the listing.

    Without a message there is no `message_id`, and what is told is the reason. `answer` is what the relay or
    provider said last.
    """

    place: Place
    contact_id: int
    message_id: int | None
    address: str | None
    state: PersonState
    reason: NotSentReason | None
    due_at: datetime | None = None
    sent_at: datetime | None = None
    provider: str | None = None
    answer: str | None = None


def people_of_campaign(
    connection: Connection, campaign: Campaign, which: WhichPeople
) -> list[CampaignPerson]:
    """Return people of a campaign: those with a message by their contacts' ids, then those without one."""
    found: list[CampaignPerson] = []
    if which.state is not PersonState.NO_MESSAGE and not which.after.seq:
        found = _with_messages(connection, campaign, which)
    left = which.limit - len(found)
    if which.state in {None, PersonState.NO_MESSAGE} and left:
        found += _without_messages(connection, campaign, replace(which, limit=left))
    return found


def count_people(connection: Connection, campaign: Campaign, which: WhichPeople) -> int:
    """Return how many people of a campaign there are, wherever a listing goes on."""
    row = _asked(connection, "count_people", campaign, which).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["people"])


def _with_messages(connection: Connection, campaign: Campaign, which: WhichPeople) -> list[CampaignPerson]:
    rows = _asked(connection, "people_with_messages", campaign, which)
    return [
        CampaignPerson(
            Place(row["contact_id"], row["message_id"]),
            **{**row, "state": PersonState(row["state"]), "reason": _reason(row)},
        )
        for row in rows
    ]


def _without_messages(connection: Connection, campaign: Campaign, which: WhichPeople) -> list[CampaignPerson]:
    rows = _asked(connection, "people_without_messages", campaign, which)
    return [
        CampaignPerson(
            Place(seq=row["seq"]),
            row["contact_id"],
            None,
            row["address"],
            PersonState.NO_MESSAGE,
            _reason(row),
        )
        for row in rows
    ]


def _asked(
    connection: Connection, statement: str, campaign: Campaign, which: WhichPeople
) -> Cursor[dict[str, Any]]:
    parts = {name: sql.SQL(_SQL[name]) for name in ("asked", "left_out")}
    query = sql.SQL(_SQL[statement]).format(**parts)
    return connection.execute(query, _parameters(campaign, which), prepare=False)


def _reason(row: dict[str, Any]) -> NotSentReason | None:
    return NotSentReason(row["reason"]) if row["reason"] else None


def _parameters(campaign: Campaign, which: WhichPeople) -> dict[str, Any]:
    return {
        "account_id": campaign.account_id,
        "campaign_id": campaign.campaign_id,
        "since": campaign.created_at,
        "contact_id": which.after.contact_id,
        "message_id": which.after.message_id,
        "seq": which.after.seq,
        "state": which.state.value if which.state else None,
        "reason": which.reason.value if which.reason else None,
        "address": which.address,
        "limit": which.limit,
    }
