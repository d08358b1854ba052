"""The event store: what happened, only ever added to, read up to a cut that misses nothing.

Numbers of events are given out under a lock that is held until the commit, so they are in the order of
commits (specs, OUT flows 3.2): a reader of everything up to the counter meets each event exactly once.
Partitions are days of the time at which events were recorded, in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from postroom.contacts.channels import Channel
from postroom.contacts.events import Cut, Event, EventSource, EventType, RecordedEvent
from postroom.store.accounts import all_accounts
from postroom.store.database import Connection, Database
from postroom.store.statements import statements

_SQL = statements("events")

_COPY = (
    "copy events (account_id, seq, recorded_at, at, event_id, type, source, channel, contact_id, campaign_id,"
    " message_id, address, attributes) from stdin"
)

DAYS_AHEAD: Final = 14
"""For how many days there are partitions beforehand."""

_PAGE: Final = 10_000
_PATIENCE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers taken for events: `first`, and as many as were asked for; all are recorded at one moment."""

    first: int
    recorded_at: datetime


def take_numbers(connection: Connection, account_id: int, count: int, *, now: datetime) -> Numbers:
    """Take the numbers of `count` events that the caller writes now, by a statement of its own.

    Other writers of the account wait from here to the commit, so nothing else may be locked after this: it
    comes last in a transaction.
    """
    row = connection.execute(
        _SQL["count_events"], {"account_id": account_id, "count": count, "now": now}
    ).fetchone()
    assert row is not None  # an upsert that updates always returns
    return Numbers(row["last_seq"] - count + 1, row["last_at"])


def record_events(connection: Connection, account_id: int, events: Sequence[Event], *, now: datetime) -> None:
    """Add events, in their order; the last thing that a transaction does (see `take_numbers`).

    Events with a `key` must have been found new by `new_keys`, in the same transaction.
    """
    if not events:
        return
    numbers = take_numbers(connection, account_id, len(events), now=now)
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for place, event in enumerate(events):
            copy.write_row(_row(account_id, numbers.first + place, numbers.recorded_at, event))


def new_keys(connection: Connection, account_id: int, keys: Sequence[str], *, now: datetime) -> set[str]:
    """Claim keys of events; return those that nobody has claimed before.

    Who claims the same key in another transaction waits for the end of this one. What follows from an event
    is done for new ones alone, and before they are recorded.
    """
    if not keys:
        return set()
    rows = connection.execute(
        _SQL["claim_keys"], {"account_id": account_id, "keys": sorted(set(keys)), "now": now}
    )
    return {row["key"] for row in rows}


def cut(connection: Connection, account_id: int) -> Cut:
    """Return up to where the events of an account can be read: nothing will be added below."""
    row = connection.execute(_SQL["cut"], {"account_id": account_id}).fetchone()
    return Cut(row["last_seq"], row["last_at"]) if row else Cut(0, None)


def events_between(
    connection: Connection, account_id: int, types: Sequence[EventType], *, after: int, up_to: int
) -> Iterator[RecordedEvent]:
    """Yield the events of some types with numbers above `after` and up to `up_to`, in order."""
    parameters: dict[str, Any] = {
        "account_id": account_id,
        "types": [each.value for each in types],
        "after": after,
        "up_to": up_to,
        "limit": _PAGE,
    }
    while True:
        rows = connection.execute(_SQL["events_between"], parameters).fetchall()
        yield from map(_event, rows)
        if len(rows) < _PAGE:
            return
        parameters["after"] = rows[-1]["seq"]


def open_days(
    database: Database,
    first: date,
    *,
    days: int = DAYS_AHEAD,
    patience_seconds: float = _PATIENCE_SECONDS,
) -> list[date]:
    """Make the partitions of the days from `first` on that have none; return the days of those made.

    A day of which there are events already keeps them in the partition of other days. Each is made in a
    transaction of its own that gives up after `patience_seconds`: making one keeps all readers waiting.
    """
    with database.transaction() as connection:
        there = set(_days(connection))
    wanted = [first + timedelta(days=each) for each in range(days)]
    return [day for day in wanted if day not in there and _open_day(database, day, patience_seconds)]


def forget_days(database: Database, before: date) -> list[date]:
    """Remove the events recorded before a day, with what they were called at their source."""
    moment = datetime(before.year, before.month, before.day, tzinfo=UTC)
    with database.transaction() as connection:
        for account in all_accounts(connection):
            parameters = {"account_id": account.account_id, "before": moment}
            connection.execute(_SQL["forget_other_days"], parameters)
            connection.execute(_SQL["forget_keys"], parameters)
        old = [day for day in _days(connection) if day < before]
    for day in old:
        with database.transaction() as connection:
            _be_patient(connection, _PATIENCE_SECONDS)
            connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(_partition(day))))
    return old


def _open_day(database: Database, day: date, patience_seconds: float) -> bool:
    try:
        with database.transaction() as connection:
            _be_patient(connection, patience_seconds)
            connection.execute(
                sql.SQL(
                    "create table if not exists {} partition of events for values from ({}) to ({})"
                ).format(
                    sql.Identifier(_partition(day)),
                    sql.Literal(f"{day} 00:00:00+00"),
                    sql.Literal(f"{day + timedelta(days=1)} 00:00:00+00"),
                )
            )
    except (psycopg.errors.LockNotAvailable, psycopg.errors.CheckViolation):
        return False
    return True


def _be_patient(connection: Connection, seconds: float) -> None:
    limit = sql.Literal(f"{round(1000 * seconds)}ms")
    connection.execute(sql.SQL("set local lock_timeout = {}").format(limit))


def _days(connection: Connection) -> list[date]:
    rows = connection.execute(_SQL["days_with_partitions"])
    return [datetime.strptime(row["name"][-8:], "%Y%m%d").replace(tzinfo=UTC).date() for row in rows]


def _partition(day: date) -> str:
    return f"events_{day:%Y%m%d}"


def _row(account_id: int, seq: int, recorded_at: datetime, event: Event) -> tuple[Any, ...]:
    return (
        account_id,
        seq,
        recorded_at,
        event.at,
        event.event_id or uuid4(),
        event.type.value,
        event.source.value,
        event.channel.value if event.channel else None,
        event.contact_id,
        event.campaign_id,
        event.message_id,
        event.address,
        json.dumps(dict(event.attributes)),
    )


def _event(row: dict[str, Any]) -> RecordedEvent:
    channel = Channel(row["channel"]) if row["channel"] else None
    event_id: UUID = row["event_id"]
    typed = {"type": EventType(row["type"]), "source": EventSource(row["source"]), "channel": channel}
    return RecordedEvent(**{**row, **typed, "event_id": event_id})
