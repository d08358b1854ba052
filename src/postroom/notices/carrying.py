"""The seam to the outside world: one attempt at bringing one message to one target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol


class Verdict(Enum):
    """What an attempt came to."""

    DELIVERED = "delivered"
    LATER = "later"
    """It may work another time."""
    NEVER = "never"
    """The receiver will not take this message."""
    GONE = "gone"
    """The receiver wants no message any more."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message as one target gets it; `secret` is what webhooks are signed with."""

    message_id: str
    address: str
    content: Mapping[str, Any]
    created_at: datetime
    secret: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended, in a line for people; `wait` is how long the receiver wants to be left alone."""

    verdict: Verdict
    text: str
    wait: timedelta = timedelta()


class Carries(Protocol):
    """Brings messages to one kind of targets."""

    def carry(self, parcel: Parcel) -> Answer:
        """Make one attempt, bounded in time; whatever the receiver does is an answer, not an error."""
        ...


def one_line(text: str, limit: int) -> str:
    """Return a stranger's text as one printable line of at most `limit` characters."""
    line = "".join(mark if mark.isprintable() else "?" for mark in " ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"
