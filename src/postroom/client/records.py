"""What the API tells, typed. Members that a newer server adds are passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Stats:
    """How many contacts are on a list, and how many of them each medium reaches."""

    subscribers: int
    sms: int
    email: int
    voice: int
    voicemail: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList:
    """A list; `etag` names this state of it, when it was read by itself."""

    id: int
    name: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    last_drop_id: int | None
    stats: Stats | None
    etag: str | None = None


def list_of(said: Mapping[str, Any], etag: str | None = None) -> ContactList:
    """Return the list of an answer."""
    facts = known(ContactList, said) | {
        "created_at": moment(said["created_at"]),
        "updated_at": moment(said["updated_at"]),
        "stats": Stats(**known(Stats, said["stats"])) if said["stats"] else None,
        "etag": etag,
    }
    return ContactList(**facts)


def moment(text: str) -> datetime:
    """Read a time as of RFC 3339."""
    return datetime.fromisoformat(text)


def known(kind: type[Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a record has of what was said."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in said.items() if name in names}
