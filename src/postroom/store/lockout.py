"""The lock-out after failed logins, which all nodes share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from postroom.store import logins
from postroom.store.database import Connection


@dataclass(frozen=True, slots=True)
class Lockout:
    """How many failures within how many minutes lock somebody at an address, and an address altogether.

    `who` names somebody by kind and name, such as "login alice"; `peer` is an address.
    """

    failures: int = 10
    address_failures: int = 50
    minutes: int = 15

    def locked_until(self, connection: Connection, who: str, peer: str, now: datetime) -> datetime | None:
        """Return when the lock ends, or None when there is none."""
        return logins.locked_until(connection, [_both(who, peer), _address(peer)], now)

    def count_failure(self, connection: Connection, who: str, peer: str, now: datetime) -> None:
        """Count one failure, whether there is such a somebody or not."""
        window = timedelta(minutes=self.minutes)
        for scope, limit in ((_both(who, peer), self.failures), (_address(peer), self.address_failures)):
            logins.count_failure(connection, scope, limit=limit, window=window, now=now)

    def forget_failures(self, connection: Connection, who: str, peer: str) -> None:
        """Clear the failures of somebody at an address; those of the address as a whole stay."""
        logins.forget_failures(connection, _both(who, peer))


def _both(who: str, peer: str) -> str:
    # What strangers type may hold anything; PostgreSQL keeps every character but this one.
    return f"{who[:200]} at {peer}".replace("\0", "\ufffd")


def _address(peer: str) -> str:
    return f"address {peer}"
