"""Days of an account: where they begin and end in its time zone, and which are to be reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from postroom.store.reports import ReportDay

KEPT_DAYS: Final = 7
"""How many full days stay (seed 000 chapter 3)."""

REFRESHED: Final = timedelta(hours=1)
"""How often the reports of the day that is going on are written anew."""


@dataclass(frozen=True, slots=True)
class Due:
    """A day to be reported: from `first` to before `end`; `closing` when it is over, for good."""

    day: date
    first: datetime
    end: datetime
    closing: bool


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day that a moment belongs to."""
    return moment.astimezone(zone).date()


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when a day begins and the next one does, in UTC; it may have 23 or 25 hours."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def due_days(known: Mapping[date, ReportDay], now: datetime, zone: ZoneInfo) -> Iterator[Due]:
    """Yield the days to be reported, oldest first: those over and not closed, and today by the hour."""
    today = local_day(now, zone)
    for back in range(KEPT_DAYS, -1, -1):
        day = today - timedelta(days=back)
        said = known.get(day)
        first, end = bounds(day, zone)
        if back and not (said and said.closed):
            yield Due(day, first, end, closing=True)
        if not back and (said is None or now - said.written_at >= REFRESHED):
            yield Due(day, first, end, closing=False)


def oldest_kept(now: datetime, zone: ZoneInfo) -> date:
    """Return the first day whose reports are kept."""
    return local_day(now, zone) - timedelta(days=KEPT_DAYS)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # Where clocks skip midnight, the day begins with the first moment that there is: fold=0 names it.
    return datetime.combine(day, time(), zone).astimezone(UTC)
