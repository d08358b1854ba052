"""When a campaign is to be launched, as people write it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from postroom.contacts.errors import Refused


def moment_of(text: str, time_zone: str) -> datetime:
    """Read a moment in ISO 8601, such as `2026-12-01T09:00`; one without an offset is in `time_zone`.

    Raises Refused (BAD_TIME) for anything else. A local time that the clocks skip in spring is taken as if
    they had not been changed yet, one that comes twice in autumn as the first of both.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(time_zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(
            f"'{text[:40]}' is no time such as 2026-12-01T09:00, 2026-12-01T08:00Z.",
            code="BAD_TIME",
        ) from None
