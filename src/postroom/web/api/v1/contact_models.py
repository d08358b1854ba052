"""Contacts as /v1 spells them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from postroom.contacts.fields import DOCUMENTED_FIELDS, MAX_VALUE_CHARACTERS
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.web.api.operations.contacts import ContactRecord
from postroom.web.api.v1.models import Read, Written


def _on_the_calendar(day: str) -> str:
    date.fromisoformat(day)
    return day


Text = Annotated[str, StringConstraints(max_length=MAX_VALUE_CHARACTERS)]
Day = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_on_the_calendar),
    Field(json_schema_extra={"format": "date"}, examples=["1980-02-29"]),
]
Reason = Literal["account", "contact", "hard_bounce", "spam"]


class OptOuts(Read):
    """Why a medium must not be used for the contact's address; null where it may be."""

    email: Reason | None
    sms: Reason | None
    voice: Reason | None
    voicemail: Reason | None


class Contact(Read):
    """A contact of the account."""

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
    custom: dict[str, str | None] = Field(
        description="The account's custom fields by name; they are written by files alone."
    )
    list_ids: list[int]
    optouts: OptOuts


class Values(Written):
    """What may be written of a contact. Text is cleaned like the cells of a file."""

    civility: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    mobile: Text | None = None
    fax: Text | None = None
    address1: Text | None = None
    address2: Text | None = None
    zipcode: Text | None = None
    city: Text | None = None
    state: Text | None = None
    country: Text | None = None
    birth_date: Day | None = None
    company: Text | None = None
    reference: Text | None = None
    field01: Text | None = None
    field02: Text | None = None
    field03: Text | None = None
    field04: Text | None = None
    field05: Text | None = None
    field06: Text | None = None
    field07: Text | None = None
    field08: Text | None = None
    field09: Text | None = None
    field10: Text | None = None
    field11: Text | None = None
    field12: Text | None = None
    field13: Text | None = None
    field14: Text | None = None
    field15: Text | None = None
    facebook_id: Text | None = None
    twitter_id: Text | None = None


class OptOutChanges(Written):
    """Opt-outs to set, by a reason, or with null to lift; media that are absent stay as they are."""

    email: Reason | None = None
    sms: Reason | None = None
    voice: Reason | None = None
    voicemail: Reason | None = None


class NewContact(Values):
    """A contact to store."""

    optouts: OptOutChanges = OptOutChanges()


class NewContacts(Written):
    """Contacts to store: all of them or, when one is not valid, none."""

    contacts: Annotated[list[NewContact], Field(min_length=1, max_length=1000)]


class ContactChanges(Values):
    """What is to be different; what is absent stays, null empties a field."""

    optouts: OptOutChanges = OptOutChanges()


class Contacts(Read):
    """A page of contacts, by id."""

    items: list[Contact]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class Stored(Read):
    """Contacts as they are stored now, in the order in which they were sent."""

    items: list[Contact]


def contact_of(found: ContactRecord) -> Contact:
    """Return a contact as it is answered."""
    values = {field: found.values.get(field) for field in DOCUMENTED_FIELDS}
    standing = {medium.lower(): found.optouts.get(medium) for medium in Medium}
    reasons = {medium: reason.name.lower() if reason else None for medium, reason in standing.items()}
    return Contact(
        id=found.contact_id,
        created_at=found.created_at,
        updated_at=found.updated_at,
        custom=dict(found.custom),
        list_ids=list(found.list_ids),
        optouts=OptOuts.model_validate(reasons),
        **values,  # type: ignore[arg-type]  # each field has the type that its column has
    )


def row_of(sent: NewContact | ContactChanges) -> dict[str, object]:
    """Return what was sent, and no more, as operations understand it."""
    row: dict[str, object] = sent.model_dump(exclude_unset=True, exclude={"optouts"})
    optouts = sent.optouts.model_dump(exclude_unset=True)
    if optouts:
        row["optouts"] = {
            Medium[medium.upper()]: OptOutReason[reason.upper()] if reason else None
            for medium, reason in optouts.items()
        }
    return row
