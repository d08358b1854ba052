"""How campaigns become messages: who gets one, and who gets none and why, judged by one statement.

An address is judged by the opt-outs of its medium, of the campaign's list and of the whole system, and by
what bounces and complaints have left behind; two people of one address get one message.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg import sql
from psycopg.types.json import Json

from postroom.contacts.campaigns import NotSentReason
from postroom.contacts.channels import Channel
from postroom.store.campaigns import Campaign
from postroom.store.database import Connection
from postroom.store.events import take_numbers
from postroom.store.levels import scope_of_list
from postroom.store.planning import joining_by_hash
from postroom.store.segments import EVERYBODY, Compiled
from postroom.store.statements import statements

_SQL = statements("launching")
_CAMPAIGNS = statements("campaigns")

_LOOKED_UP: Final = 2000
"""How many people of a list are looked up one by one rather than by reading whole tables."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """People who get no message, as array literals of one length; to be recorded by `record_not_sent`."""

    people: int = 0
    contacts: str = "{}"
    message_ids: str = "{}"
    addresses: str = "{}"
    reasons: str = "{}"


@dataclass(frozen=True, slots=True)
class Made:
    """How many messages were made, and who got none."""

    messages: int
    unsent: Unsent


@dataclass(frozen=True, slots=True)
class Single:
    """A message to be made: for whom, by the contact's key, in which format, with what of its own."""

    key: UUID | None
    format: int | None
    own: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Left:
    """A single message that was not made: its place among those asked for, from 0; None stands for nobody."""

    place: int
    contact_id: int | None
    address: str | None
    reason: NotSentReason


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a campaign is for: its list and segment and seeds, or given contacts."""

    segment: Compiled = EVERYBODY
    contact_ids: Sequence[int] | None = None


def make_messages(connection: Connection, campaign: Campaign, target: Target, *, now: datetime) -> Made:
    """Make the messages of a campaign, in one statement; the people who get none are still to be recorded."""
    query = sql.SQL(_SQL["make_messages"]).format(
        target=_target(campaign, target), barring=sql.SQL(_SQL["barring"]), standing=sql.SQL(_SQL["standing"])
    )
    parameters = {
        **_judging(connection, campaign, now),
        "list_id": campaign.list_id,
        "seed_list_id": campaign.options.seed_list_id,
        "format": campaign.options.format,
        "by_mail": campaign.channel is Channel.EMAIL,
        "contact_ids": list(target.contact_ids or ()),
        **target.segment.parameters,
    }
    with _planned_for(connection, campaign, target):
        row = connection.execute(query, parameters, prepare=False).fetchone()
    assert row is not None  # an aggregate always answers
    messages = int(row.pop("messages"))
    return Made(messages, _unsent(row))


def is_anybody(connection: Connection, campaign: Campaign, segment: Compiled) -> bool:
    """Tell whether anybody is on the lists of a campaign now, and in its segment."""
    query = sql.SQL(_SQL["is_anybody"]).format(condition=segment.condition)
    parameters = {
        "account_id": campaign.account_id,
        "list_id": campaign.list_id,
        "seed_list_id": campaign.options.seed_list_id,
        **segment.parameters,
    }
    row = connection.execute(query, parameters, prepare=False).fetchone()
    return bool(row and row["found"])


def make_single_messages(
    connection: Connection, campaign: Campaign, singles: Sequence[Single], *, cancelled: bool, now: datetime
) -> list[Left]:
    """Make single messages of a campaign, in their order; return those who get none.

    Nobody gets one where it is `cancelled`.
    """
    query = sql.SQL(_SQL["make_single_messages"]).format(
        address=_address(campaign.channel),
        barring=sql.SQL(_SQL["barring"]),
        standing=sql.SQL(_SQL["standing"]),
    )
    parameters = {
        **_judging(connection, campaign, now),
        "keys": [each.key for each in singles],
        "formats": [each.format for each in singles],
        "owns": [None if each.own is None else Json(each.own) for each in singles],
        "cancelled": cancelled,
    }
    rows = connection.execute(query, parameters, prepare=False)
    return [
        Left(row["place"] - 1, row["contact_id"], row["address"], NotSentReason(row["reason"]))
        for row in rows
    ]


def cancel_waiting(connection: Connection, campaign: Campaign) -> Unsent:
    """Cancel the messages of a campaign that wait; their people are still to be recorded."""
    parameters = {"account_id": campaign.account_id, "campaign_id": campaign.campaign_id}
    row = connection.execute(_CAMPAIGNS["cancel_waiting"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return _unsent(row)


def record_not_sent(connection: Connection, campaign: Campaign, unsent: Unsent, *, now: datetime) -> None:
    """Record that people get no message; takes the numbers of events, so nothing may be locked afterwards."""
    if not unsent.people:
        return
    numbers = take_numbers(connection, campaign.account_id, unsent.people, now=now)
    connection.execute(
        _SQL["record_not_sent"],
        {
            "account_id": campaign.account_id,
            "campaign_id": campaign.campaign_id,
            "channel": campaign.channel.value,
            "first": numbers.first,
            "recorded_at": numbers.recorded_at,
            "now": now,
            "salt": uuid4().hex,
            "contacts": unsent.contacts,
            "message_ids": unsent.message_ids,
            "addresses": unsent.addresses,
            "reasons": unsent.reasons,
        },
    )


def contacts_at(
    connection: Connection, account_id: int, channel: Channel, addresses: Sequence[str]
) -> dict[str, int]:
    """Return the oldest contact of each of these normalised addresses; reads all contacts of the account."""
    query = sql.SQL(_SQL["contacts_at"]).format(address=_address(channel))
    parameters = {"account_id": account_id, "addresses": list(addresses)}
    return {row["address"]: row["contact_id"] for row in connection.execute(query, parameters)}


def contacts_among(connection: Connection, account_id: int, contact_ids: Sequence[int]) -> set[int]:
    """Return which of these contacts the account has."""
    parameters = {"account_id": account_id, "contact_ids": list(contact_ids)}
    rows = connection.execute(_SQL["contacts_among"], parameters)
    return {row["contact_id"] for row in rows}


def _target(campaign: Campaign, target: Target) -> sql.Composed:
    if target.contact_ids is not None:
        name = "target_of_contacts"
    else:
        name = "target_of_list" if campaign.options.seed_list_id is None else "target_with_seeds"
    return sql.SQL(_SQL[name]).format(address=_address(campaign.channel), condition=target.segment.condition)


@contextmanager
def _planned_for(connection: Connection, campaign: Campaign, target: Target) -> Iterator[None]:
    if target.contact_ids is not None or not _is_long(connection, campaign):
        yield
        return
    with joining_by_hash(connection):
        yield


def _is_long(connection: Connection, campaign: Campaign) -> bool:
    parameters = {
        "account_id": campaign.account_id,
        "list_id": campaign.list_id,
        "most": _LOOKED_UP,
    }
    row = connection.execute(_SQL["is_long"], parameters).fetchone()
    return bool(row and row["long"])


def _judging(connection: Connection, campaign: Campaign, now: datetime) -> dict[str, Any]:
    account_id, list_id = campaign.account_id, campaign.list_id
    return {
        "account_id": account_id,
        "campaign_id": campaign.campaign_id,
        "channel": campaign.channel.value,
        "medium": campaign.channel.medium.value if campaign.channel.opts_out else None,
        "list_scope": None if list_id is None else scope_of_list(connection, account_id, list_id),
        "now": now,
    }


def _address(channel: Channel) -> sql.Identifier:
    field_name = channel.address_field
    if field_name is None:
        raise ValueError(f"{channel} has no address of one field")
    return sql.Identifier(field_name)


def _unsent(row: dict[str, Any]) -> Unsent:
    return Unsent(**{name: value for name, value in row.items() if value is not None})
