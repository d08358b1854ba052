"""Many programs change the same lists at once, while imports and others hold the account."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random

import pytest

from postroom.contacts.errors import Conflict
from postroom.drops.room import Room
from postroom.store.accounts import lock_account, lock_account_soon, share_account_soon
from postroom.store.list_counts import Stats
from postroom.web.api.operations import lists
from postroom.web.api.operations.pages import Paging
from postroom.web.auth.caller import Caller
from tests.conftest import Person
from tests.integration.ingest.counters import by_hand, known
from tests.integration.web.operations.calling import caller_of
from tests.integration.web.operations.people import import_people, members_of

THREADS, ROUNDS = 16, 25


@contextmanager
def busy(room: Room, person: Person) -> Iterator[None]:
    """Hold a person's account as an import does."""
    with room.database.transaction() as connection:
        lock_account(connection, person.account.account_id)
        yield


def test_counters_are_exact_when_sixteen_programs_change_the_same_lists(room: Room, alice: Person) -> None:
    caller = caller_of(alice)
    rows = "".join(f"{number}@example.com;06123456{number:02}\n" for number in range(40))
    people = import_people(room, alice, f"Email;Mobile\n{rows}")
    everybody = members_of(room, alice, people)
    made = [lists.create_list(room, caller, name).list_id for name in "abc"]
    start = threading.Barrier(THREADS)

    def change(seed: int) -> int:
        random = Random(seed)  # chance, not secrecy
        start.wait(30)
        more = 0
        for _ in range(ROUNDS):
            list_id, some = random.choice(made), random.sample(everybody, 5)
            if random.random() < 0.6:
                more += lists.add_contacts(room, caller, list_id, some)
            else:
                more -= lists.remove_contacts(room, caller, list_id, some)
        return more

    with ThreadPoolExecutor(THREADS) as threads:
        more = sum(threads.map(change, range(THREADS)))

    counters = known(room, alice.account.account_id)
    counted = by_hand(room, alice.account.account_id)
    assert {list_id: counters[list_id] for list_id in made} == {each: counted[each] for each in made}
    assert more == sum(counted[list_id].subscribers for list_id in made)


def test_readers_that_count_and_programs_that_change_leave_no_wrong_counter(
    room: Room, alice: Person
) -> None:
    caller = caller_of(alice)
    people = import_people(room, alice)
    everybody = members_of(room, alice, people)
    start = threading.Barrier(8)

    def change(seed: int) -> None:
        random = Random(seed)  # chance, not secrecy
        start.wait(30)
        for _ in range(20):
            if seed % 2:
                lists.read_lists(room, caller, ids=None, paging=Paging(), with_stats=True)
            elif random.random() < 0.3:
                lists.merge_lists(room, caller, [people, other], "merged")
            else:
                lists.remove_contacts(room, caller, other, random.sample(everybody, 2))
                lists.add_contacts(room, caller, other, random.sample(everybody, 2))

    other = lists.create_list(room, caller, "other").list_id
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(change, range(8)))

    counted = by_hand(room, alice.account.account_id)
    counters = known(room, alice.account.account_id)
    assert {key: stats for key, stats in counters.items() if stats} == {
        key: counted[key] for key, stats in counters.items() if stats
    }


def test_programs_that_add_the_same_contacts_at_the_same_time_count_each_once(
    room: Room, alice: Person
) -> None:
    caller = caller_of(alice)
    everybody = members_of(room, alice, import_people(room, alice))
    made = [lists.create_list(room, caller, name).list_id for name in ("one", "other")]
    start = threading.Barrier(8)

    def add(seed: int) -> int:
        random = Random(seed)  # chance, not secrecy
        start.wait(30)
        return sum(
            lists.add_contacts(room, caller, random.choice(made), random.sample(everybody, 2))
            for _ in range(10)
        )

    with ThreadPoolExecutor(8) as threads:
        added = sum(threads.map(add, range(8)))

    counted, counters = by_hand(room, alice.account.account_id), known(room, alice.account.account_id)
    assert {list_id: counters[list_id] for list_id in made} == {each: counted[each] for each in made}
    assert added == sum(counted[list_id].subscribers for list_id in made)


CHANGES: dict[str, Callable[[Room, Caller, int], object]] = {
    "delete": lambda room, caller, list_id: lists.delete_lists(room, caller, [list_id]),
    "merge": lambda room, caller, list_id: lists.merge_lists(room, caller, [list_id, 2**40], "all"),
    "add": lambda room, caller, list_id: lists.add_contacts(room, caller, list_id, [1]),
    "remove": lambda room, caller, list_id: lists.remove_contacts(room, caller, list_id, [1]),
}


def test_what_changes_who_is_on_a_list_waits_for_a_while_and_gives_up(room: Room, alice: Person) -> None:
    people = import_people(room, alice)
    before = by_hand(room, alice.account.account_id)

    def give_up(name: str) -> str:
        with pytest.raises(Conflict) as conflict:
            CHANGES[name](room, caller_of(alice), people)
        return conflict.value.code

    with busy(room, alice), ThreadPoolExecutor(len(CHANGES)) as threads:
        codes = list(threads.map(give_up, CHANGES))

    assert codes == ["ACCOUNT_BUSY"] * len(CHANGES)
    assert by_hand(room, alice.account.account_id) == before


def test_reading_making_and_renaming_wait_for_no_import(room: Room, alice: Person) -> None:
    caller, people = caller_of(alice), import_people(room, alice)

    with busy(room, alice):
        made = lists.create_list(room, caller, "new")
        lists.update_lists(room, caller, [people], {"name": "renamed"})
        page = lists.read_lists(room, caller, ids=None, paging=Paging(), with_stats=True)

    assert [(each.name, each.stats) for each in page.items] == [
        ("renamed", Stats(subscribers=3, sms=2, email=2, voice=1, voicemail=2)),
        (made.name, Stats()),
    ]


def test_who_shares_an_account_keeps_out_who_locks_it_and_nobody_else(room: Room, alice: Person) -> None:
    account_id = alice.account.account_id

    with room.database.transaction() as connection:
        share_account_soon(connection, account_id)
        with room.database.transaction() as sharing:
            share_account_soon(sharing, account_id, patience_seconds=0.001)
        with room.database.transaction() as locking, pytest.raises(Conflict):
            lock_account_soon(locking, account_id, patience_seconds=0.001)


def test_another_account_waits_for_nobody(room: Room, alice: Person, charlie: Person) -> None:
    with busy(room, alice), room.database.transaction() as connection:
        lock_account_soon(connection, charlie.account.account_id, patience_seconds=0.001)


def test_who_gets_the_account_in_time_has_it_and_waits_for_other_locks_as_before(
    room: Room, alice: Person
) -> None:
    account_id = alice.account.account_id
    free = threading.Event()

    def hold() -> None:
        with busy(room, alice):
            held.set()
            free.wait(30)

    held = threading.Event()
    with ThreadPoolExecutor(1) as threads, room.database.transaction() as connection:
        holding = threads.submit(hold)
        assert held.wait(30)
        threading.Timer(0.05, free.set).start()
        lock_account_soon(connection, account_id, patience_seconds=30)
        holding.result(30)
        (shown,) = connection.execute("show lock_timeout").fetchall()
        with room.database.transaction() as other, pytest.raises(Conflict):
            lock_account_soon(other, account_id, patience_seconds=0.001)

    assert shown == {"lock_timeout": "0"}
