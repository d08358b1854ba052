"""When files are due: local times in the zone of the account (specs, OUT flows 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Slot:
    """A file of a day: `extra` is empty for the only one, else its local time as HHmmss."""

    local_date: date
    extra: str
    scheduled_at: datetime

    def time_in(self, zone: str) -> str:
        """Return the local time of it, as HHmmss."""
        return self.scheduled_at.astimezone(ZoneInfo(zone)).strftime("%H%M%S")


def due_slot(times: Sequence[str], zone: str, *, now: datetime, since: datetime) -> Slot | None:
    """Return the last slot of today that has come, None when there is none, or none since a moment.

    A slot of an earlier day is not made up for, nor is an earlier one of today: the next file has it all.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    come = [each for each in slots_of(today, times, zone) if since < each.scheduled_at <= now]
    return max(come, key=lambda each: each.scheduled_at, default=None)


def slots_to_come(times: Sequence[str], zone: str, *, now: datetime, since: datetime) -> list[Slot]:
    """Return the slot of today that has come last, if there is one, and those that come by tomorrow's end."""
    today = now.astimezone(ZoneInfo(zone)).date()
    due = due_slot(times, zone, now=now, since=since)
    coming = [slot for days in (0, 1) for slot in slots_of(today + timedelta(days), times, zone)]
    later = [slot for slot in coming if slot.scheduled_at > max(now, since)]
    return ([due] if due else []) + sorted(later, key=lambda each: each.scheduled_at)


def slots_of(day: date, times: Sequence[str], zone: str) -> list[Slot]:
    """Return the slots of a day."""
    several = len(times) > 1
    return [
        Slot(day, local.strftime("%H%M%S") if several else "", instant(day, local, zone))
        for local in map(time.fromisoformat, times)
    ]


def instant(day: date, local: time, zone: str) -> datetime:
    """Return when a clock of the zone shows a time, in UTC.

    A time that a day lacks is taken by the clock of before the change, so 02:30 is when it shows 03:30; of
    one that comes twice it is the first.
    """
    return datetime.combine(day, local, ZoneInfo(zone)).replace(fold=0).astimezone(UTC)


def extra_slot(now: datetime, zone: str) -> Slot:
    """Return a slot beside those of the day, named by the time."""
    local = now.astimezone(ZoneInfo(zone))
    return Slot(local.date(), local.strftime("%H%M%S"), now)


def slot_of_today(now: datetime, zone: str) -> Slot:
    """Return the slot of today, whatever the time."""
    return Slot(now.astimezone(ZoneInfo(zone)).date(), "", now)
