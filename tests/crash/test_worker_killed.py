"""A worker dies at any moment: its file is applied wholly, once, or waits as if nothing had happened."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from demo.people import write_file
from postroom.drops.landing import Landed
from postroom.drops.processing import process_account
from postroom.drops.retrying import retry
from postroom.drops.room import PROCESS_TASK, Room
from postroom.store import drops
from tests.conftest import MakePerson
from tests.crash.killing import Died, Visible, Workers, bytes_behind, killable_workers, visible
from tests.integration.app.waiting import until
from tests.integration.drops.sender import Sender
from tests.integration.jobs.working import jobs_left, working

pytestmark = pytest.mark.crash

SMALL = 400
"""Bytes of a block: a small file has several frames then."""
GOOD = "Email;Nom\n" + "".join(f"p{n}@example.com;Durand {n}\n" for n in range(60)) + "nobody;Petit\n"
ALL_REFUSED = "Email\n" + "nobody\n" * 200
KILLED = {signal.SIGKILL, signal.SIGALRM}


@pytest.fixture
def workers(room: Room, database_url: str, tmp_path: Path) -> Iterator[Workers]:
    with killable_workers(database_url, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
def new_sender(room: Room, make_person: MakePerson, unique_name: Callable[[], str]) -> Callable[[], Sender]:
    return lambda: Sender(room, make_person(unique_name()))


def test_a_worker_killed_between_any_two_steps_leaves_all_or_nothing(
    workers: Workers, new_sender: Callable[[], Sender]
) -> None:
    sender = new_sender()
    sender.leave("people.csv", GOOD)
    undisturbed = workers.work(sender.account_id, block_bytes=SMALL)
    assert undisturbed.steps[0] == "claimed"
    assert undisturbed.steps.count("merged a frame") > 2
    assert undisturbed.steps[-4:] == ["merged", "reported", "settled", "committed"]

    for step, name in enumerate(undisturbed.steps, start=1):
        sender = new_sender()
        sender.leave("people.csv", GOOD)

        died = workers.work(sender.account_id, kill_at=step, block_bytes=SMALL)

        assert died == Died(undisturbed.steps[:step], signal.SIGKILL)
        seen = visible(sender.room, sender.account_id)
        if name == "committed":
            assert_applied_once(sender, seen, attempts=1)
        else:
            assert_untouched(seen, "on")
        workers.work(sender.account_id, block_bytes=SMALL)
        again = visible(sender.room, sender.account_id)
        assert_applied_once(sender, again, attempts=1 if name == "committed" else 2)


def test_a_worker_killed_while_it_refuses_a_file_leaves_all_or_nothing(
    workers: Workers, new_sender: Callable[[], Sender]
) -> None:
    sender = new_sender()
    sender.leave("people.csv", ALL_REFUSED)
    undisturbed = workers.work(sender.account_id, block_bytes=SMALL)
    assert undisturbed.steps[-1] == "settled"

    for step in range(1, len(undisturbed.steps) + 1):
        sender = new_sender()
        sender.leave("people.csv", ALL_REFUSED)

        workers.work(sender.account_id, kill_at=step, block_bytes=SMALL)

        assert_untouched(visible(sender.room, sender.account_id), "on")
        workers.work(sender.account_id, block_bytes=SMALL)
        seen = visible(sender.room, sender.account_id)
        assert seen.drops == [("refused", 2)]
        assert [path.split("_")[0] for path in seen.files] == ["ko/" + str(prefix(sender))] * 3


def test_a_sender_killed_right_after_its_deposit_has_deposited(
    workers: Workers, room: Room, new_sender: Callable[[], Sender]
) -> None:
    """What comes after the landing is only tidying up: the job is there with the drop."""
    sender = new_sender()

    def die(name: str) -> None:
        assert name == "landed"
        raise SystemExit

    sender.room = replace(room, between_steps=die)
    with pytest.raises(SystemExit):
        sender.leave("people.csv", GOOD)

    assert jobs_left(room.database) == ["todo"]
    workers.work(sender.account_id)
    assert_applied_once(sender, visible(room, sender.account_id), attempts=1)


def test_what_a_killed_worker_wrote_for_its_report_is_seen_by_nobody(
    workers: Workers, new_sender: Callable[[], Sender]
) -> None:
    sender = new_sender()
    sender.leave("people.csv", GOOD)
    before = set(sender.room.blobs.keys())

    died = workers.work(sender.account_id, kill_at=step_of("reported", workers, new_sender))

    assert died.steps[-1] == "reported"
    assert set(sender.room.blobs.keys()) > before, "its bytes are left over"
    assert_untouched(visible(sender.room, sender.account_id), "on")


def test_a_file_that_kills_every_worker_is_parked_and_can_be_retried(
    workers: Workers, room: Room, new_sender: Callable[[], Sender]
) -> None:
    sender = new_sender()
    deadly = sender.leave("deadly.csv", GOOD)
    sender.leave("next.csv", GOOD)
    for _ in range(room.limits.recoveries):
        died = workers.work(sender.account_id, kill_at=2, recoveries=room.limits.recoveries)
        assert died.signal == signal.SIGKILL

    workers.work(sender.account_id, recoveries=room.limits.recoveries)

    assert visible(room, sender.account_id).drops == [("parked", 3), ("applied", 1)]
    (parked,) = listed(sender, "parked")
    assert parked.drop_id == deadly.drop_id
    assert parked.outcome == {"parked_after_attempts": 3}
    retry(room, sender.account_id, parked.drop_id)
    workers.work(sender.account_id)
    assert visible(room, sender.account_id).drops == [("applied", 1), ("applied", 1)]


def test_another_worker_takes_up_what_a_killed_one_left_in_the_queue(
    workers: Workers, room: Room, new_sender: Callable[[], Sender]
) -> None:
    sender = new_sender()
    first = sender.leave("people.csv", GOOD)
    sender.leave("next.csv", GOOD)
    died = workers.work(sender.account_id, kill_at=3, block_bytes=SMALL, through_queue=True)
    assert died.signal == signal.SIGKILL
    assert jobs_left(room.database) == ["doing", "todo"]

    def process(account_id: int) -> None:
        process_account(room, account_id)

    with working(room.database.url, {PROCESS_TASK: process}):
        until(lambda: jobs_left(room.database) == [])

    assert visible(room, sender.account_id).drops == [("applied", 2), ("applied", 1)]
    assert lists_filled(sender) == {"people": 60, "next": 60}
    assert drop_of(sender, first).attempts == 2


def test_twenty_kills_at_random_during_a_large_import_apply_it_once(
    workers: Workers, tmp_path: Path, new_sender: Callable[[], Sender]
) -> None:
    random = Random(20)
    source = tmp_path / "people.csv"
    write_file(source, 100_000, seed=7)
    content = source.read_bytes()
    rehearsal, sender = new_sender(), new_sender()
    rehearsal.leave("people.csv", content)
    steps = workers.work(rehearsal.account_id).steps
    sender.leave("people.csv", content)

    for _ in range(20):
        # At the latest the worker dies at the next step, which is never after the commit.
        step = random.randrange(steps.index("settled") + 1)
        died = workers.work(sender.account_id, kill_at=step, microseconds=random.randrange(1, 400_000))

        assert died.signal in KILLED
        seen = visible(sender.room, sender.account_id)
        assert_untouched(seen, "in" if seen.drops == [("ready", 0)] else "on")

    workers.work(sender.account_id)
    seen = visible(sender.room, sender.account_id)
    assert (seen.contacts, seen.lists, seen.members) == (100_000, 1, 100_000)
    assert seen.files == [f"ok/{prefix(sender)}_people.csv"]
    assert seen.drops[0][0] == "applied"


def assert_untouched(seen: Visible, where: str) -> None:
    assert (seen.contacts, seen.lists, seen.members) == (0, 0, 0)
    assert [path.split("/")[0] for path in seen.files] == [where]
    assert seen.drops[0][0] == ("ready" if where == "in" else "claimed")


def assert_applied_once(sender: Sender, seen: Visible, *, attempts: int) -> None:
    own = f"ok/{prefix(sender)}_people.csv"
    assert seen == Visible(
        contacts=60,
        lists=1,
        members=60,
        files=[own, f"{own}.errors.csv"],
        drops=[("applied", attempts)],
    )
    assert bytes_behind(sender.room, sender.account_id, own).decode() == GOOD
    report = bytes_behind(sender.room, sender.account_id, f"{own}.errors.csv").decode()
    assert report.splitlines()[1:] == ["nobody;Petit;62;INVALID_EMAIL;e-mail invalide : nobody"]


def step_of(name: str, workers: Workers, new_sender: Callable[[], Sender]) -> int:
    sender = new_sender()
    sender.leave("people.csv", GOOD)
    return workers.work(sender.account_id).steps.index(name) + 1


def listed(sender: Sender, state: drops.State) -> list[drops.Drop]:
    with sender.room.database.transaction() as connection:
        return drops.drops_of_account(connection, sender.account_id, state=state)


def drop_of(sender: Sender, landed: Landed) -> drops.Drop:
    assert landed.drop_id is not None
    return sender.drop_now(landed.drop_id)


def prefix(sender: Sender) -> int | None:
    with sender.room.database.transaction() as connection:
        return drops.drops_of_account(connection, sender.account_id)[-1].prefix


def lists_filled(sender: Sender) -> dict[str, int]:
    with sender.room.database.transaction() as connection:
        rows = connection.execute(
            "select name, (select count(*) from memberships m "
            "where m.account_id = l.account_id and m.list_id = l.list_id) as members "
            "from lists l where account_id = %s",
            (sender.account_id,),
        ).fetchall()
    return {row["name"]: row["members"] for row in rows}
