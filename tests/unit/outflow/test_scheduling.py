"""Files are due at a local time, also on the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from postroom.outflow.scheduling import (
    Slot,
    due_slot,
    extra_slot,
    instant,
    slot_of_today,
    slots_of,
    slots_to_come,
)

BRUSSELS = "Europe/Brussels"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "local", "expected"),
    [
        (date(2027, 1, 15), "02:30", "2027-01-15 01:30"),
        (date(2027, 7, 15), "02:30", "2027-07-15 00:30"),
        # There is no 02:30: it is the instant that reads 03:30.
        (date(2027, 3, 28), "02:30", "2027-03-28 01:30"),
        # There are two: it is the first.
        (date(2027, 10, 31), "02:30", "2027-10-31 00:30"),
        (date(2027, 10, 31), "03:30", "2027-10-31 02:30"),
    ],
)
def test_a_local_time_is_one_instant_of_its_day(day: date, local: str, expected: str) -> None:
    assert instant(day, time.fromisoformat(local), BRUSSELS) == at(expected)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "2027-01-15 04:00"),
        ("Asia/Kathmandu", "2027-01-14 22:15"),
        ("America/New_York", "2027-01-15 09:00"),
    ],
)
def test_zones_of_all_kinds_are_known(zone: str, expected: str) -> None:
    assert instant(date(2027, 1, 15), time(4), zone) == at(expected)


def test_a_file_is_due_once_its_time_has_come() -> None:
    def slot(now: str) -> Slot | None:
        return due_slot(["04:00"], BRUSSELS, now=at(now), since=LONG_AGO)

    assert slot("2027-01-15 02:59:59") is None
    assert slot("2027-01-15 03:00") == Slot(date(2027, 1, 15), "", at("2027-01-15 03:00"))


def test_whoever_comes_late_on_the_same_day_makes_up_for_it() -> None:
    found = due_slot(["04:00"], BRUSSELS, now=at("2027-01-15 22:59"), since=LONG_AGO)

    assert found == Slot(date(2027, 1, 15), "", at("2027-01-15 03:00"))


def test_a_day_that_is_over_is_not_made_up_for() -> None:
    # It is half past midnight in Brussels: the file of 23:30 is yesterday's.
    assert due_slot(["23:30"], BRUSSELS, now=at("2027-01-15 23:30"), since=LONG_AGO) is None


def test_a_flow_that_was_activated_after_its_time_waits_for_tomorrow() -> None:
    since = at("2027-01-15 10:00")

    assert due_slot(["04:00"], BRUSSELS, now=at("2027-01-15 12:00"), since=since) is None
    assert due_slot(["04:00"], BRUSSELS, now=at("2027-01-16 12:00"), since=since) is not None


def test_several_files_a_day_bear_their_times() -> None:
    times = ["14:00", "02:15"]

    first = due_slot(times, BRUSSELS, now=at("2027-01-15 12:59"), since=LONG_AGO)
    second = due_slot(times, BRUSSELS, now=at("2027-01-15 13:00"), since=LONG_AGO)

    assert (first and first.extra, second and second.extra) == ("021500", "140000")


def test_of_several_that_were_missed_the_last_has_all() -> None:
    found = due_slot(["01:00", "02:00", "03:00"], "UTC", now=at("2027-01-15 02:30"), since=LONG_AGO)

    assert found is not None
    assert found.extra == "020000"


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31), date(2027, 6, 1)])
def test_each_slot_of_a_day_falls_on_that_day(day: date) -> None:
    for slot in slots_of(day, [f"{hour:02}:30" for hour in range(24)], BRUSSELS):
        assert slot.local_date == day
        assert abs(slot.scheduled_at - datetime.combine(day, time(12), UTC)) < timedelta(hours=14)


def test_a_day_has_one_file_however_often_it_is_looked_for_around_the_change_of_clocks() -> None:
    now, seen = at("2027-10-30 22:00"), set()

    while now < at("2027-11-01 00:00"):
        found = due_slot(["02:30"], BRUSSELS, now=now, since=LONG_AGO)
        if found:
            seen.add((found.local_date, found.extra, found.scheduled_at))
        now += timedelta(minutes=10)

    assert seen == {(date(2027, 10, 31), "", at("2027-10-31 00:30"))}


def test_a_file_out_of_turn_is_named_by_the_local_time() -> None:
    now = at("2027-01-15 23:30:05")

    assert extra_slot(now, BRUSSELS) == Slot(date(2027, 1, 16), "003005", now)
    assert slot_of_today(now, BRUSSELS) == Slot(date(2027, 1, 16), "", now)


def in_january(text: str) -> datetime:
    return at(f"2027-01-{text}")


@pytest.mark.parametrize(
    ("now", "since", "expected"),
    [
        (
            "15 12:00",
            "01 00:00",
            ["15 03:00", "15 17:00", "16 03:00"],
        ),
        (
            "15 12:00",
            "15 11:00",
            ["15 17:00", "16 03:00", "16 17:00"],
        ),
        (
            "15 23:30",
            "01 00:00",
            ["16 03:00", "16 17:00", "17 03:00"],
        ),
    ],
)
def test_what_comes_begins_with_what_has_just_come(now: str, since: str, expected: list[str]) -> None:
    coming = slots_to_come(["04:00", "18:00"], BRUSSELS, now=in_january(now), since=in_january(since))

    assert [each.scheduled_at for each in coming][:3] == [in_january(each) for each in expected]
