"""Handing messages over: claim, render, sign, hand over, record; at most once, and doubts are told.

A claim is committed before anything leaves. So a process that dies leaves messages that may have been handed
over or not: they are put into doubt, and nobody sends them again but the operator.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from postroom.contacts.channels import Channel
from postroom.sending.claiming import BATCH, repeating, take
from postroom.sending.handing import hand_over
from postroom.sending.mailroom import Mailroom
from postroom.sending.waking import DELIVER_TASK, delivery_lock, enqueue_delivery
from postroom.store import outgoing
from postroom.store.database import Connection

__all__ = ["DELIVER_TASK", "deliver", "enqueue_delivery"]

TURN_SECONDS: Final = 5.0
"""For how long one job goes on before it lets those of other accounts have their turn."""

RELIEFS: Final = 2
"""So many jobs more there are while others wait for an answer."""

GRACE: Final = timedelta(seconds=20)
"""When to look again for what another job is claiming at this moment."""


def deliver(mailroom: Mailroom, account_id: int, channel: Channel, lane: int = 0) -> int:
    """Hand over what is due of an account on a channel; return of how many messages something became.

    What is left, or due later, gets a job of its own. Where nothing carries the channel, messages wait.
    """
    carrier = mailroom.carriers.get(channel)
    if carrier is None:
        return 0
    until = time.monotonic() + TURN_SECONDS
    done, idle, pause = 0, False, None
    while time.monotonic() < until:
        batch = take(mailroom, account_id, channel)
        if batch.free_at is not None:
            pause = batch.free_at
            break
        if not batch.looked_at:
            idle = True
            break
        if batch.looked_at >= BATCH:
            _widen(mailroom, account_id, channel, lane)
        mailroom.between_steps("claimed")
        if batch.messages:
            done += len(batch.messages)
            with _relieved(mailroom, account_id, channel, lane):
                pause = hand_over(mailroom, account_id, channel, carrier, batch)
        if pause is not None:
            break
    if idle:
        # What is still due is being claimed by another job at this moment, which goes on by itself.
        pause = mailroom.clock() + GRACE
    if not idle or lane == 0:
        _go_on(mailroom, account_id, channel, lane, pause)
    return done


def _widen(mailroom: Mailroom, account_id: int, channel: Channel, lane: int) -> None:
    """Have another job share the work, when there is much of it."""
    if lane + 1 < mailroom.lanes:
        with mailroom.database.transaction() as connection:
            _open_lane(mailroom, connection, account_id, channel, lane + 1)


@contextmanager
def _relieved(mailroom: Mailroom, account_id: int, channel: Channel, lane: int) -> Iterator[None]:
    """Have another job take what is due, while a relay or provider lets this one wait."""

    def relief(connection: Connection) -> None:
        due_at = outgoing.next_due(connection, account_id).get(channel)
        if due_at is not None and due_at <= mailroom.clock():
            _open_lane(mailroom, connection, account_id, channel, lane + 1)

    if lane + 1 >= mailroom.lanes + RELIEFS:
        yield
        return
    with repeating(mailroom, relief, mailroom.relief_seconds):
        yield


def _open_lane(
    mailroom: Mailroom, connection: Connection, account_id: int, channel: Channel, lane: int
) -> None:
    if not mailroom.queue.has_job(connection, lock=delivery_lock(account_id, channel, lane)):
        enqueue_delivery(connection, mailroom.queue, account_id, channel, lane=lane)


def _go_on(mailroom: Mailroom, account_id: int, channel: Channel, lane: int, pause: datetime | None) -> None:
    """Enqueue the job for what is left, or due next."""
    with mailroom.database.transaction() as connection:
        due_at = outgoing.next_due(connection, account_id).get(channel)
        if due_at is None:
            return
        at = max(due_at, pause) if pause is not None else due_at
        later = at if at > mailroom.clock() else None
        enqueue_delivery(connection, mailroom.queue, account_id, channel, at=later, lane=0 if later else lane)
