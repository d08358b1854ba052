from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from postroom.outflow.reports.days import Due, bounds, due_days, local_day, oldest_kept
from postroom.store.reports import ReportDay

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 10)


def known(*days: ReportDay) -> dict[date, ReportDay]:
    return {each.day: each for each in days}


def closed(back: int) -> ReportDay:
    return ReportDay(TODAY - timedelta(days=back), 5, closed=True, written_at=NOW)


def told(due: list[Due]) -> list[tuple[int, bool]]:
    """Return how many days ago each is, and whether it is to be closed."""
    return [((TODAY - each.day).days, each.closing) for each in due]


def test_a_day_begins_at_midnight_of_its_account() -> None:
    assert local_day(datetime(2026, 11, 9, 23, 30, tzinfo=UTC), PARIS) == TODAY
    assert bounds(TODAY, PARIS) == (
        datetime(2026, 11, 9, 23, tzinfo=UTC),
        datetime(2026, 11, 10, 23, tzinfo=UTC),
    )


def test_days_on_which_clocks_change_are_shorter_and_longer() -> None:
    def hours(day: date) -> float:
        first, end = bounds(day, PARIS)
        return (end - first) / timedelta(hours=1)

    assert [hours(date(2027, 3, 28)), hours(date(2027, 10, 31))] == [23, 25]


def test_a_midnight_that_clocks_skip_is_the_first_moment_after() -> None:
    day = date(2018, 11, 4)  # Brazil went from 24:00 to 01:00
    zone = ZoneInfo("America/Sao_Paulo")

    assert bounds(day, zone)[0] == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert bounds(day - timedelta(days=1), zone)[1] == bounds(day, zone)[0]


def test_a_new_account_has_the_last_seven_days_closed_and_today_begun() -> None:
    assert told(list(due_days({}, NOW, PARIS))) == [*((back, True) for back in range(7, 0, -1)), (0, False)]


def test_closed_days_are_not_touched_again() -> None:
    days = known(*(closed(back) for back in range(1, 8)))

    assert told(list(due_days(days, NOW, PARIS))) == [(0, False)]


def test_a_day_that_was_open_is_closed_once_it_is_over() -> None:
    days = known(
        *(closed(back) for back in range(2, 8)),
        ReportDay(TODAY - timedelta(days=1), 5, closed=False, written_at=NOW),
    )

    assert told(list(due_days(days, NOW, PARIS))) == [(1, True), (0, False)]


def test_today_is_written_anew_by_the_hour() -> None:
    past = [closed(back) for back in range(1, 8)]
    fresh = ReportDay(TODAY, 5, closed=False, written_at=NOW - timedelta(minutes=59))
    stale = ReportDay(TODAY, 5, closed=False, written_at=NOW - timedelta(minutes=60))

    assert told(list(due_days(known(*past, fresh), NOW, PARIS))) == []
    assert told(list(due_days(known(*past, stale), NOW, PARIS))) == [(0, False)]


def test_seven_full_days_are_kept() -> None:
    assert oldest_kept(NOW, PARIS) == date(2026, 11, 3)
