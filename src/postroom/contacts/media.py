"""The media that reach a contact, and the address each of them needs (seed 000 section 2.5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from postroom.contacts.fields import PhoneKind


class Medium(StrEnum):
    """A way to reach a contact."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    VOICE = "VOICE"
    VOICEMAIL = "VOICEMAIL"


class Consent(StrEnum):
    """The two things that a file may say about a medium's addresses."""

    OPTOUT = "optout"
    OPTIN = "optin"


ADDRESS_FIELD: Mapping[Medium, str] = {
    Medium.EMAIL: "email",
    Medium.SMS: "mobile",
    Medium.VOICE: "phone",
    Medium.VOICEMAIL: "mobile",
}
"""The contact field that holds a medium's address."""

PHONE_KIND: Mapping[Medium, PhoneKind] = {
    Medium.SMS: "mobile",
    Medium.VOICE: "phone",
    Medium.VOICEMAIL: "mobile",
}
"""How the address of a medium that rings is judged."""


def reachable_by(values: Mapping[str, object], opted_out: Collection[str]) -> list[Medium]:
    """Return the media that may reach a contact: their address is there and not opted out.

    `values` are a contact's normalised fields, `opted_out` the media on which its addresses are. A mobile in
    the column of fixed phones takes voice messages and no SMS; a fixed phone is never in that of mobiles.
    """
    return [
        medium for medium, field in ADDRESS_FIELD.items() if values.get(field) and medium not in opted_out
    ]
