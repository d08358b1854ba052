"""Whoever undoes an import dies at any moment: all of it is undone, or nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.crash.killing import Workers, killable_workers
from tests.integration.drops.accounts_state import AccountState, state_of
from tests.integration.drops.sender import Sender

pytestmark = pytest.mark.crash

BEFORE = "Email;Nom\n" + "".join(f"p{n}@example.com;Durand {n}\n" for n in range(40))
AFTER = "Email;Nom\n" + "".join(f"p{n}@example.com;Martin {n}\n" for n in range(20, 60))


@pytest.fixture
def workers(room: Room, database_url: str, tmp_path: Path) -> Iterator[Workers]:
    with killable_workers(database_url, tmp_path / "blobs") as running:
        yield running


class Story:
    """A list that a second file synchronised: contacts came, changed, joined and left."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        sender.mark(".syncExistingList")
        sender.drop("people.csv", BEFORE)
        self.before = self.now()
        self.drop_id = sender.drop("people.csv", AFTER).drop_id
        # A value that has changed since, so that there is something to report.
        sender.unmark(".syncExistingList")
        sender.mark(".addToExistingList")
        sender.drop("others.csv", "Email;Nom\np20@example.com;Petit\n")
        self.after = self.now()

    def now(self) -> AccountState:
        return state_of(self.sender.room, self.sender.account_id)

    def reports(self) -> list[str]:
        return [name for name in self.sender.names("contacts/import/ok") if name.endswith(".undo.csv")]

    def undone(self) -> bool:
        drop = self.sender.drop_now(self.drop_id)
        assert drop.outcome is not None
        assert (drop.undone_at is not None) == ("undo" in drop.outcome) == (self.reports() != [])
        assert (self.now() == self.after) == (drop.undone_at is None)
        return drop.undone_at is not None


def test_an_undo_killed_between_any_two_steps_leaves_all_or_nothing(
    workers: Workers, room: Room, alice: Person
) -> None:
    story = Story(Sender(room, alice))
    steps = ["taken back", "undone", "committed"]

    for number, step in enumerate(steps, start=1):
        died = workers.work(story.sender.account_id, undo=story.drop_id, kill_at=number)

        assert (died.steps, died.signal) == (steps[:number], signal.SIGKILL)
        assert story.undone() == (step == "committed")


def test_kills_at_random_during_an_undo_leave_nothing_and_then_it_is_done(
    workers: Workers, room: Room, alice: Person
) -> None:
    story = Story(Sender(room, alice))
    random = Random(4)

    for _ in range(20):
        died = workers.work(
            story.sender.account_id, undo=story.drop_id, kill_at=0, microseconds=random.randrange(1, 30_000)
        )
        assert died.signal in {signal.SIGKILL, signal.SIGALRM}
        assert not story.undone()

    workers.work(story.sender.account_id, undo=story.drop_id)
    assert story.undone()
