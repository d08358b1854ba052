"""Contacts, as the API tells them and as programs write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, TypedDict

from postroom.client.records import known, moment

Reason = Literal["account", "contact", "hard_bounce", "spam"]
"""Why an address must not be used, the weakest reason first."""


@dataclass(frozen=True, slots=True)
class OptOuts:
    """Why each medium must not be used for a contact; None where it may be."""

    email: Reason | None
    sms: Reason | None
    voice: Reason | None
    voicemail: Reason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact of the account; `etag` names this state of it, when it was read by itself.

    `custom` has the account's custom fields by name.
    """

    id: int
    created_at: datetime
    updated_at: datetime
    civility: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    mobile: str | None
    fax: str | None
    address1: str | None
    address2: str | None
    zipcode: str | None
    city: str | None
    state: str | None
    country: str | None
    birth_date: date | None
    company: str | None
    reference: str | None
    field01: str | None
    field02: str | None
    field03: str | None
    field04: str | None
    field05: str | None
    field06: str | None
    field07: str | None
    field08: str | None
    field09: str | None
    field10: str | None
    field11: str | None
    field12: str | None
    field13: str | None
    field14: str | None
    field15: str | None
    facebook_id: str | None
    twitter_id: str | None
    list_ids: list[int]
    optouts: OptOuts
    etag: str | None = None
    custom: Mapping[str, str | None] = field(default_factory=dict)


class OptOutChanges(TypedDict, total=False):
    """Reasons to opt out for, None to lift; media that are absent stay as they are."""

    email: Reason | None
    sms: Reason | None
    voice: Reason | None
    voicemail: Reason | None


class ContactValues(TypedDict, total=False):
    """What may be written of a contact; what is absent stays, None empties a field."""

    civility: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    mobile: str | None
    fax: str | None
    address1: str | None
    address2: str | None
    zipcode: str | None
    city: str | None
    state: str | None
    country: str | None
    birth_date: date | str | None
    company: str | None
    reference: str | None
    field01: str | None
    field02: str | None
    field03: str | None
    field04: str | None
    field05: str | None
    field06: str | None
    field07: str | None
    field08: str | None
    field09: str | None
    field10: str | None
    field11: str | None
    field12: str | None
    field13: str | None
    field14: str | None
    field15: str | None
    facebook_id: str | None
    twitter_id: str | None
    optouts: OptOutChanges


def contact_of(said: Mapping[str, Any], etag: str | None = None) -> Contact:
    """Return the contact of an answer."""
    facts = known(Contact, said) | {
        "created_at": moment(said["created_at"]),
        "updated_at": moment(said["updated_at"]),
        "birth_date": date.fromisoformat(said["birth_date"]) if said["birth_date"] else None,
        "optouts": OptOuts(**known(OptOuts, said["optouts"])),
        "etag": etag,
    }
    return Contact(**facts)


def json_of(values: ContactValues) -> dict[str, Any]:
    """Return what is sent of a contact."""
    born = values.get("birth_date")
    return dict(values) | ({"birth_date": born.isoformat()} if isinstance(born, date) else {})
