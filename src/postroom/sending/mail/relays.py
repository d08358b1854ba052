"""Relays, as operators write them: mail servers that take our mails and bring them on.

Each is a URL: `smtp://user:password@host:587?tls=starttls&weight=3`, several stand one after another, with
blanks, commas or line ends between. A line that begins with # is a remark.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

TlsMode = Literal["starttls", "tls", "none"]

_PORTS: Final[Mapping[TlsMode, int]] = {"starttls": 587, "tls": 465, "none": 25}
_EXAMPLE: Final = "smtp://user:password@relay.example.com:587?tls=starttls"


@dataclass(frozen=True)
class Relay:
    """One relay: how to reach it, how much of the mails it gets, and how much it may be asked for.

    `tls` says whether the connection is encrypted on demand before anything else is said (and not used
    otherwise), from the start, or never. `weight` is its share beside the others. A connection takes
    `messages` mails before it is closed. `timeout_seconds` bounds each answer but the one to a mail, which
    has `final_seconds`: who gives up before it comes does not know whether the mail was taken.
    """

    host: str
    port: int
    tls: TlsMode = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    weight: int = 1
    connections: int = 4
    messages: int = 500
    timeout_seconds: float = 30.0
    final_seconds: float = 600.0
    authority: Path | None = None
    """Certificates that vouch for it, instead of those that the system knows."""

    @property
    def name(self) -> str:
        """What it is called in listings and events."""
        return f"{self.host}:{self.port}"

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """How its certificate is checked; raises OSError when the authority cannot be read."""
        try:
            return ssl.create_default_context(cafile=str(self.authority) if self.authority else None)
        except OSError as failed:
            why = "it holds no certificates" if isinstance(failed, ssl.SSLError) else failed.strerror
            raise OSError(f"the file of ca={self.authority} cannot be read: {why}") from None


def read_relays(text: str) -> list[Relay]:
    """Read relays as operators write them.

    Raises:
        ValueError: there is none, one is not right, or two are the same.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    words = " ".join(lines).replace(",", " ").split()
    relays = [_relay(word, place) for place, word in enumerate(words, 1)]
    if not relays:
        raise ValueError(f"expected a relay, such as {_EXAMPLE}")
    if len({relay.name for relay in relays}) < len(relays):
        raise ValueError("two relays have the same host and port")
    return relays


def _relay(word: str, place: int) -> Relay:
    """Read one relay; what is wrong is told without the word itself, which may hold a password."""
    try:
        parts = urlsplit(word)
        port = parts.port
    except ValueError:
        raise ValueError(f"relay {place} is no URL such as {_EXAMPLE}") from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ValueError(f"relay {place} is no URL such as {_EXAMPLE}")
    options = _options(parts.query, place)
    tls = options.pop("tls", "tls" if parts.scheme == "smtps" else "starttls")
    if parts.password and tls == "none":
        raise ValueError(
            f"relay {place}: a password does not travel unencrypted; set tls=starttls or tls=tls"
        )
    if (parts.username is None) != (parts.password is None):
        raise ValueError(f"relay {place}: user and password belong together")
    return Relay(
        host=parts.hostname,
        port=port or _PORTS[tls],
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        **options,
    )


def _options(query: str, place: int) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, text in parse_qsl(query, keep_blank_values=True):
        if key not in _OPTIONS:
            raise ValueError(f"relay {place}: there is no option '{key}'; known: {', '.join(_OPTIONS)}")
        name, read = _OPTIONS[key]
        try:
            options[name] = read(text)
        except ValueError as wrong:
            raise ValueError(f"relay {place}: {key} is {wrong}") from None
    return options


def _tls(text: str) -> str:
    if text not in _PORTS:
        raise ValueError("starttls, tls or none")
    return text


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most and len(text) < 9):
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return read


_OPTIONS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "tls": ("tls", _tls),
    "weight": ("weight", _number(1, 1000)),
    "connections": ("connections", _number(1, 200)),
    "messages": ("messages", _number(1, 1_000_000)),
    "timeout": ("timeout_seconds", _number(1, 600)),
    "final": ("final_seconds", _number(1, 1800)),
    "ca": ("authority", Path),
}
