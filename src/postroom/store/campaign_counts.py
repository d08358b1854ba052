"""What became of a campaign in numbers, counted when asked: messages, and what was recorded of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from postroom.contacts.channels import Channel
from postroom.contacts.events import EventType
from postroom.store.campaigns import Campaign
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("campaign_counts")

_RECEIPTS: Final = frozenset({Channel.SMS, Channel.VOICE, Channel.VOICEMAIL})
"""Channels whose providers tell that a message has arrived."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages and people of one campaign; each message counts once, whatever came back of it how often.

    `targeted` are the people of the target: each is sent, waiting, in doubt, not sent, refused or ready.
    `waiting_for` is what was said when most of those that wait were put off.
    `refused` are mails that bounced while they were handed over. `delivered` are those that a provider says
    have arrived; mails that were sent and did not bounce. Openings and clicks of machines are apart, and no
    people's. `ready` and `downloaded` are people in a partner's file.
    """

    targeted: int = 0
    sent: int = 0
    waiting: int = 0
    waiting_for: str | None = None
    in_doubt: int = 0
    not_sent: Mapping[str, int] = field(default_factory=dict)
    refused: int = 0
    delivered: int = 0
    hard_bounced: int = 0
    soft_bounced: int = 0
    opened: int = 0
    opened_by_machines: int = 0
    clicked: int = 0
    clicked_by_machines: int = 0
    unsubscribed: int = 0
    complained: int = 0
    ready: int = 0
    downloaded: int = 0


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom a campaign is for, and how many of its messages were sent."""

    targeted: int
    sent: int


def count_several(connection: Connection, several: Sequence[Campaign]) -> dict[int, Reached]:
    """Return, by id, how far some campaigns of one account have come."""
    if not several:
        return {}
    parameters = {
        "account_id": several[0].account_id,
        "campaign_ids": [each.campaign_id for each in several],
        "since": min(each.created_at for each in several),
    }
    rows = connection.execute(_SQL["count_several"], parameters, prepare=False)
    return {row["campaign_id"]: Reached(row["targeted"], row["sent"]) for row in rows}


def explain_not_sent(
    connection: Connection, campaign: Campaign, *, most: int = 3
) -> dict[str, dict[str, int]]:
    """Return what was told beside each reason, with how many people: the `most` frequent."""
    parameters = {**_of(campaign), "most": most}
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(_SQL["explain_not_sent"], parameters, prepare=False):
        found.setdefault(row["reason"], {})[row["detail"]] = row["people"]
    return found


def count_campaign(connection: Connection, campaign: Campaign) -> Counts:
    """Count what became of a campaign up to now."""
    parameters = _of(campaign)
    messages = connection.execute(_SQL["count_messages"], parameters, prepare=False).fetchone()
    assert messages is not None  # an aggregate always answers
    unsent = connection.execute(_SQL["count_not_sent"], parameters, prepare=False).fetchall()
    waiting_for = connection.execute(_SQL["waiting_for"], parameters, prepare=False).fetchone()
    assert waiting_for is not None  # it is an aggregate, too
    answers = connection.execute(_SQL["count_answers"], parameters, prepare=False).fetchall()
    receipts = campaign.channel in _RECEIPTS
    return Counts(
        targeted=messages["made"]
        + sum(row["never"] for row in unsent)
        + _sum(answers, EventType.BATCH_READY),
        sent=messages["sent"],
        waiting=messages["waiting"] + messages["claimed"],
        waiting_for=waiting_for["answer"],
        in_doubt=messages["in_doubt"],
        not_sent={row["reason"]: row["people"] for row in unsent},
        refused=messages["refused"],
        delivered=_sum(answers, EventType.DELIVERED) if receipts else messages["kept"],
        hard_bounced=_sum(answers, EventType.BOUNCED, bounce="HARD"),
        soft_bounced=_sum(answers, EventType.BOUNCED) - _sum(answers, EventType.BOUNCED, bounce="HARD"),
        opened=_sum(answers, EventType.OPENED, machine=False),
        opened_by_machines=_sum(answers, EventType.OPENED, machine=True),
        clicked=_sum(answers, EventType.CLICKED, machine=False),
        clicked_by_machines=_sum(answers, EventType.CLICKED, machine=True),
        unsubscribed=_sum(answers, EventType.UNSUBSCRIBED),
        complained=_sum(answers, EventType.COMPLAINT),
        ready=_sum(answers, EventType.BATCH_READY),
        downloaded=_sum(answers, EventType.BATCH_DOWNLOADED),
    )


def _of(campaign: Campaign) -> dict[str, Any]:
    return {
        "account_id": campaign.account_id,
        "campaign_id": campaign.campaign_id,
        "since": campaign.created_at,
    }


def _sum(rows: Iterable[dict[str, Any]], type_: EventType, **asked: object) -> int:
    return sum(
        row["messages"]
        for row in rows
        if row["type"] == type_.value and all(row[name] == value for name, value in asked.items())
    )
