"""The media that reach a contact, and the address each of them needs (seed 000 section 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from postroom.contacts.addresses import PhoneKind


class Medium(StrEnum):
    """A way to reach a contact."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    VOICE = "VOICE"
    VOICEMAIL = "VOICEMAIL"


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
