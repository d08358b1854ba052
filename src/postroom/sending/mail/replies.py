"""What relays answer, and what that makes of a mail."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from postroom.sending.carrying import Fate, Handover
from postroom.sending.mail.relays import Relay
from postroom.sending.mail.troubles import in_words

CLOSING: Final = 421
GO_ON: Final = 354

_LONGEST: Final = 300
"""Characters that are kept of an answer."""
_STATUS: Final = re.compile(r"\s*([245]\.[0-9]{1,3}\.[0-9]{1,3})(?=\s|\Z)")
_QUEUED: Final = re.compile(r"queued as ([A-Za-z0-9._-]{1,64})", re.IGNORECASE)
_TOO_LARGE: Final = 552


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a relay; the lines of a long one are parted by line ends."""

    code: int
    text: str

    @property
    def status(self) -> str:
        """Return its enhanced status code (RFC 3463), "" when it has none."""
        found = _STATUS.match(self.text)
        return found[1] if found else ""

    @property
    def is_good(self) -> bool:
        """Tell whether the relay goes along."""
        return 200 <= self.code < 400

    @property
    def fate(self) -> Fate:
        """Return what an answer to the receiver or the mail means: 5xx is for good (RFC 5321, 4.2.1)."""
        return Fate.REFUSED if self.code >= 500 else Fate.LATER

    @property
    def fate_of_sender(self) -> Fate:
        """Return what an answer to the sender means: that is about us, and for the operator to mend.

        Unless it is the size of the mail, which is named there, too.
        """
        return Fate.REFUSED if self.code == _TOO_LARGE else Fate.LATER

    def handover(self, fate: Fate, provider: str) -> Handover:
        """Return how handing a mail over ended, when this was the last word."""
        queued = _QUEUED.search(self.text) if fate is Fate.SENT else None
        return Handover(
            fate,
            provider=provider,
            provider_id=queued[1] if queued else None,
            code=str(self.code),
            status=self.status,
            answer=one_line(f"{self.code} {self.text}"),
        )


def refusal_of(replies: Sequence[Reply], provider: str) -> Handover | None:
    """Judge the answers to sender, receiver and DATA; None when the mail may follow."""
    sender, *others = replies
    if not sender.is_good:
        return sender.handover(sender.fate_of_sender, provider)
    for reply in others:
        if not reply.is_good:
            return reply.handover(reply.fate, provider)
    if replies[-1].code != GO_ON:
        return replies[-1].handover(Fate.LATER, provider)
    return None


def from_error(failed: Exception, relay: Relay) -> Handover:
    """Return what became of mails for which there was no connection: nothing, they were not tried."""
    if not isinstance(failed, smtplib.SMTPResponseException):
        return Handover(Fate.LATER, answer=one_line(in_words(failed, relay)))
    text = failed.smtp_error
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    handover = Reply(failed.smtp_code, said).handover(Fate.LATER, "")
    if isinstance(failed, smtplib.SMTPAuthenticationError):
        return replace(handover, answer=f"it refuses our login: {handover.answer}")
    return handover


def lost(failed: Exception, fate: Fate, provider: str) -> Handover:
    """Return what became of a mail when the connection was lost."""
    return Handover(fate, provider=provider, answer=one_line(str(failed) or type(failed).__name__))


def one_line(text: str) -> str:
    """Return a stranger's text as one printable line."""
    line = "".join(mark if mark.isprintable() else "?" for mark in " ".join(text.split()))
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
