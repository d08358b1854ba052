"""What there is to tell, whoever is told and however: for programs and for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from postroom.store.notices import Kind


class Event(StrEnum):
    """What a target may want to hear of."""

    SUCCESS = "success"
    REJECTS = "rejects"
    FAILURE = "failure"
    FLOW = "flow"
    """A file of an OUT flow is there."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened.

    `type` (such as drop.applied) and `data` (plain values) are for programs; `subject`, one sentence as
    `opening`, and `facts` (label and value) for people. `about` is the id of what it tells of.
    """

    type: str
    about: str
    at: datetime
    data: Mapping[str, Any]
    subject: str
    opening: str
    facts: Sequence[tuple[str, str]]

    def content(self, kind: Kind) -> dict[str, Any]:
        """Return what a target of this kind is sent, as plain values."""
        if kind == "webhook":
            return {"type": self.type, "timestamp": moment(self.at), "data": dict(self.data)}
        return {
            "subject": self.subject,
            "opening": self.opening,
            "facts": [list(fact) for fact in self.facts],
        }


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail whose words its writer has chosen, in plain text and as HTML.

    Whatever strangers wrote is harmless in it already: one line in `text`, escaped in `html`. `type` (such as
    batch.confirmation) and `about`, the id of what it tells of, are for the log.
    """

    type: str
    about: str
    subject: str
    text: str
    html: str

    def content(self) -> dict[str, Any]:
        """Return plain values."""
        return {"subject": self.subject, "text": self.text, "html": self.html}


def moment(at: datetime) -> str:
    """Write a time as programs read it: ISO 8601, UTC, with Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
