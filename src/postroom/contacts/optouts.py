"""What an opt-out forbids, what makes and lifts one, and the law of rows that ask for either.

Seed 000 section 2.5 in the reading of contact folders section 1.7: opt-outs belong to addresses, each medium
on its own; nothing but an explicit opt-in lifts one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from postroom.contacts.addresses import email, phone
from postroom.contacts.cells import clean
from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.media import ADDRESS_FIELD, PHONE_KIND, Medium
from postroom.contacts.reasons import INVALID_ADDRESS, Reason

Issue = tuple[Reason, str]


class OptOutReason(IntEnum):
    """Why an address must not be used; of two reasons the greater is the stronger. Stored as numbers."""

    ACCOUNT = 1
    """The account asked for it, by a file or by hand."""
    CONTACT = 2
    """The recipient did: a click, a STOP."""
    HARD_BOUNCE = 3
    """The address does not exist."""
    SPAM = 4
    """The recipient complained."""


def after_optout(stands: OptOutReason | None, reason: OptOutReason) -> OptOutReason:
    """Tell why an address is opted out once `reason` is given: the stronger of the two."""
    return reason if stands is None else max(stands, reason)


def after_optin(stands: OptOutReason | None, *, lifts_complaints: bool) -> OptOutReason | None:
    """Tell what is left of an opt-out after an opt-in: complaints and hard bounces stay unless lifted too."""
    if stands is None or lifts_complaints or stands <= OptOutReason.CONTACT:
        return None
    return stands


@dataclass(frozen=True, slots=True)
class AddressRow:
    """A row of an opt-out or opt-in file: the normalised address it names, or why it is refused."""

    address: str | None
    refusal: Issue | None


def address_row(raw: str | None, medium: Medium, region: str) -> AddressRow:
    """Judge the one cell of a row that such a file is about; all others mean nothing here.

    `region` (two letters) says what a number without country code means.
    """
    text = clean(raw)
    field = ADDRESS_FIELD[medium]
    if text is None:
        return AddressRow(None, (Reason.MISSING_MEDIUM_VALUE, medium.value))
    if len(text) > MAX_VALUE_CHARACTERS:
        return AddressRow(None, (Reason.VALUE_TOO_LONG, field))
    found = email(text) if medium is Medium.EMAIL else phone(text, region, PHONE_KIND[medium])
    return AddressRow(found, None if found else (INVALID_ADDRESS[field], text))
