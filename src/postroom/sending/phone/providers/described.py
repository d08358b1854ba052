"""What a provider's description says, once it is read."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Literal

from postroom.contacts.channels import Channel
from postroom.sending.phone.providers.finding import Finder
from postroom.sending.phone.providers.sections import Secret


class Outcome(Enum):
    """What became of a message that a provider had taken; the value is that of events (OUT flows 1.4)."""

    DELIVERED = "DELIVERED"
    HARD = "HARD"
    """The number does not exist, or never takes such messages."""
    SOFT = "SOFT"
    """It could not be reached for as long as was tried."""
    UNKNOWN = "UNKNOWN"
    """It failed, and nobody says why."""


@dataclass(frozen=True, slots=True)
class Smpp:
    """How a provider is spoken to by SMPP 3.4; durations in seconds."""

    host: str
    port: int
    system_id: str
    password: Secret
    trust: ssl.SSLContext | None = None
    """With it the connection is encrypted."""
    system_type: str = ""
    window: int = 10
    """How many messages may wait for their answers at a time."""
    per_second: float = 50.0
    long: Literal["udh", "payload"] = "udh"
    """How a text of several parts goes: each by itself, or whole as message_payload."""
    receipt_names: Literal["same", "decimal", "hexadecimal"] = "same"
    """In which base receipts write what answers wrote in the other."""
    answer_seconds: float = 30.0
    enquire_seconds: float = 30.0
    validity: timedelta | None = None
    later: frozenset[int] = frozenset({0x14, 0x58})
    """Statuses that mean not now: ESME_RMSGQFUL, ESME_RTHROTTLED."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How the answer of a provider by HTTP is read; its codes are compared as texts."""

    provider_id: Finder | None = None
    code: Finder | None = None
    text: Finder | None = None
    taken: frozenset[str] = frozenset()
    """Codes that mean that a message was taken; where there are some, no other answer means it."""
    later_codes: frozenset[str] = frozenset()
    later: frozenset[int] = frozenset({401, 402, 403, 425, 429, 503})
    """Statuses that mean not now; some are mistakes of ours: a password, an account without money."""
    doubt: frozenset[int] = frozenset({408, 500, 502, 504})
    """Statuses after which nobody knows."""


@dataclass(frozen=True, slots=True)
class Http:
    """How a provider is called by HTTP; texts may have places in braces, such as {to}."""

    url: str
    method: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    body: object = field(repr=False)
    form: bool
    secrets: Mapping[str, Secret]
    answers: Answers
    at_once: int = 4
    per_second: float = 50.0
    connect_seconds: float = 10.0
    deadline_seconds: float = 30.0
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)


@dataclass(frozen=True, slots=True)
class Door:
    """A callback of a provider: its secret stands in a header, or in the path where `header` is None."""

    secret: Secret
    header: str | None
    each: Finder | None
    fields: Mapping[str, Finder]
    """Where what is ours stands in theirs: id, status, code, text, network, at, reference; from, text, at."""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Meanings:
    """What a provider's statuses and codes mean, in capitals; a status that is none of them is on the way."""

    delivered: frozenset[str] = frozenset()
    hard: frozenset[str] = frozenset()
    soft: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()

    def of(self, status: str, code: str) -> Outcome | None:
        """Return what became of a message, None while it is on its way; the code weighs more."""
        for said in (code.upper(), status.upper()):
            for outcome, words in (
                (Outcome.HARD, self.hard),
                (Outcome.SOFT, self.soft),
                (Outcome.UNKNOWN, self.unknown),
                (Outcome.DELIVERED, self.delivered),
            ):
                if said and said in words:
                    return outcome
        return None


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider: which channels it carries and with which weight, whose it is, how it is spoken to."""

    name: str
    weights: Mapping[Channel, int]
    way: Smpp | Http
    account: str | None = None
    """The one account that it serves; every account that has none of its own without it."""
    sender: str = ""
    """Who messages are from whose content says nothing."""
    meanings: Meanings = field(default_factory=Meanings)
    receipts: Door | None = None
    inbound: Door | None = None

    @property
    def kind(self) -> str:
        """Return smpp or http."""
        return "smpp" if isinstance(self.way, Smpp) else "http"

    @property
    def where(self) -> str:
        """Return where it is, without anything secret."""
        if isinstance(self.way, Smpp):
            return f"{self.way.host}:{self.way.port}"
        return self.way.url.partition("?")[0]

    @property
    def comes_back(self) -> list[str]:
        """Return what it tells us: receipts, inbound."""
        if isinstance(self.way, Smpp):
            return ["receipts", "inbound"]
        return [name for name, door in (("receipts", self.receipts), ("inbound", self.inbound)) if door]
