from __future__ import annotations

from postroom.sending.phone.pacing import Pace


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


def paced(time: Time, per_second: float = 10) -> Pace:
    return Pace(per_second, first_pause=1.0, now=time, sleep=time.sleep)


def test_no_more_go_through_in_a_second_than_are_let() -> None:
    time = Time()
    pace = paced(time)

    for _ in range(4):
        pace.wait()

    assert time.slept == [0.1, 0.1, 0.1]


def test_who_comes_late_need_not_wait() -> None:
    time = Time()
    pace = paced(time)
    pace.wait()
    time.now += 5

    pace.wait()

    assert time.slept == []


def test_each_further_pause_is_twice_as_long_up_to_a_minute() -> None:
    time = Time()
    pace = paced(time)
    pauses = []
    for _ in range(8):
        pauses.append(pace.slow_down())
        pace.wait()

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_who_is_told_during_a_pause_makes_no_further_one() -> None:
    time = Time()
    pace = paced(time)
    pace.slow_down()
    time.now += 0.25

    assert pace.slow_down() == 0.75
    assert pace.paused_for == 0.75


def test_after_something_went_well_the_next_pause_is_short_again() -> None:
    time = Time()
    pace = paced(time)
    pace.slow_down()
    pace.wait()
    pace.slow_down()
    pace.wait()

    pace.went_well()

    assert pace.slow_down() == 1.0


def test_a_pause_holds_up_who_waits_already() -> None:
    time = Time()
    pace = paced(time, per_second=1)
    pace.wait()
    hold = [pace.slow_down]

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        if hold:
            hold.pop()()

    pace._sleep = sleep
    pace.wait()

    assert time.slept == [1.0, 1.0]
