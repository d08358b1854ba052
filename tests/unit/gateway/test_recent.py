from __future__ import annotations

from datetime import UTC, datetime

from postroom.gateway.recent import Recent
from postroom.gateway.seam import Stat
from postroom.gateway.vpath import VPath, resolve

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
EVENING = datetime(2026, 3, 4, 18, tzinfo=UTC)


class Clock:
    """Tells the seconds that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def path(name: str) -> VPath:
    return resolve("/contacts/import/in", name)


def file(name: str, size: int = 5) -> Stat:
    return Stat(name, is_dir=False, size=size, modified_at=NOON, mode=0o100644)


def test_a_file_is_remembered_for_a_minute() -> None:
    clock = Clock()
    recent = Recent(clock)
    recent.note("alice", path("a.csv"), file("a.csv"))

    clock.seconds += 59.9
    assert recent.stat("alice", path("a.csv")) == file("a.csv")

    clock.seconds += 0.1
    assert recent.stat("alice", path("a.csv")) is None
    assert not recent.touch("alice", path("a.csv"), EVENING)


def test_what_was_never_left_is_not_remembered() -> None:
    recent = Recent()

    assert recent.stat("alice", path("a.csv")) is None
    assert not recent.touch("alice", path("a.csv"), EVENING)
    recent.forget("alice", path("a.csv"))


def test_a_time_that_is_set_is_told() -> None:
    recent = Recent()
    recent.note("alice", path("a.csv"), file("a.csv"))

    assert recent.touch("alice", path("a.csv"), EVENING)

    found = recent.stat("alice", path("a.csv"))
    assert found is not None
    assert (found.modified_at, found.size) == (EVENING, 5)


def test_setting_a_time_does_not_prolong_the_minute() -> None:
    clock = Clock()
    recent = Recent(clock)
    recent.note("alice", path("a.csv"), file("a.csv"))
    clock.seconds += 50

    recent.touch("alice", path("a.csv"), EVENING)

    clock.seconds += 10
    assert recent.stat("alice", path("a.csv")) is None


def test_a_file_sent_again_is_remembered_as_it_is_now() -> None:
    clock = Clock()
    recent = Recent(clock)
    recent.note("alice", path("a.csv"), file("a.csv", size=5))
    clock.seconds += 50
    recent.note("alice", path("a.csv"), file("a.csv", size=6))

    clock.seconds += 50

    assert recent.stat("alice", path("a.csv")) == file("a.csv", size=6)


def test_nobody_else_is_told() -> None:
    recent = Recent()
    recent.note("alice", path("a.csv"), file("a.csv"))

    assert recent.stat("charlie", path("a.csv")) is None
    assert not recent.touch("charlie", path("a.csv"), EVENING)
    recent.forget("charlie", path("a.csv"))
    assert recent.stat("alice", path("a.csv")) is not None


def test_what_was_renamed_or_removed_is_forgotten() -> None:
    recent = Recent()
    recent.note("alice", path("a.csv"), file("a.csv"))

    recent.forget("alice", path("a.csv"))

    assert recent.stat("alice", path("a.csv")) is None


def test_a_session_that_leaves_very_many_files_costs_bounded_memory() -> None:
    recent = Recent()
    for number in range(10_010):
        recent.note("alice", path(f"{number}.csv"), file(f"{number}.csv"))

    assert recent.stat("alice", path("9.csv")) is None
    assert recent.stat("alice", path("10.csv")) is not None
    assert recent.stat("alice", path("10009.csv")) is not None
