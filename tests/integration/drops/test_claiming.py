"""From `in` to `on`, under the second of its deposit, and from there to `ok` or `ko`, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from postroom.contacts.errors import Missing, Unavailable
from postroom.drops.claiming import claim_next
from postroom.drops.landing import Place, remove, rename
from postroom.drops.processing import process_account
from postroom.drops.retrying import retry
from postroom.drops.room import PROCESS_TASK, Limits, Room, account_lock
from postroom.drops.sweeping import sweep
from postroom.store import drops
from postroom.store.criteria import CriterionChange
from postroom.store.database import Connection, Database
from postroom.store.drops import Drop
from tests.conftest import Person
from tests.integration.drops.clock import NOON, Clock
from tests.integration.drops.sender import IN, Sender

ON, OK, KO = (f"contacts/import/{state}" for state in ("on", "ok", "ko"))
SECOND = int(NOON.timestamp())
ONE, TWO = "Email\none@example.com\n", "Email\ntwo@example.com\n"
PARTLY_BAD = "Email\none@example.com\nnobody\n"
ALL_BAD = "Email\nnobody\n"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sender(room: Room, alice: Person, clock: Clock) -> Sender:
    return Sender(replace(room, clock=clock), alice)


def at_step(room: Room, step: str, action: Callable[[], object]) -> Room:
    """Return a room in which `action` happens once, between two steps."""
    left = [action]

    def between(name: str) -> None:
        if name == step and left:
            left.pop()()

    return replace(room, between_steps=between)


def test_a_file_takes_the_second_of_its_deposit_on_its_way(sender: Sender, clock: Clock) -> None:
    seen: list[list[str]] = []
    sender.leave("x.csv", ONE)
    clock.pass_by(42)
    sender.room = at_step(sender.room, "claimed", lambda: seen.append([*sender.names(IN), *sender.names(ON)]))

    sender.process()

    assert seen == [[f"{SECOND}_x.csv"]]
    assert (sender.names(IN), sender.names(ON), sender.names(KO)) == ([], [], [])
    assert sender.names(OK) == [f"{SECOND}_x.csv"]


def test_what_was_sent_stays_what_it_was(sender: Sender) -> None:
    sender.drop("x.csv", PARTLY_BAD)

    assert sender.read(OK, f"{SECOND}_x.csv") == PARTLY_BAD
    assert sender.names(OK) == [f"{SECOND}_x.csv", f"{SECOND}_x.csv.errors.csv"]


def test_a_name_twice_in_one_second_takes_the_next_second(sender: Sender) -> None:
    first, second, third = (sender.drop("x.csv", content) for content in (ONE, ALL_BAD, TWO))

    assert [first.prefix, second.prefix, third.prefix] == [SECOND, SECOND + 1, SECOND + 2]
    assert sender.names(OK) == [f"{SECOND}_x.csv", f"{SECOND + 2}_x.csv"]
    assert sender.read(OK, f"{SECOND + 2}_x.csv") == TWO


@pytest.mark.parametrize(
    "report", ["x.csv.errors.csv", "x.csv.error.txt", "x.csv.warnings.csv", "x.csv.report.txt"]
)
@pytest.mark.parametrize("content", [PARTLY_BAD, ALL_BAD])
def test_a_report_never_takes_the_place_of_a_file_that_was_sent(
    sender: Sender, report: str, content: str
) -> None:
    """A sender may name a file like the report that another one is about to get, in the same second."""
    named_like_a_report = [sender.drop(report, text) for text in (ONE, ALL_BAD)]

    reported = sender.drop("x.csv", content)

    for drop, text in zip(named_like_a_report, (ONE, ALL_BAD), strict=True):
        where = OK if drop.state == "applied" else KO
        assert sender.read(where, f"{drop.prefix}_{drop.name}") == text
    assert reported.state in ("applied", "refused")


def test_a_part_waits_for_its_rename(sender: Sender, clock: Clock) -> None:
    landed = sender.leave("x.csv.part", ONE)

    assert landed.drop_id is None
    assert sender.process() is None
    clock.pass_by(5)
    rename(sender.room, here(sender, "x.csv.part"), here(sender, "x.csv"), replace=False)

    done = sender.process()
    assert done is not None
    assert (done.name, done.state, done.confirmation) == ("x.csv", "applied", "rename")
    assert sender.names(OK) == [f"{SECOND + 5}_x.csv"], "the rename is the deposit"


def test_a_rename_is_a_new_deposit(sender: Sender, clock: Clock) -> None:
    sender.leave("x.csv", ONE)
    clock.pass_by(1)
    sender.leave("y.csv", TWO)
    clock.pass_by(1)
    rename(sender.room, here(sender, "x.csv"), here(sender, "z.csv"), replace=False)

    assert names_processed(sender) == ["y.csv", "z.csv"]
    assert sender.names(OK) == [f"{SECOND + 1}_y.csv", f"{SECOND + 2}_z.csv"]


def test_what_is_overwritten_in_time_is_never_processed(sender: Sender) -> None:
    sender.leave("x.csv", ONE)
    sender.leave("x.csv", TWO)

    assert names_processed(sender) == ["x.csv"]
    assert emails(sender) == ["two@example.com"]


def test_what_is_overwritten_too_late_is_another_deposit(sender: Sender) -> None:
    sender.leave("x.csv", ONE)
    sender.room = at_step(sender.room, "claimed", lambda: sender.leave("x.csv", TWO))

    assert names_processed(sender) == ["x.csv", "x.csv"]
    assert emails(sender) == ["one@example.com", "two@example.com"]


def test_what_is_removed_in_time_is_never_processed(sender: Sender) -> None:
    sender.leave("x.csv", ONE)

    remove(sender.room, here(sender, "x.csv"))

    assert sender.process() is None
    assert emails(sender) == []


def test_what_is_claimed_can_no_longer_be_removed(sender: Sender) -> None:
    sender.leave("x.csv", ONE)
    room = sender.room

    def remove_it() -> None:
        with pytest.raises(Missing):
            remove(room, here(sender, "x.csv"))

    sender.room = at_step(room, "claimed", remove_it)
    done = sender.process()

    assert done is not None
    assert done.state == "applied"


def test_who_takes_a_claimed_drop_over_makes_the_first_result_vanish(sender: Sender) -> None:
    landed = sender.leave("x.csv", PARTLY_BAD)
    assert landed.drop_id is not None
    taken: list[Drop | CriterionChange | None] = []
    room = sender.room
    slow = at_step(room, "claimed", lambda: taken.append(claim_next(room, sender.account_id)))
    sender.room = slow

    assert sender.process() is None

    drop = sender.drop_now(landed.drop_id)
    assert (drop.state, drop.attempts) == ("claimed", 2)
    assert taken[0] == drop
    assert (emails(sender), sender.names(OK), sender.names(ON)) == ([], [], [f"{SECOND}_x.csv"])

    sender.room = room
    done = sender.process()
    assert done is not None
    assert (done.state, done.attempts) == ("applied", 3)
    assert emails(sender) == ["one@example.com"]


def test_a_second_worker_that_finishes_first_is_the_only_one_that_counts(sender: Sender) -> None:
    landed = sender.leave("x.csv", PARTLY_BAD)
    assert landed.drop_id is not None
    room = sender.room
    second = Sender(room, sender.person)
    sender.room = at_step(room, "claimed", second.process)

    assert sender.process() is None

    assert sender.drop_now(landed.drop_id).state == "applied"
    assert emails(sender) == ["one@example.com"]
    assert sender.names(OK) == [f"{SECOND}_x.csv", f"{SECOND}_x.csv.errors.csv"]


def test_a_refusal_whose_claim_was_lost_vanishes_too(sender: Sender) -> None:
    landed = sender.leave("x.csv", ALL_BAD)
    assert landed.drop_id is not None
    room = sender.room
    sender.room = at_step(room, "claimed", lambda: claim_next(room, sender.account_id))

    assert sender.process() is None

    assert sender.drop_now(landed.drop_id).state == "claimed"
    assert sender.names(KO) == []


@pytest.mark.parametrize("content", [PARTLY_BAD, ALL_BAD])
def test_a_report_whose_commit_got_no_answer_keeps_its_bytes(sender: Sender, content: str) -> None:
    """The connection may break after the commit: then the report is there for its sender."""
    landed = sender.leave("x.csv", content)
    assert landed.drop_id is not None
    sound = sender.room

    with forgetful(sound.database) as database, pytest.raises(Unavailable):
        process_account(replace(sound, database=database), sender.account_id)

    drop = sender.drop_now(landed.drop_id)
    assert drop.outcome is not None
    for name in drop.outcome["reports"]:
        assert sender.read(OK if drop.state == "applied" else KO, name)
    assert drop.outcome["reports"]


def test_what_fails_after_the_commit_changes_nothing(sender: Sender) -> None:
    landed = sender.leave("x.csv", PARTLY_BAD)
    assert landed.drop_id is not None
    sender.room = at_step(sender.room, "committed", fail)

    with pytest.raises(ZeroDivisionError):
        sender.process()

    assert sender.drop_now(landed.drop_id).state == "applied"
    assert "nobody" in sender.read(OK, f"{SECOND}_x.csv.errors.csv")


@pytest.mark.parametrize("step", ["reported", "settled"])
def test_a_report_that_came_to_nothing_leaves_no_bytes(sender: Sender, step: str) -> None:
    sender.leave("x.csv", PARTLY_BAD)
    before = set(sender.room.blobs.keys())
    sender.room = at_step(sender.room, step, fail)

    with pytest.raises(ZeroDivisionError):
        sender.process()

    assert set(sender.room.blobs.keys()) == before
    assert sender.names(OK) == []


def test_what_fails_again_and_again_is_parked_and_can_be_retried(sender: Sender) -> None:
    landed = sender.leave("x.csv", ONE)
    assert landed.drop_id is not None
    sender.leave("y.csv", TWO)
    sound = sender.room
    for _ in range(Limits().recoveries):
        sender.room = at_step(sound, "claimed", fail)
        with pytest.raises(ZeroDivisionError):
            sender.process()

    sender.room = sound
    assert names_processed(sender) == ["y.csv"], "the next one is not held up"

    assert [drop.name for drop in listed(sender, "parked")] == ["x.csv"]
    assert sender.names(ON) == [f"{SECOND}_x.csv"]
    retry(sound, sender.account_id, landed.drop_id)
    assert names_processed(sender) == ["x.csv"]
    assert sender.names(OK) == [f"{SECOND}_x.csv", f"{SECOND}_y.csv"]


def test_a_deposit_that_lost_its_job_is_swept_up(sender: Sender) -> None:
    sender.leave("x.csv", ONE)
    assert sweep(sender.room) == [], "its own job will process it"

    end_all_jobs(sender)

    assert sweep(sender.room) == [sender.account_id]
    assert sweep(sender.room) == [], "once is enough"
    assert jobs(sender) == [(PROCESS_TASK, account_lock(sender.account_id))]


def test_a_claimed_deposit_that_lost_its_job_is_swept_up(sender: Sender) -> None:
    sender.leave("x.csv", ONE)
    claim_next(sender.room, sender.account_id)
    end_all_jobs(sender)

    assert sweep(sender.room) == [sender.account_id]


def test_nothing_is_swept_up_where_nothing_waits(sender: Sender) -> None:
    sender.drop("x.csv", ONE)
    sender.leave("unconfirmed.csv", ONE, confirmed=False)
    end_all_jobs(sender)

    assert sweep(sender.room) == []


def forgetful(database: Database) -> Database:
    """Return a database that answers no commit which ends a deposit, although it does as it was told."""

    class Forgetful(Database):
        @contextmanager
        def transaction(self) -> Iterator[Connection]:
            with super().transaction() as connection:
                yield connection
                ended = connection.execute("select from drops where settled_at is not null").rowcount
            if ended:
                raise Unavailable

    return Forgetful(database.url)


def fail() -> None:
    raise ZeroDivisionError


def here(sender: Sender, name: str) -> Place:
    return Place(sender.account_id, sender.person.login, IN, name)


def names_processed(sender: Sender) -> list[str]:
    names = []
    while (done := sender.process()) is not None:
        names.append(done.name)
    return names


def emails(sender: Sender) -> list[str]:
    with sender.room.database.transaction() as connection:
        rows = connection.execute(
            "select email from contacts where account_id = %s order by email", (sender.account_id,)
        ).fetchall()
    return [row["email"] for row in rows]


def listed(sender: Sender, state: drops.State) -> list[Drop]:
    with sender.room.database.transaction() as connection:
        return drops.drops_of_account(connection, sender.account_id, state=state)


def end_all_jobs(sender: Sender) -> None:
    with sender.room.database.transaction() as connection:
        connection.execute("update procrastinate_jobs set status = 'failed'")


def jobs(sender: Sender) -> list[tuple[str, str]]:
    with sender.room.database.transaction() as connection:
        rows = connection.execute(
            "select task_name, lock from procrastinate_jobs where status = 'todo' order by id"
        ).fetchall()
    return [(row["task_name"], row["lock"]) for row in rows]
