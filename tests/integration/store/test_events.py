"""Events are added by many at once, and read by one who must miss none."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.events import Cut, Event, EventSource, EventType, RecordedEvent
from postroom.store.database import Connection, Database
from postroom.store.events import (
    cut,
    events_between,
    forget_days,
    new_keys,
    open_days,
    record_events,
    take_numbers,
)
from tests.conftest import Person
from tests.integration.drops.clock import NOON

ALL = tuple(EventType)
WRITERS = 6
TRANSACTIONS = 40


def opened(number: int = 1, **given: object) -> Event:
    attributes = {"number": number, "sentMoment": NOON.isoformat()}
    values: dict[str, object] = {
        "type": EventType.OPENED,
        "source": EventSource.TRACKER,
        "at": NOON,
        "channel": Channel.EMAIL,
        "contact_id": number,
        "message_id": number,
        "address": "bob@example.com",
        "attributes": attributes,
    }
    return Event(**{**values, **given})  # type: ignore[arg-type]  # as the events of a test are given


def record(database: Database, person: Person, *events: Event, now: datetime = NOON) -> None:
    with database.transaction() as connection:
        record_events(connection, person.account.account_id, events, now=now)


def read(
    connection: Connection, person: Person, after: int = 0, types: Sequence[EventType] = ALL
) -> list[RecordedEvent]:
    account_id = person.account.account_id
    return list(
        events_between(connection, account_id, types, after=after, up_to=cut(connection, account_id).seq)
    )


def stored(database: Database, person: Person) -> list[RecordedEvent]:
    with database.reading() as connection:
        return read(connection, person)


def numbers(events: Sequence[RecordedEvent]) -> list[int]:
    return [event.attributes["number"] for event in events]


def test_an_event_comes_back_as_it_was_recorded(database: Database, alice: Person) -> None:
    event = opened(7, campaign_id=3, at=NOON - timedelta(hours=2))

    record(database, alice, event)

    (found,) = stored(database, alice)
    assert (found.seq, found.recorded_at) == (1, NOON)
    assert (found.type, found.source, found.at) == (event.type, event.source, event.at)
    assert (found.channel, found.contact_id, found.campaign_id) == (Channel.EMAIL, 7, 3)
    assert (found.message_id, found.address, found.attributes) == (7, "bob@example.com", event.attributes)


def test_an_event_needs_no_campaign_contact_or_address(database: Database, alice: Person) -> None:
    record(database, alice, Event(EventType.CAMPAIGN_STATE, EventSource.SYSTEM, NOON))

    (found,) = stored(database, alice)
    assert (found.channel, found.contact_id, found.address, found.attributes) == (None, None, None, {})


def test_every_event_has_an_id_of_its_own(database: Database, alice: Person) -> None:
    record(database, alice, *(opened(number) for number in range(1, 51)))

    assert len({event.event_id for event in stored(database, alice)}) == 50


def test_recording_nothing_takes_no_number(database: Database, alice: Person) -> None:
    record(database, alice)

    with database.reading() as connection:
        assert cut(connection, alice.account.account_id) == Cut(0, None)


def test_numbers_go_on_where_they_ended(database: Database, alice: Person) -> None:
    record(database, alice, opened(1), opened(2))
    record(database, alice, opened(3))

    assert [event.seq for event in stored(database, alice)] == [1, 2, 3]


def test_each_account_counts_for_itself_and_charlie_sees_none_of_alices(
    database: Database, alice: Person, charlie: Person
) -> None:
    record(database, alice, opened(1), opened(2))
    record(database, charlie, opened(3))

    assert [(event.seq, event.attributes["number"]) for event in stored(database, charlie)] == [(1, 3)]


def test_only_the_types_that_are_asked_for_are_read(database: Database, alice: Person) -> None:
    record(database, alice, opened(1), opened(2, type=EventType.CLICKED), opened(3))

    with database.reading() as connection:
        assert numbers(read(connection, alice, types=[EventType.CLICKED])) == [2]


def test_reading_begins_after_a_number_and_ends_with_the_cut(database: Database, alice: Person) -> None:
    record(database, alice, *(opened(number) for number in range(1, 6)))

    with database.reading() as connection:
        account_id = alice.account.account_id
        assert numbers(list(events_between(connection, account_id, ALL, after=2, up_to=4))) == [3, 4]


def test_a_clock_that_goes_back_takes_no_event_back(database: Database, alice: Person) -> None:
    record(database, alice, opened(1), now=NOON)
    record(database, alice, opened(2), now=NOON - timedelta(minutes=5))

    assert [event.recorded_at for event in stored(database, alice)] == [NOON, NOON]


def test_what_is_rolled_back_leaves_no_gap(database: Database, alice: Person) -> None:
    with suppress(ZeroDivisionError), database.transaction() as connection:
        record_events(connection, alice.account.account_id, [opened(1)], now=NOON)
        raise ZeroDivisionError
    record(database, alice, opened(2))

    assert [(event.seq, event.attributes["number"]) for event in stored(database, alice)] == [(1, 2)]


def test_a_reader_never_sees_past_who_began_earlier_and_commits_later(
    database: Database, alice: Person
) -> None:
    account_id = alice.account.account_id
    with database.transaction() as slow, database.reading() as reader:
        new_keys(slow, account_id, ["slow"], now=NOON)
        record(database, alice, opened(1))
        first = read(reader, alice)
        record_events(slow, account_id, [opened(2)], now=NOON)
        assert cut(reader, account_id).seq == first[-1].seq  # numbers are taken, but nobody sees them yet

    with database.reading() as reader:
        assert numbers(first) == [1]
        assert numbers(read(reader, alice, after=first[-1].seq)) == [2]


def test_many_writers_that_commit_in_any_order_are_read_exactly_once(
    database_url: str, alice: Person
) -> None:
    writers_are_done = threading.Event()
    with Database(database_url, max_connections=WRITERS + 1) as database:

        def write(writer: int) -> list[int]:
            chance = random.Random(writer)
            return [number for turn in range(TRANSACTIONS) for number in some(writer, turn, chance)]

        def some(writer: int, turn: int, chance: random.Random) -> Iterator[int]:
            mine = [1000 * (writer * TRANSACTIONS + turn) + each for each in range(chance.randint(1, 8))]
            with suppress(ZeroDivisionError), database.transaction() as connection:
                new_keys(connection, alice.account.account_id, [f"{writer}-{turn}"], now=NOON)
                record_events(connection, alice.account.account_id, [opened(each) for each in mine], now=NOON)
                if chance.random() < 0.2:
                    raise ZeroDivisionError
                yield from mine

        def follow() -> list[RecordedEvent]:
            seen: list[RecordedEvent] = []
            while True:
                last = writers_are_done.is_set()
                with database.reading() as connection:
                    seen += read(connection, alice, after=seen[-1].seq if seen else 0)
                if last:
                    return seen

        with ThreadPoolExecutor(WRITERS + 1) as pool:
            reading = pool.submit(follow)
            written = [number for each in pool.map(write, range(WRITERS)) for number in each]
            writers_are_done.set()

    seen = reading.result()
    assert sorted(numbers(seen)) == sorted(written)
    assert [event.seq for event in seen] == list(range(1, len(written) + 1))


def test_a_key_is_new_once(database: Database, alice: Person, charlie: Person) -> None:
    with database.transaction() as connection:
        first = new_keys(connection, alice.account.account_id, ["a", "b", "a"], now=NOON)
        again = new_keys(connection, alice.account.account_id, ["b", "c"], now=NOON)
        others = new_keys(connection, charlie.account.account_id, ["a"], now=NOON)

    assert (first, again, others) == ({"a", "b"}, {"c"}, {"a"})


def test_a_key_whose_event_was_rolled_back_is_new_again(database: Database, alice: Person) -> None:
    with suppress(ZeroDivisionError), database.transaction() as connection:
        new_keys(connection, alice.account.account_id, ["a"], now=NOON)
        raise ZeroDivisionError

    with database.transaction() as connection:
        assert new_keys(connection, alice.account.account_id, ["a"], now=NOON) == {"a"}


def test_no_key_asks_nothing(database: Database, alice: Person) -> None:
    with database.transaction() as connection:
        assert new_keys(connection, alice.account.account_id, [], now=NOON) == set()


def test_numbers_can_be_taken_for_events_that_a_statement_writes(database: Database, alice: Person) -> None:
    record(database, alice, opened(1))

    with database.transaction() as connection:
        taken = take_numbers(connection, alice.account.account_id, 300, now=NOON + timedelta(hours=1))
        assert (taken.first, taken.recorded_at) == (2, NOON + timedelta(hours=1))
        assert cut(connection, alice.account.account_id).seq == 301


def partitions(database: Database) -> list[str]:
    with database.reading() as connection:
        rows = connection.execute(
            "select inhrelid::regclass::text as name from pg_inherits"
            " where inhparent = 'events'::regclass order by 1"
        )
        return [row["name"] for row in rows if row["name"].startswith("events_2")]


def homes(database: Database) -> set[str]:
    with database.reading() as connection:
        return {
            row["home"] for row in connection.execute("select tableoid::regclass::text as home from events")
        }


def test_days_are_made_ahead_and_once(database: Database) -> None:
    first = date(2030, 2, 27)

    assert open_days(database, first, days=3) == [first, date(2030, 2, 28), date(2030, 3, 1)]
    assert open_days(database, first, days=4) == [date(2030, 3, 2)]
    assert partitions(database)[:2] == ["events_20300227", "events_20300228"]


def test_events_go_to_the_partition_of_the_day_of_their_recording(database: Database, alice: Person) -> None:
    open_days(database, date(2030, 2, 27), days=2)

    record(database, alice, opened(1), now=datetime(2030, 2, 27, 23, 59, 59, tzinfo=UTC))
    record(database, alice, opened(2), now=datetime(2030, 2, 28, tzinfo=UTC))

    assert homes(database) == {"events_20300227", "events_20300228"}


def test_a_day_without_a_partition_keeps_its_events_all_the_same(database: Database, alice: Person) -> None:
    record(database, alice, opened(1))

    assert homes(database) == {"events_of_other_days"}
    assert open_days(database, NOON.date(), days=2) == [NOON.date() + timedelta(days=1)]
    assert numbers(stored(database, alice)) == [1]


def test_a_reader_keeps_a_day_from_being_made_for_a_moment_only(database: Database, alice: Person) -> None:
    record(database, alice, opened(1))

    with database.transaction() as connection:
        read(connection, alice)
        assert open_days(database, date(2030, 2, 27), days=1, patience_seconds=0.05) == []

    assert open_days(database, date(2030, 2, 27), days=1) == [date(2030, 2, 27)]


@pytest.mark.parametrize("ahead", [True, False], ids=["with partitions", "without"])
def test_old_days_are_forgotten_with_their_keys(database: Database, alice: Person, *, ahead: bool) -> None:
    account_id = alice.account.account_id
    if ahead:
        open_days(database, date(2030, 2, 27), days=3)
    for day in (27, 28):
        now = datetime(2030, 2, day, 12, tzinfo=UTC)
        record(database, alice, opened(day), now=now)
        with database.transaction() as connection:
            new_keys(connection, account_id, [f"key {day}"], now=now)

    forget_days(database, date(2030, 2, 28))

    assert numbers(stored(database, alice)) == [28]
    with database.transaction() as connection:
        assert new_keys(connection, account_id, ["key 27", "key 28"], now=NOON) == {"key 27"}
