"""When a campaign is to be launched, as people write it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from postroom.contacts.errors import Refused


def moment_of(text: str, time_zone: str, *, now: datetime) -> datetime:
    """Read a moment in ISO 8601, such as `2026-12-01T09:00`; one without an offset is in `time_zone`.

    Raises Refused (BAD_TIME) for anything else, for a moment before `now`, and for a local time that the
    clocks skip in spring. Of one that comes twice in autumn the first is meant.
    """
    try:
        written = datetime.fromisoformat(text.strip())
        zone = ZoneInfo(time_zone) if written.tzinfo is None else written.tzinfo
        moment = written.replace(tzinfo=zone).astimezone(UTC)
        skipped = moment.astimezone(zone).replace(tzinfo=None) != written.replace(tzinfo=None)
    except (ValueError, OverflowError):
        said = f"'{text[:40]}' is no time such as 2026-12-01T09:00, 2026-12-01T08:00Z."
        raise Refused(said, code="BAD_TIME") from None
    if skipped:
        said = f"There is no '{text[:40]}' in {time_zone}: clocks go forward then. Name another time."
        raise Refused(said, code="BAD_TIME")
    if moment < now:
        raise Refused(f"'{text[:40]}' is in the past.", code="BAD_TIME")
    return moment
