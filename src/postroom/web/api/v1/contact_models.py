"""Contacts as /v1 spells them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from postroom.contacts.fields import CONTACT_FIELDS, MAX_VALUE_CHARACTERS
from postroom.contacts.media import Medium
from postroom.web.api.operations.contacts import ContactRecord
from postroom.web.api.v1.models import Read

Text = Annotated[str, StringConstraints(max_length=MAX_VALUE_CHARACTERS)]
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
    list_ids: list[int]
    optouts: OptOuts


class Contacts(Read):
    """A page of contacts, by id."""

    items: list[Contact]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


def contact_of(found: ContactRecord) -> Contact:
    """Return a contact as it is answered."""
    values = {field: found.values.get(field) for field in CONTACT_FIELDS}
    standing = {medium.lower(): found.optouts.get(medium) for medium in Medium}
    reasons = {medium: reason.name.lower() if reason else None for medium, reason in standing.items()}
    return Contact(
        id=found.contact_id,
        created_at=found.created_at,
        updated_at=found.updated_at,
        list_ids=list(found.list_ids),
        optouts=OptOuts.model_validate(reasons),
        **values,  # type: ignore[arg-type]  # each field has the type that its column has
    )
