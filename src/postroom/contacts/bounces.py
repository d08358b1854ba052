"""Messages that come back, and complaints about them: the words for both (specs, OUT flows 1.3, 1.8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BounceType(StrEnum):
    """Whether the address is to blame for good. Whoever refuses us or our content is soft, too."""

    HARD = "HARD"
    SOFT = "SOFT"
    UNKNOWN = "UNKNOWN"


class BounceCategory(StrEnum):
    """Why a message came back."""

    UNKNOWN_USER = "UNKNOWN_USER"
    UNKNOWN_DOMAIN = "UNKNOWN_DOMAIN"
    MAILBOX_FULL = "MAILBOX_FULL"
    MAILBOX_DISABLED = "MAILBOX_DISABLED"
    BLOCKED_CONTENT = "BLOCKED_CONTENT"
    BLOCKED_REPUTATION = "BLOCKED_REPUTATION"
    POLICY = "POLICY"
    TOO_LARGE = "TOO_LARGE"
    DNS_FAILURE = "DNS_FAILURE"
    CONNECTION_FAILURE = "CONNECTION_FAILURE"
    TIMEOUT = "TIMEOUT"
    AUTO_REPLY = "AUTO_REPLY"
    OTHER = "OTHER"

    @property
    def blames_address(self) -> bool:
        """Tell whether it speaks against the address; all else is about us, the way, or an absence."""
        return self in _OF_THE_ADDRESS


_OF_THE_ADDRESS = frozenset(
    {
        BounceCategory.UNKNOWN_USER,
        BounceCategory.UNKNOWN_DOMAIN,
        BounceCategory.MAILBOX_FULL,
        BounceCategory.MAILBOX_DISABLED,
    }
)


class FeedbackType(StrEnum):
    """What a recipient's provider reports of a message (RFC 5965, 7.3)."""

    ABUSE = "ABUSE"
    FRAUD = "FRAUD"
    VIRUS = "VIRUS"
    NOT_SPAM = "NOT_SPAM"
    """Taken back: somebody had called it spam, or a filter had."""
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Bounce:
    """A message that was refused or came back; `code`, `status` and `text` as the other side wrote them.

    `code` is that of SMTP (550) or a provider's own, `status` that of RFC 3463 ("5.1.1"); both may be "".
    """

    type: BounceType
    category: BounceCategory
    code: str = ""
    status: str = ""
    text: str = ""

    @property
    def is_permanent(self) -> bool:
        """Tell whether the address itself was refused for good."""
        return self.type is BounceType.HARD

    @property
    def blames_address(self) -> bool:
        """Tell whether it counts against the address.

        What is put off without a reason does not: our own relay may be away for days, and must not bring a
        whole list into quarantine.
        """
        return self.category.blames_address or (self.category is BounceCategory.OTHER and self.is_permanent)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a provider reports of a message; addresses and moments are None where it leaves them out."""

    type: FeedbackType
    source: str = ""
    """The program or provider that reports (User-Agent of the report)."""
    complainer: str | None = None
    reported_at: datetime | None = None
