"""Goals: what people do on a site after they were written to, by visiting a page or by buying something.

All of it comes from strangers' browsers, so everything has a bound, and matching takes time in proportion to
the lengths alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from postroom.contacts.cells import is_storable
from postroom.contacts.errors import Refused

MAX_NAME_CHARACTERS: Final = 255
MOST_PATTERNS: Final = 50
MAX_PATTERN_CHARACTERS: Final = 500
MAX_URL_CHARACTERS: Final = 4000
MAX_TRANSACTION_CHARACTERS: Final = 100
MOST_PRODUCTS: Final = 100
MAX_PRODUCT_CHARACTERS: Final = 255

ATTRIBUTION: Final = timedelta(days=30)
"""For so long after a click what somebody does is its campaign's (specs, OUT flows 6, reading 21)."""

_DEFAULT_PORT: Final = {"http": 80, "https": 443}
_PATTERN: Final = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<host>(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?P<port>:[0-9]{1,5})?(?P<rest>/.*)?",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class GoalKind(StrEnum):
    """What reaches a goal."""

    WEBVISIT = "WEBVISIT"
    """A visit of one of its pages."""
    TRANSACTION = "TRANSACTION"
    """An order, told by the API or, on one of its pages, by the script."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a site, as far as it is compared: `host` in lower case, `port` None where it is the usual."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: str

    @property
    def origin(self) -> str:
        """Return the origin, as browsers spell it."""
        return f"{self.scheme}://{self.host}" + (f":{self.port}" if self.port else "")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which pages: `*` stands for any characters of the path, a leading `*.` for any host below another.

    Without a scheme both are meant, without a path all pages of the host; the query is looked at only where
    the pattern has a `?`.
    """

    scheme: str | None
    host: str
    port: int | None
    rest: str

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read a pattern; raise Refused for what is none."""
        found = _PATTERN.fullmatch(text) if len(text) <= MAX_PATTERN_CHARACTERS else None
        if found is None or not text.isascii() or not text.isprintable() or " " in text:
            raise Refused(
                f"'{text[:120]}' is no page: expected something like https://shop.example.com/thanks*.",
                code="BAD_PATTERN",
            )
        port = int(found["port"][1:]) if found["port"] else None
        scheme = found["scheme"].lower() if found["scheme"] else None
        if scheme and port == _DEFAULT_PORT[scheme]:
            port = None
        return cls(scheme, found["host"].lower(), port, found["rest"] or "/*")

    def is_of_host(self, page: Page) -> bool:
        """Tell whether a page is of this pattern's site."""
        if self.scheme is not None and self.scheme != page.scheme:
            return False
        if self.port != page.port:
            return False
        if self.host.startswith("*."):
            return page.host.endswith(self.host[1:])
        return page.host == self.host

    def matches(self, page: Page) -> bool:
        """Tell whether a page is meant."""
        if not self.is_of_host(page):
            return False
        if "?" in self.rest:
            return _fits(self.rest, f"{page.path}?{page.query}")
        return _fits(self.rest, page.path)


@dataclass(frozen=True, slots=True)
class Transaction:
    """An order: `amount` and `quantity` are decimal numbers as text, `currency` a code of ISO 4217."""

    transaction_id: str
    amount: str
    currency: str | None = None
    quantity: str | None = None
    products: tuple[str, ...] = ()


def page_of(url: str) -> Page | None:
    """Return the page of a URL; None for what is no URL of a web page, or too long for one."""
    if len(url) > MAX_URL_CHARACTERS or not is_storable(url) or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORT or not host or parts.username is not None:
        return None
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return Page(
        parts.scheme,
        host,
        None if port == _DEFAULT_PORT[parts.scheme] else port,
        parts.path or "/",
        parts.query,
    )


def goal_name(name: str) -> str:
    """Return a goal's name without blanks around it; raise Refused for what is none."""
    called = name.strip()
    if not called or len(called) > MAX_NAME_CHARACTERS or not (called.isprintable() and is_storable(called)):
        raise Refused(f"A goal's name has from 1 to {MAX_NAME_CHARACTERS} characters.", code="BAD_NAME")
    return called


def goal_patterns(kind: GoalKind, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the patterns of a goal, each once; raise Refused when they cannot be those of its kind."""
    patterns = tuple(dict.fromkeys(texts))
    if len(patterns) > MOST_PATTERNS:
        raise Refused(f"A goal has {MOST_PATTERNS} pages at the most.", code="TOO_MANY_PATTERNS")
    if kind is GoalKind.WEBVISIT and not patterns:
        raise Refused("A goal of visits needs a page.", code="NO_PATTERN")
    for each in patterns:
        Pattern.parse(each)
    return patterns


def transaction(
    transaction_id: str,
    amount: str,
    *,
    currency: str | None = None,
    quantity: str | None = None,
    products: Sequence[str] = (),
) -> Transaction:
    """Return an order; raise Refused for what cannot be one."""
    if not _is_text(transaction_id, MAX_TRANSACTION_CHARACTERS):
        raise Refused(
            f"A transactionId has from 1 to {MAX_TRANSACTION_CHARACTERS} characters.", code="BAD_TRANSACTION"
        )
    if currency is not None and not _CURRENCY.fullmatch(currency):
        raise Refused("A currency has three capital letters, such as EUR.", code="BAD_CURRENCY")
    if len(products) > MOST_PRODUCTS or not all(_is_text(each, MAX_PRODUCT_CHARACTERS) for each in products):
        raise Refused(
            f"An order has {MOST_PRODUCTS} products at most, of {MAX_PRODUCT_CHARACTERS} characters each.",
            code="BAD_PRODUCTS",
        )
    return Transaction(
        transaction_id,
        _decimal("amount", amount),
        currency,
        None if quantity is None else _decimal("quantity", quantity),
        tuple(products),
    )


def _decimal(name: str, text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise Refused(
            f"{name} is a number with a point, such as 49.90, not '{text[:40]}'.", code="BAD_AMOUNT"
        )
    return f"{Decimal(text):f}"


def _is_text(text: str, most: int) -> bool:
    return 1 <= len(text) <= most and text.isprintable() and is_storable(text) and text == text.strip()


def _fits(pattern: str, text: str) -> bool:
    """Tell whether a text is as a pattern with `*` says; the first place that fits is always good enough."""
    first, *others = pattern.split("*")
    if not others:
        return text == first
    *middle, last = others
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for each in middle:
        found = text.find(each, place, end)
        if found < 0:
            return False
        place = found + len(each)
    return True
