"""When the next message may go: of an account on a channel, and to a domain."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from postroom.contacts.channels import Channel
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("outgoing")


def lock_pace(connection: Connection, account_id: int, channel: Channel, *, now: datetime) -> datetime:
    """Return when an account's next message may go; nobody else asks until the transaction ends."""
    parameters = {"account_id": account_id, "channel": channel.value, "now": now}
    row = connection.execute(_SQL["lock_pace"], parameters).fetchone()
    assert row is not None  # an upsert that updates always returns
    free_at: datetime = row["free_at"]
    return free_at


def domain_paces(
    connection: Connection, account_id: int, channel: Channel, domains: Collection[str]
) -> dict[str, datetime]:
    """Return when the next message may go to these domains, of those that hold anybody up."""
    parameters = {"account_id": account_id, "channel": channel.value, "domains": sorted(domains)}
    return {row["domain"]: row["free_at"] for row in connection.execute(_SQL["paces"], parameters)}


def set_paces(
    connection: Connection, account_id: int, channel: Channel, paces: Mapping[str, datetime]
) -> None:
    """Let nothing more go to these domains ("" is the account as a whole) before these moments."""
    names = sorted(paces)
    connection.execute(
        _SQL["set_paces"],
        {
            "account_id": account_id,
            "channel": channel.value,
            "domains": names,
            "free": [paces[name] for name in names],
        },
    )


def forget_paces(connection: Connection, account_id: int, *, now: datetime) -> None:
    """Forget the domains of an account that hold nobody up any more."""
    connection.execute(_SQL["forget_paces"], {"account_id": account_id, "now": now})
