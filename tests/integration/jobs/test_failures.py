"""What becomes of a job whose handler fails, by the kind of failure."""

from __future__ import annotations

import pytest

from postroom.contacts.errors import Conflict, Denied, Missing, Refused, Unavailable
from postroom.store.database import Database
from tests.integration.jobs.working import QUICK, Diary, enqueue, jobs_left, working


@pytest.mark.parametrize("final", [Refused, Missing, Denied])
def test_what_will_stay_wrong_is_not_tried_again(database: Database, final: type[Exception]) -> None:
    diary = Diary()

    def work(name: str) -> None:
        diary.note(name)
        if name == "wrong":
            raise final

    with working(database.url, {"work": work}):
        enqueue(database, "work", name="wrong")
        enqueue(database, "work", name="right")
        diary.wait_for(lambda entries: "right" in entries)

    assert diary.entries == ["wrong", "right"]
    assert jobs_left(database) == ["failed"]


@pytest.mark.parametrize("passing", [Unavailable, Conflict])
def test_what_passes_is_waited_out_however_long_it_takes(
    database: Database, passing: type[Exception]
) -> None:
    diary = Diary()

    def work(name: str) -> None:
        diary.note(name)
        if name == "first" and diary.entries.count(name) <= 3 * QUICK.max_attempts:
            raise passing

    with working(database.url, {"work": work}):
        enqueue(database, "work", name="first")
        enqueue(database, "work", name="second")
        diary.wait_for(lambda entries: "second" in entries)

    assert diary.entries == ["first"] * (3 * QUICK.max_attempts + 1) + ["second"]
    assert jobs_left(database) == []


def test_our_own_bugs_are_tried_a_few_times(database: Database) -> None:
    diary = Diary()

    def work(name: str) -> None:
        diary.note(name)
        if name == "buggy":
            raise ZeroDivisionError

    with working(database.url, {"work": work}):
        enqueue(database, "work", name="buggy")
        enqueue(database, "work", name="sound")
        diary.wait_for(lambda entries: "sound" in entries)

    assert diary.entries == ["buggy"] * QUICK.max_attempts + ["sound"]
    assert jobs_left(database) == ["failed"]
