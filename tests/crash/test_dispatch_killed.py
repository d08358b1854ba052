"""A worker dies at any moment of a file for several accounts: all of them have all of it, or none has any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson, Person
from tests.crash.killing import Visible, Workers, killable_workers, visible
from tests.integration.drops.dispatching import mean
from tests.integration.drops.sender import Sender

pytestmark = pytest.mark.crash

ROWS = "".join(f"p{n}@example.com;Durand {n};{'AB'[n % 2]}\n" for n in range(60))
AFTERWARDS = (30, 1, 30)


@pytest.fixture
def workers(room: Room, database_url: str, tmp_path: Path) -> Iterator[Workers]:
    with killable_workers(database_url, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
def new_pair(
    room: Room, make_person: MakePerson, unique_name: Callable[[], str]
) -> Callable[[], list[Person]]:
    def make() -> list[Person]:
        pair = [make_person(unique_name()), make_person(unique_name())]
        mean(room, pair[0], A=pair[0], B=pair[1])
        Sender(room, pair[0]).leave("people.csv", f"Email;Nom;dispatch\n{ROWS}")
        return pair

    return make


def seen(room: Room, pair: list[Person]) -> list[Visible]:
    return [visible(room, person.account.account_id) for person in pair]


def imported(states: list[Visible]) -> list[tuple[int, int, int]]:
    return [(state.contacts, state.lists, state.members) for state in states]


def test_a_worker_killed_between_any_two_steps_leaves_all_accounts_or_none(
    room: Room, workers: Workers, new_pair: Callable[[], list[Person]]
) -> None:
    sender, _other = new_pair()
    steps = workers.work(sender.account.account_id).steps
    assert steps[-4:] == ["merged", "reported", "settled", "committed"]

    for step, name in enumerate(steps, start=1):
        pair = new_pair()
        home = pair[0].account.account_id

        workers.work(home, kill_at=step)

        done = name == "committed"
        now = seen(room, pair)
        assert imported(now) == ([AFTERWARDS] * 2 if done else [(0, 0, 0)] * 2), name
        assert [state for state, _attempts in now[1].drops] == (["applied"] if done else []), name
        workers.work(home)
        after = seen(room, pair)
        assert imported(after) == [AFTERWARDS] * 2, name
        assert [[state for state, _attempts in each.drops] for each in after] == [["applied"]] * 2, name
