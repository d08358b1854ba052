"""The deposits of one account are processed in the order in which they were complete, across its folders."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

import pytest

from postroom.drops.landing import Landed, confirm, quarantine
from postroom.drops.processing import process_account
from postroom.drops.room import PROCESS_TASK, Room
from postroom.store import drops
from tests.conftest import Person
from tests.integration.app.waiting import until
from tests.integration.drops.clock import Clock
from tests.integration.drops.sender import Sender
from tests.integration.jobs.working import QUICK, jobs_left, working

FIRST, LAST = "Email;Nom\na@example.com;First\n", "Email;Nom\na@example.com;Last\n"
DEADLINE = 30.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sender(room: Room, make_person: Callable[..., Person], clock: Clock) -> Sender:
    return Sender(replace(room, clock=clock), make_person("alice", criterion="email"))


def test_deposits_are_processed_in_order_across_folders(sender: Sender, clock: Clock) -> None:
    folders = ["import", "delete", "optoutEMAIL", "import", "optinSMS", "import"]
    for number, folder in enumerate(folders):
        sender.leave(f"{number}.csv", FIRST, directory=f"contacts/{folder}/in")
        clock.pass_by(0.25)

    assert processed(sender) == [f"{number}.csv" for number in range(len(folders))]


def test_what_was_deposited_last_has_the_last_word(sender: Sender, clock: Clock) -> None:
    sender.leave("z.csv", FIRST)
    clock.pass_by(0.001)
    sender.leave("a.csv", LAST)

    assert processed(sender) == ["z.csv", "a.csv"]
    assert last_names(sender) == ["Last"]


def test_deposits_of_one_moment_keep_the_order_of_their_arrival(sender: Sender) -> None:
    for number in (3, 1, 2):
        sender.leave(f"{number}.csv", FIRST)

    assert processed(sender) == ["3.csv", "1.csv", "2.csv"]


def test_an_earlier_deposit_that_is_confirmed_late_is_still_processed_first(
    sender: Sender, clock: Clock
) -> None:
    doubtful = unconfirmed_before_another(sender, clock)

    first = while_waited_for(sender, lambda: confirm(sender.room, doubtful))

    assert first == "doubtful.csv"
    assert processed(sender) == ["sound.csv"]
    assert last_names(sender) == ["Last"]


def test_an_earlier_deposit_that_proves_broken_holds_nothing_up(sender: Sender, clock: Clock) -> None:
    doubtful = unconfirmed_before_another(sender, clock)

    first = while_waited_for(sender, lambda: quarantine(sender.room, doubtful))

    assert first == "sound.csv"
    assert processed(sender) == []
    assert sender.names("contacts/import/in") == []


def test_an_earlier_deposit_of_which_nothing_is_heard_is_not_waited_for_for_ever(
    sender: Sender, clock: Clock
) -> None:
    unconfirmed_before_another(sender, clock)

    first = while_waited_for(sender, lambda: clock.pass_by(sender.room.limits.unconfirmed_seconds))

    assert first == "sound.csv"
    assert sender.names("contacts/import/in") == ["doubtful.csv"]


def test_a_later_unconfirmed_deposit_holds_nothing_up(sender: Sender, clock: Clock) -> None:
    sender.leave("sound.csv", FIRST)
    clock.pass_by(1)
    sender.leave("doubtful.csv", LAST, confirmed=False)

    done = sender.process()

    assert done is not None
    assert done.name == "sound.csv"


def test_confirming_twice_processes_once(sender: Sender) -> None:
    landed = sender.leave("x.csv", FIRST, confirmed=False)

    confirm(sender.room, landed)
    confirm(sender.room, landed)

    assert processed(sender) == ["x.csv"]


def test_quarantine_comes_too_late_for_what_was_confirmed_and_processed(sender: Sender) -> None:
    landed = sender.leave("x.csv", FIRST, confirmed=False)
    confirm(sender.room, landed)
    processed(sender)

    quarantine(sender.room, landed)

    assert len(sender.names("contacts/import/ok")) == 1


def test_two_workers_that_race_keep_the_order(sender: Sender, clock: Clock) -> None:
    """One job at a time runs for an account: a drop that stands claimed was left by a dead worker."""
    room = sender.room

    def process(account_id: int) -> None:
        process_account(room, account_id)

    racing = replace(QUICK, concurrency=4)
    with ExitStack() as both:
        for _ in range(2):
            both.enter_context(working(room.database.url, {PROCESS_TASK: process}, racing))
        for number in range(8):
            sender.leave(f"{number}.csv", FIRST)
            clock.pass_by(1)
        until(lambda: jobs_left(room.database) == [])

    done = [name for name in sender.names("contacts/import/ok") if name.endswith(".csv")]
    assert len(done) == 8
    assert lists_made(sender) == [f"{number}" for number in range(8)]
    assert attempts(sender) == [1] * 8


def unconfirmed_before_another(sender: Sender, clock: Clock) -> Landed:
    doubtful = sender.leave("doubtful.csv", FIRST, confirmed=False)
    clock.pass_by(1)
    sender.leave("sound.csv", LAST)
    clock.pass_by(1)
    return doubtful


def while_waited_for(sender: Sender, action: Callable[[], object]) -> str | None:
    """Process the next deposit; do `action` once the worker has looked in vain."""
    looked = threading.Event()
    room = replace(sender.room, clock=telling(sender.room.clock, looked))
    with ThreadPoolExecutor(1) as worker:
        processing = worker.submit(process_account, room, sender.account_id)
        assert looked.wait(DEADLINE)
        assert not processing.done()
        action()
        done = processing.result(DEADLINE)
    return done.name if done else None


def telling(clock: Callable[[], datetime], looked: threading.Event) -> Callable[[], datetime]:
    """Return a clock that tells when it is looked at a second time: the first look was in vain."""
    looks = 0

    def look() -> datetime:
        nonlocal looks
        looks += 1
        if looks > 1:
            looked.set()
        return clock()

    return look


def processed(sender: Sender) -> list[str]:
    names = []
    while (done := sender.process()) is not None:
        names.append(done.name)
    return names


def last_names(sender: Sender) -> list[str]:
    with sender.room.database.transaction() as connection:
        rows = connection.execute(
            "select last_name from contacts where account_id = %s", (sender.account_id,)
        ).fetchall()
    return [row["last_name"] for row in rows]


def lists_made(sender: Sender) -> list[str]:
    with sender.room.database.transaction() as connection:
        rows = connection.execute(
            "select name from lists where account_id = %s order by list_id", (sender.account_id,)
        ).fetchall()
    return [row["name"] for row in rows]


def attempts(sender: Sender) -> list[int]:
    with sender.room.database.transaction() as connection:
        return [drop.attempts for drop in drops.drops_of_account(connection, sender.account_id)]
