"""Taking messages to hand them over: who may go by now, how many, and whose they are from then on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from postroom.contacts.campaigns import NotSentReason
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Unavailable
from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.paces import Paces, read_domains
from postroom.contacts.settings import AccountSettings
from postroom.sending.mailroom import Mailroom
from postroom.sending.pacing import Pacer
from postroom.store import accounts, outgoing
from postroom.store.database import Connection
from postroom.store.events import record_events
from postroom.store.outgoing import Due

BATCH: Final = 200
"""Messages of one claim."""

LEASE: Final = timedelta(seconds=90)
"""A claim without a sign of life for so long is that of a dead process."""

BEAT_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that are ours; `looked_at` are all that were due, `free_at` is when the account may go on."""

    claim: UUID
    messages: Sequence[Due] = field(default_factory=list)
    looked_at: int = 0
    free_at: datetime | None = None


def take(mailroom: Mailroom, account_id: int, channel: Channel) -> Batch:
    """Claim messages that are due, up to BATCH, committed before anything is handed over.

    Whoever opted out or came on a list since the messages were made gets none; what exceeds a pace waits.
    """
    now = mailroom.clock()
    batch_id = uuid4()
    with mailroom.database.transaction() as connection:
        paces = paces_of(accounts.account_by_id(connection, account_id).settings, mailroom.paces)
        pacer = Pacer(connection, account_id, channel, paces, now=now)
        allowed = pacer.allowance(BATCH)
        if not allowed:
            return Batch(batch_id, free_at=pacer.free_at)
        due = outgoing.take_due(connection, account_id, channel, limit=allowed, now=now)
        if not due:
            return Batch(batch_id)
        barred = _barred(connection, account_id, channel, due, now)
        going = [each for each in due if each.message_id not in barred]
        places = pacer.places(going)
        if places:
            outgoing.put_off(connection, account_id, places)
        ours = [each for each in going if each.message_id not in places]
        pacer.went(len(ours))
        if ours:
            ids = [each.message_id for each in ours]
            outgoing.claim(connection, account_id, channel, batch_id, ids, now=now)
        _record_barred(connection, account_id, channel, due, barred, now)
    return Batch(batch_id, ours, looked_at=len(due))


def paces_of(settings: AccountSettings, general: Paces) -> Paces:
    """Return how fast an account may go: as it says itself, else as the installation says."""
    return Paces(settings.send_per_minute, read_domains(settings.domains_per_minute)).under(general)


@contextmanager
def beating(mailroom: Mailroom, account_id: int, claim: UUID) -> Iterator[None]:
    """Show signs of life of a claim until the block ends."""

    def beat(connection: Connection) -> None:
        outgoing.beat(connection, account_id, claim, now=mailroom.clock())

    with repeating(mailroom, beat, BEAT_SECONDS):
        yield


@contextmanager
def repeating(mailroom: Mailroom, act: Callable[[Connection], None], seconds: float) -> Iterator[None]:
    """Do something in a transaction of its own every some seconds, until the block ends."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds):
            try:
                with mailroom.database.transaction() as connection:
                    act(connection)
            except Unavailable:
                continue  # the database is away; the next time may do

    thread = threading.Thread(target=repeat, name=f"postroom-{act.__name__}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def not_sent(
    channel: Channel,
    message: Due,
    reason: NotSentReason,
    *,
    detail: str = "",
    now: datetime,
) -> Event:
    """Return the event of a message that nobody will get."""
    attributes = {"reason": reason.value, **({"reasonDetail": detail[:300]} if detail else {})}
    return Event(
        EventType.NOT_SENT,
        EventSource.SYSTEM,
        now,
        channel=channel,
        contact_id=message.contact_id,
        campaign_id=message.campaign_id,
        message_id=message.message_id,
        address=message.address,
        attributes=attributes,
    )


def _barred(
    connection: Connection, account_id: int, channel: Channel, due: Sequence[Due], now: datetime
) -> dict[int, NotSentReason]:
    """Return who must not be written to by now; tests go to whom somebody named, opted out or not."""
    real = [each for each in due if not each.is_test]
    return outgoing.kept_out(connection, account_id, channel, real, now=now) if real else {}


def _record_barred(
    connection: Connection,
    account_id: int,
    channel: Channel,
    due: Sequence[Due],
    barred: dict[int, NotSentReason],
    now: datetime,
) -> None:
    if not barred:
        return
    outgoing.fail_waiting(connection, account_id, list(barred), answer="kept out since it was made")
    gone = [each for each in due if each.message_id in barred]
    events = [not_sent(channel, each, barred[each.message_id], now=now) for each in gone]
    record_events(connection, account_id, events, now=now)
