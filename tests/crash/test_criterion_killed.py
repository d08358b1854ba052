"""A worker that changes a criterion dies at any moment: all is done, or nothing, and then it is done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from postroom.contacts.criteria import Criterion
from postroom.drops.room import Room
from postroom.store.criteria import CriterionChange
from tests.conftest import Person
from tests.crash.killing import Workers, killable_workers
from tests.integration.drops.accounts_state import state_of
from tests.integration.drops.changing import ask, change_now, criterion_now
from tests.integration.drops.sender import Sender

pytestmark = pytest.mark.crash

PEOPLE = "Email;Mobile\n" + "".join(f"p{n % 30}@example.com;06123456{n:02}\n" for n in range(90))


@pytest.fixture
def workers(room: Room, database_url: str, tmp_path: Path) -> Iterator[Workers]:
    with killable_workers(database_url, tmp_path / "blobs") as running:
        yield running


class Story:
    """An account whose ninety contacts are thirty by the criterion that is asked for."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        sender.drop("people.csv", PEOPLE)
        self.before = state_of(sender.room, sender.account_id)
        asked = ask(sender, Criterion.EMAIL)
        assert asked is not None
        self.asked: CriterionChange = asked

    def done(self) -> bool:
        state = change_now(self.sender.room, self.asked).state
        after = state_of(self.sender.room, self.sender.account_id)
        criterion = criterion_now(self.sender)
        if state == "claimed":
            assert (after, criterion) == (self.before, Criterion.TRIPLET)
            return False
        assert (state, len(after.contacts), len(after.memberships), criterion) == (
            "applied",
            30,
            30,
            Criterion.EMAIL,
        )
        return True


def test_a_worker_killed_between_any_two_steps_leaves_all_or_nothing(
    workers: Workers, room: Room, alice: Person
) -> None:
    story = Story(Sender(room, alice))
    steps = ["claimed", "rekeyed", "settled", "committed"]

    for number, step in enumerate(steps, start=1):
        died = workers.work(story.sender.account_id, kill_at=number)

        assert (died.steps, died.signal) == (steps[:number], signal.SIGKILL)
        assert story.done() == (step == "committed")


def test_kills_at_random_leave_nothing_and_the_next_worker_does_it(
    workers: Workers, room: Room, alice: Person
) -> None:
    story = Story(Sender(room, alice))
    random = Random(6)

    for _ in range(20):
        died = workers.work(story.sender.account_id, kill_at=1, microseconds=random.randrange(1, 30_000))
        assert died.signal in {signal.SIGKILL, signal.SIGALRM}
        assert not story.done()

    workers.work(story.sender.account_id)
    assert story.done()
