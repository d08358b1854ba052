"""By what a campaign goes out: the media of messages, and partners who work on files of people."""

from __future__ import annotations

from enum import StrEnum

from postroom.contacts.media import ADDRESS_FIELD, Medium


class Channel(StrEnum):
    """How a campaign reaches people (seed 002: e-mail, SMS, print, social, call center)."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    VOICE = "VOICE"
    VOICEMAIL = "VOICEMAIL"
    PRINT = "PRINT"
    SOCIAL = "SOCIAL"
    CALLCENTER = "CALLCENTER"

    @property
    def medium(self) -> Medium:
        """Return the medium whose opt-outs count: a call center rings, an audience is of e-mail addresses.

        Letters have no medium of their own: an opt-out from e-mail says nothing of them, so whoever asks for
        print must look at `by_message` or `opts_out` first.
        """
        return _MEDIUM[self]

    @property
    def by_message(self) -> bool:
        """Tell whether each person gets a message from us, rather than a line in a partner's file."""
        return self in MESSAGE_CHANNELS

    @property
    def opts_out(self) -> bool:
        """Tell whether opt-outs of a medium keep people out."""
        return self is not Channel.PRINT

    @property
    def address_field(self) -> str | None:
        """Return the contact field with the address; None for print, whose address is several fields."""
        return None if self is Channel.PRINT else ADDRESS_FIELD[self.medium]


_MEDIUM = {
    Channel.EMAIL: Medium.EMAIL,
    Channel.SMS: Medium.SMS,
    Channel.VOICE: Medium.VOICE,
    Channel.VOICEMAIL: Medium.VOICEMAIL,
    Channel.PRINT: Medium.EMAIL,
    Channel.SOCIAL: Medium.EMAIL,
    Channel.CALLCENTER: Medium.VOICE,
}

MESSAGE_CHANNELS = frozenset({Channel.EMAIL, Channel.SMS, Channel.VOICE, Channel.VOICEMAIL})
"""Channels on which each person gets a message from us."""
