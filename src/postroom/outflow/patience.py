"""For how long what fails is tried again, and in which words that is told (specs, OUT flows 3.7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from postroom.contacts.errors import PostroomError

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30))
"""How long to wait after each failed try; from then on an hour."""

LONGEST: Final = timedelta(hours=24)
"""For how long it is tried before a person has to look."""


def next_try(tries: int, since: datetime | None, *, now: datetime) -> datetime | None:
    """Return when to try again after so many tries, the first at `since`; None when that is enough."""
    if now - (since or now) >= LONGEST:
        return None
    return now + (PAUSES[tries - 1] if tries <= len(PAUSES) else timedelta(hours=1))


def words(error: Exception) -> str:
    """Return an error in words for those who have no log: what is not meant for them is only named."""
    if isinstance(error, PostroomError):
        return error.message
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"Something went wrong in Postroom ({type(error).__name__}); its log has the rest."
