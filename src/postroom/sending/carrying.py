"""The seam to relays and providers: finished messages go in, what became of each comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Protocol

from postroom.contacts.channels import Channel


class Fate(Enum):
    """What became of a message that was handed over."""

    SENT = "sent"
    """The relay or provider took it upon itself."""
    LATER = "later"
    """Not now: greylisted, busy, away. It was certainly not taken."""
    REFUSED = "refused"
    """It will never be taken."""
    IN_DOUBT = "in_doubt"
    """All of it went out and no answer came: it may have been taken."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished message: `body` is a whole mail (RFC 5322, CRLF, signed), or the text of an SMS or a call.

    `sender` is the envelope sender of a mail (our VERP return path), the number or name of an SMS.
    """

    account_id: int
    message_id: int
    channel: Channel
    sender: str
    address: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Handover:
    """How handing one message over ended; `answer` is what the other side said, on one line.

    `code` and `status` are those of SMTP (550, "5.1.1") or the provider's own error code; `wait` is how long
    the other side wants to be left alone; `parts` is of SMS. `sender` is who the provider
    says it is from, where the letter says nobody.
    """

    fate: Fate
    provider: str = ""
    provider_id: str | None = None
    code: str = ""
    status: str = ""
    answer: str = ""
    wait: timedelta | None = None
    parts: int | None = None
    sender: str = ""


Told = Callable[[Letter, Handover], None]
"""Is told of each letter once, in any order and from any thread."""


class Carrier(Protocol):
    """Hands finished messages over, by relays or providers of its own choice."""

    def carry(self, letters: Sequence[Letter], told: Told) -> None:
        """Hand over letters of one channel and tell what became of each; nothing it meets is an exception."""
        ...

    def close(self) -> None:
        """Close the connections that are kept for the next letters."""
        ...
