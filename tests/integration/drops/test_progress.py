"""While a file stands in `on`, everybody but its own transaction can see how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from postroom.drops.claiming import claim_next
from postroom.drops.progress import SILENCE, DropProgress, progress_of
from postroom.drops.retrying import retry
from postroom.drops.room import Limits, Room, no_step
from postroom.store import drops, progress
from postroom.store.accounts import update_settings
from postroom.store.database import Connection, Database
from postroom.store.drops import Drop
from postroom.store.progress import Told
from tests.conftest import Person
from tests.integration.app.waiting import until
from tests.integration.drops.clock import Clock
from tests.integration.drops.sender import Sender

ROWS = 3000
PEOPLE = "Email\n" + "".join(f"a{i}@example.com\n" if i % 10 else "nobody\n" for i in range(ROWS))


@pytest.fixture
def sender(room: Room, alice: Person) -> Sender:
    """Return who leaves files in Alice's tree; small blocks make many frames, and every moment is told."""
    return Sender(replace(room, limits=Limits(block_bytes=8000, progress_seconds=0.001)), alice)


@pytest.fixture
def unwilling(database_url: str) -> Iterator[Database]:
    """Return a database on which nothing can be done beside transactions."""

    class Unwilling(Database):
        @contextmanager
        def reading(self) -> Iterator[Connection]:
            raise ZeroDivisionError
            yield

    with Unwilling(database_url) as opened:
        yield opened


def test_a_held_file_shows_how_far_it_is(sender: Sender) -> None:
    seen = looking(sender, "merged a frame", lambda far: 0 < far.lines < ROWS and far.refused > 0)

    done = sender.drop("people.csv", PEOPLE)

    (far,) = seen
    assert far.expected == ROWS + 1, "lines of the file, as quoted cells may have some too"
    assert far.applied == far.lines - far.refused
    assert 0 < far.percent < 100
    assert far.rate > 0
    assert far.seconds_left is not None
    assert done.outcome is not None
    assert done.outcome["counts"]["lines"] == ROWS


def test_it_is_told_until_the_very_commit(sender: Sender) -> None:
    """The transaction holds every lock it ever takes then; telling waits for none of them."""
    seen = looking(sender, "settled", lambda far: far.lines == ROWS)

    sender.drop("people.csv", PEOPLE)

    assert len(seen) == 1


def test_a_refused_file_shows_how_far_it_is(sender: Sender) -> None:
    seen = looking(sender, "settled", lambda far: far.lines == far.refused == 1)

    assert sender.drop("people.csv", "Email\nnobody\n").state == "refused"
    assert len(seen) == 1


@pytest.mark.parametrize("folder", ["optoutEMAIL", "delete"])
def test_other_actions_show_how_far_they_are(sender: Sender, folder: str) -> None:
    sender.room = replace(sender.room, limits=replace(sender.room.limits, lot_rows=500))
    choose_email(sender)
    seen = looking(sender, "merged a frame", lambda far: far.lines > 0 and far.applied > 0)

    done = sender.drop("people.csv", PEOPLE, directory=f"contacts/{folder}/in")

    assert (done.state, len(seen)) == ("applied", 1)


def test_nothing_is_told_of_a_file_that_is_done(sender: Sender) -> None:
    looking(sender, "merged a frame", lambda far: far.lines > 0)

    done = sender.drop("people.csv", PEOPLE)

    assert progress_of(sender.room, done.account_id, done.drop_id) is None
    assert told_rows(sender) == 0


def test_nothing_is_told_after_a_failure(sender: Sender) -> None:
    looking(sender, "merged a frame", lambda far: far.lines > 0, then=fail)
    landed = sender.leave("people.csv", PEOPLE)

    with pytest.raises(ZeroDivisionError):
        sender.process()

    assert landed.drop_id is not None
    assert progress_of(sender.room, sender.account_id, landed.drop_id) is None
    sender.room = replace(sender.room, between_steps=no_step)
    sender.process()
    assert told_rows(sender) == 0


def test_a_file_that_is_done_in_a_moment_is_never_told_of(
    sender: Sender, room: Room, unwilling: Database, caplog: pytest.LogCaptureFixture
) -> None:
    sender.room = replace(room, database=unwilling)

    assert sender.drop("people.csv", "Email\na@example.com\n").state == "applied"

    assert "could not be told" not in caplog.text


def test_an_import_goes_on_when_its_progress_cannot_be_told(
    sender: Sender, unwilling: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def until_it_failed(_name: str) -> None:
        until(lambda: "could not be told" in caplog.text)

    sender.room = replace(sender.room, database=unwilling, between_steps=at("settled", until_it_failed))

    assert sender.drop("people.csv", PEOPLE).state == "applied"


def test_what_a_dead_worker_told_is_not_taken_for_alive(room: Room, alice: Person) -> None:
    clock = Clock()
    sender = Sender(replace(room, clock=clock), alice)
    drop_id = killed_halfway(sender)
    assert far_of(sender, drop_id) == DropProgress(lines=500, refused=20, expected=1000, seconds=0)

    clock.pass_by(SILENCE.total_seconds() + 1)

    assert far_of(sender, drop_id) is None


def test_the_next_attempt_does_not_inherit_what_a_dead_worker_told(sender: Sender) -> None:
    drop_id = killed_halfway(sender)

    claim_next(sender.room, sender.account_id)

    assert far_of(sender, drop_id) is None


def test_a_retried_drop_that_a_dead_worker_told_of_shows_its_own_progress(sender: Sender) -> None:
    """The count of attempts starts again, so the dead worker's may be the higher one."""
    drop_id = killed_halfway(sender, attempts=3)
    claim_next(sender.room, sender.account_id)
    retry(sender.room, sender.account_id, drop_id)
    seen = looking(sender, "merged a frame", lambda far: far.lines > 500)

    done = sender.process()

    assert done is not None
    assert (done.state, done.attempts, len(seen)) == ("applied", 1, 1)


def test_charlie_sees_nothing_of_it(sender: Sender, charlie: Person) -> None:
    drop_id = killed_halfway(sender)

    assert progress_of(sender.room, charlie.account.account_id, drop_id) is None
    assert far_of(sender, drop_id) is not None


@pytest.mark.parametrize(
    ("far", "percent", "rate", "left"),
    [
        (DropProgress(lines=250, refused=1, expected=1000, seconds=0.5), 25, 500, 1.5),
        (DropProgress(lines=0, refused=0, expected=1000, seconds=2), 0, 0, None),
        (DropProgress(lines=1100, refused=0, expected=1000, seconds=1), 100, 1100, 0),
        (DropProgress(lines=0, refused=0, expected=0, seconds=0), 0, 0, None),
    ],
)
def test_rate_and_time_left(far: DropProgress, percent: float, rate: float, left: float | None) -> None:
    assert (far.percent, far.rate, far.seconds_left) == (percent, rate, left)


def looking(
    sender: Sender, step: str, wanted: Callable[[DropProgress], bool], then: Callable[[], None] = lambda: None
) -> list[DropProgress]:
    """Hold the next file of `sender` at a step until others see what is wanted; return what they saw."""
    room, seen = sender.room, list[DropProgress]()

    def visible() -> bool:
        with room.database.transaction() as connection:
            (claimed,) = drops.drops_of_account(connection, sender.account_id, state="claimed")
        far = progress_of(room, claimed.account_id, claimed.drop_id)
        if far is not None and wanted(far):
            seen.append(far)
        return bool(seen)

    def hold() -> None:
        if not seen:
            until(visible)
            then()

    sender.room = replace(room, between_steps=at(step, lambda _name: hold()))
    return seen


def at(step: str, action: Callable[[str], object]) -> Callable[[str], None]:
    def between(name: str) -> None:
        if name == step:
            action(name)

    return between


def choose_email(sender: Sender) -> None:
    with sender.room.database.transaction() as connection:
        settings = sender.person.account.settings.changed({"criterion": "email"})
        update_settings(connection, sender.account_id, settings)


def killed_halfway(sender: Sender, attempts: int = 1) -> int:
    """Leave a file whose worker was killed when it had told of half of it; return the drop's number."""
    landed = sender.leave("people.csv", PEOPLE)
    assert landed.drop_id is not None
    claimed = [claim_next(sender.room, sender.account_id) for _ in range(attempts)][-1]
    assert isinstance(claimed, Drop)
    now = sender.room.clock()
    with sender.room.database.transaction() as connection:
        progress.tell_progress(connection, claimed, Told(1000, 500, 20, now, now))
    return landed.drop_id


def far_of(sender: Sender, drop_id: int) -> DropProgress | None:
    return progress_of(sender.room, sender.account_id, drop_id)


def told_rows(sender: Sender) -> int:
    with sender.room.database.transaction() as connection:
        return len(connection.execute("select from drop_progress").fetchall())


def fail() -> None:
    raise ZeroDivisionError
