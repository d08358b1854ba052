"""Throttling: how many messages may go now, and when those have their turn that may not.

Each rate is one moment, at which the next message may go; each message moves it on (the generic cell rate
algorithm). So a rate costs one row, and holds whichever process sends. An account may make up in a short
burst for what it missed while nobody asked. A domain gives each message a place of its own, once, so that
thousands to one domain are not looked at again and again while they wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from postroom.contacts.channels import Channel
from postroom.contacts.paces import Paces
from postroom.store import pacing
from postroom.store.database import Connection
from postroom.store.outgoing import Due

BURST: Final = timedelta(seconds=10)
"""For so long back it is made up for what could have gone and did not."""

LAPSE: Final = timedelta(minutes=1)
"""Whose turn was missed by so much (a campaign paused, say) takes another: all at once were too fast."""

ACCOUNT: Final = ""
"""Stands for the account as a whole, beside domains."""


class Pacer:
    """The paces of one account on one channel, within a transaction."""

    def __init__(
        self, connection: Connection, account_id: int, channel: Channel, paces: Paces, *, now: datetime
    ) -> None:
        """Ask for what `paces` allow; nobody else asks for the account's until the transaction ends."""
        self._connection, self._account_id, self._channel = connection, account_id, channel
        self._paces, self._now = paces, now
        self._free: dict[str, datetime] = {}
        if paces.per_minute or paces.domains:
            free_at = pacing.lock_pace(connection, account_id, channel, now=now - BURST)
            self._free[ACCOUNT] = max(free_at, now - BURST)

    @property
    def free_at(self) -> datetime:
        """When the next message of the account may go."""
        return self._free[ACCOUNT] if self._paces.per_minute else self._now

    def allowance(self, most: int) -> int:
        """Return how many messages may go now, at most `most`."""
        if not self._paces.per_minute:
            return most
        each = _interval(self._paces.per_minute)
        ahead = self._now - self._free[ACCOUNT]
        return 0 if ahead < timedelta() else min(most, ahead // each + 1)

    def places(self, messages: Sequence[Due]) -> dict[int, datetime]:
        """Return when each of those may go that may not go now; move the paces of their domains on."""
        domains = {each.domain for each in messages} - {ACCOUNT}
        if not domains:
            return {}
        held = pacing.domain_paces(self._connection, self._account_id, self._channel, domains)
        later: dict[int, datetime] = {}
        for message in messages:
            at = self._place(message, held)
            if at is not None and at > self._now:
                later[message.message_id] = at
        return later

    def went(self, count: int) -> None:
        """Note that so many messages go now, and write the paces down."""
        if self._paces.per_minute:
            self._free[ACCOUNT] += count * _interval(self._paces.per_minute)
        if self._free:
            pacing.set_paces(self._connection, self._account_id, self._channel, self._free)

    def _place(self, message: Due, held: dict[str, datetime]) -> datetime | None:
        """Return when a message may go, None for now."""
        domain, rate = message.domain, self._paces.of_domain(message.domain)
        if not rate:
            return held.get(domain)
        if message.paced and message.due_at > self._now - LAPSE:
            return None
        at = max(self._free.get(domain, held.get(domain, self._now)), self._now)
        self._free[domain] = at + _interval(rate)
        return at


def hold_domains(
    connection: Connection, account_id: int, channel: Channel, domains: Sequence[str], until: datetime
) -> None:
    """Let nothing go to domains that are busy before a moment."""
    if domains:
        pacing.set_paces(connection, account_id, channel, dict.fromkeys(domains, until))


def _interval(per_minute: int) -> timedelta:
    return timedelta(minutes=1) / per_minute
