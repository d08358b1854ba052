"""Who asked for a pixel or a tracked link, as far as a request says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

USER_AGENT_CHARACTERS: Final = 1000
"""So much of a User-Agent is kept (specs, OUT flows 1.3)."""

ADDRESS_CHARACTERS: Final = 45
"""The longest IP address there is, an IPv4 one within IPv6."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that came `at`; `unasked` tells that by its own words it was no person's: a prefetch, a HEAD.

    `user_agent` and `address` are printable and bounded: make one by `visit`.
    """

    at: datetime
    user_agent: str
    address: str
    unasked: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A visit that tells of a message: an opening, or a click on `link_id`.

    `url` is where a link goes that is its recipient's own; other links go where their campaign's do.
    """

    account_id: int
    message_id: int
    visit: Visit
    link_id: int | None = None
    url: str | None = None


def visit(at: datetime, user_agent: str, address: str, *, unasked: bool) -> Visit:
    """Return a visit with what a stranger sent made fit to be stored."""
    return Visit(
        at, _printable(user_agent, USER_AGENT_CHARACTERS), _printable(address, ADDRESS_CHARACTERS), unasked
    )


def _printable(text: str, most: int) -> str:
    kept = text[:most]
    return kept if kept.isprintable() else "".join(each if each.isprintable() else " " for each in kept)
