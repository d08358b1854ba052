"""The media that reach a contact, and the address each of them needs (seed 000 section 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
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
