"""What an operator may set of sending; the rest of the table is in `settings`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, JsonValue
from pydantic_settings import BaseSettings

from postroom.contacts.paces import MOST_PER_MINUTE, read_domains
from postroom.sending.mail.relays import read_relays
from postroom.sending.phone.counting import MOST_PARTS

_SECRET: dict[str, JsonValue] = {"secret": True}

_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE)


def web_url(example: str) -> Callable[[str], str]:
    """Return what checks that URLs can begin with a text, such as `example`, and takes its last / off."""

    def check(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"expected a URL such as {example}")
        return text.rstrip("/")

    return check


def _domain(text: str) -> str:
    if not _DOMAIN.fullmatch(text):
        raise ValueError("expected a domain such as bounces.example.com")
    return text.lower()


def _relays(text: str) -> str:
    read_relays(text)
    return text


def _domains(text: str) -> str:
    read_domains(text)
    return text


class SendingSettings(BaseSettings):
    """Settings of messages, their relays and what comes back."""

    senders: Annotated[int, Field(ge=1)] = Field(1, description="Processes that send messages.")
    tracking_url: Annotated[str, AfterValidator(web_url("https://news.example.com"))] | None = Field(
        None,
        description="Where recipients reach our pages, such as https://news.example.com (or http_url).",
    )
    bounce_domain: Annotated[str, AfterValidator(_domain)] | None = Field(
        None, description="Domain of return paths, whose mail comes to us; else bounces go to the senders."
    )
    relays: Annotated[str, AfterValidator(_relays)] | None = Field(
        None,
        repr=False,
        json_schema_extra=_SECRET,
        description="Mail servers that take our mails, as URLs; mails wait without it.",
    )
    relay_hello: Annotated[str, AfterValidator(_domain)] | None = Field(
        None, description="What we call ourselves to relays; the machine's name without it."
    )
    send_per_minute: Annotated[int, Field(ge=0, le=MOST_PER_MINUTE)] = Field(
        0, description="Most messages a minute of each account on each channel; 0 for any number."
    )
    domains_per_minute: Annotated[str, AfterValidator(_domains)] | None = Field(
        None, description="Most mails a minute of each account to single domains: gmail.com=600 *=1200."
    )
    events_days: Annotated[int, Field(ge=31, le=36_500)] = Field(
        400, description="For how many days it is kept what happened to messages."
    )
    partner_days: Annotated[int, Field(ge=1, le=31)] = Field(
        14, description="For how many days files for partners are kept."
    )
    providers: Path | None = Field(
        None, description="File that describes the providers of SMS and calls (TOML); none without it."
    )
    sms_parts: Annotated[int, Field(ge=1, le=MOST_PARTS)] = Field(
        6, description="Most parts of an SMS; longer ones are not sent."
    )
    flows_days: Annotated[int, Field(ge=5, le=36_500)] = Field(
        31, description="For how many days files of OUT flows are kept here, to be sent again."
    )
