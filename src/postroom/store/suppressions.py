"""Addresses that are left alone for what came back, and how often each bounced (specs, OUT flows 1.8).

A row whose `until_at` is past keeps nobody from anything; it waits for whoever tells that it ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.suppressions import SuppressionReason
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("suppressions")


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address on a list until `until_at` (None: for good), and whose message brought it there.

    `ended_for` says why it ends now, where that is not its time.
    """

    address: str
    channel: Channel
    kind: SuppressionKind
    reason: SuppressionReason
    bounces: int
    since_at: datetime
    until_at: datetime | None
    contact_id: int | None = None
    campaign_id: int | None = None
    ended_for: SuppressionReason | None = None

    def stands(self, now: datetime) -> bool:
        """Tell whether it still keeps messages from the address."""
        return self.until_at is None or self.until_at > now


@dataclass(frozen=True, slots=True)
class Bounces:
    """How often an address bounced for good, and for a while."""

    hard: int = 0
    soft: int = 0


def hold_suppression(
    connection: Connection, account_id: int, address: str, channel: Channel
) -> Suppression | None:
    """Return the list that an address is on, whether it still stands or not; others wait to change it."""
    row = connection.execute(_SQL["hold_suppression"], _key(account_id, address, channel)).fetchone()
    return _suppression(row) if row else None


def suppression_of(
    connection: Connection, account_id: int, address: str, channel: Channel, *, now: datetime
) -> Suppression | None:
    """Return the list that an address is on, None when it is on none."""
    parameters = {**_key(account_id, address, channel), "now": now}
    row = connection.execute(_SQL["suppression_of"], parameters).fetchone()
    return _suppression(row) if row else None


def put_suppression(connection: Connection, account_id: int, suppression: Suppression) -> None:
    """Put an address on a list, in the place of the one that it was on."""
    connection.execute(
        _SQL["put_suppression"],
        {
            **_key(account_id, suppression.address, suppression.channel),
            "kind": suppression.kind.value,
            "reason": suppression.reason.value,
            "bounces": suppression.bounces,
            "since_at": suppression.since_at,
            "until_at": suppression.until_at,
            "contact_id": suppression.contact_id,
            "campaign_id": suppression.campaign_id,
        },
    )


def remove_suppression(connection: Connection, account_id: int, address: str, channel: Channel) -> None:
    """Take an address off its list, and begin to count its bounces anew."""
    connection.execute(_SQL["remove_suppression"], _key(account_id, address, channel))
    connection.execute(_SQL["forget_bounces"], _key(account_id, address, channel))


def take_ended(
    connection: Connection, account_id: int, *, now: datetime, limit: int = 1000
) -> list[Suppression]:
    """Take those off their lists whose time is over; the series of their bounces go on."""
    parameters = {"account_id": account_id, "now": now, "limit": limit}
    rows = connection.execute(_SQL["take_ended"], parameters).fetchall()
    return sorted((_suppression(row) for row in rows), key=lambda each: each.address)


def accounts_with_ended(connection: Connection, *, now: datetime) -> list[int]:
    """Return the accounts that have addresses whose time is over."""
    return [row["account_id"] for row in connection.execute(_SQL["accounts_with_ended"], {"now": now})]


def end_suppressions(
    connection: Connection,
    account_id: int,
    channel: Channel,
    ended_for: SuppressionReason,
    *,
    addresses: str,
    now: datetime,
) -> None:
    """Let what bounces and complaints did to an array literal of addresses end now."""
    connection.execute(
        _SQL["end_suppressions"],
        {
            "account_id": account_id,
            "channel": channel.value,
            "ended_for": ended_for.value,
            "addresses": addresses,
            "now": now,
        },
    )


def count_bounce(
    connection: Connection, account_id: int, address: str, channel: Channel, *, hard: bool, now: datetime
) -> Bounces:
    """Count a bounce against an address; return how many there were by now."""
    counted = {"hard": int(hard), "soft": int(not hard), "now": now}
    row = connection.execute(
        _SQL["count_bounce"], {**_key(account_id, address, channel), **counted}
    ).fetchone()
    assert row is not None  # an upsert that updates always returns
    return Bounces(row["hard"], row["soft"])


def bounces_of(connection: Connection, account_id: int, address: str, channel: Channel) -> Bounces:
    """Return how often an address bounced."""
    row = connection.execute(_SQL["bounces_of"], _key(account_id, address, channel)).fetchone()
    return Bounces(row["hard"], row["soft"]) if row else Bounces()


def read_suppressions(
    connection: Connection,
    account_id: int,
    channel: Channel,
    *,
    kind: SuppressionKind | None = None,
    after: str = "",
    limit: int,
    now: datetime,
) -> list[Suppression]:
    """Return the addresses on a list (or on any) that come after one, in their order."""
    parameters = {
        "account_id": account_id,
        "channel": channel.value,
        "kind": kind.value if kind else None,
        "after": after,
        "limit": limit,
        "now": now,
    }
    return [_suppression(row) for row in connection.execute(_SQL["read_suppressions"], parameters)]


def count_suppressions(
    connection: Connection, account_id: int, channel: Channel, *, now: datetime
) -> dict[SuppressionKind, int]:
    """Return how many addresses are on each list; those with none are left out."""
    parameters = {"account_id": account_id, "channel": channel.value, "now": now}
    rows = connection.execute(_SQL["count_suppressions"], parameters)
    return {SuppressionKind(row["kind"]): int(row["addresses"]) for row in rows}


def _key(account_id: int, address: str, channel: Channel) -> dict[str, Any]:
    return {"account_id": account_id, "address": address, "channel": channel.value}


def _suppression(row: dict[str, Any]) -> Suppression:
    ended_for = SuppressionReason(row["ended_for"]) if row["ended_for"] else None
    typed = {
        "channel": Channel(row["channel"]),
        "kind": SuppressionKind(row["kind"]),
        "reason": SuppressionReason(row["reason"]),
        "ended_for": ended_for,
    }
    return Suppression(**{**row, **typed})
