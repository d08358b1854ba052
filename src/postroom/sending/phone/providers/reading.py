"""Reading the file of providers (POSTROOM_PROVIDERS); docs/sending.md has a whole example."""

from __future__ import annotations

import re
import ssl
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal, cast

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.sending.phone.providers.calling import read_http
from postroom.sending.phone.providers.described import Door, Meanings, Provider, Smpp
from postroom.sending.phone.providers.finding import Finder, finder
from postroom.sending.phone.providers.sections import Secret, Section, read_secret, wrong
from postroom.sending.phone.senders import sender_id

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
_CHANNELS: Final = (Channel.SMS, Channel.VOICE, Channel.VOICEMAIL)
_MOST_WEIGHT: Final = 1000
_RECEIPT_FIELDS: Final = ("id", "status", "code", "text", "network", "at", "reference")
_INBOUND_FIELDS: Final = ("from", "text", "to", "id", "at")
_BY_SMPP: Final = Meanings(
    delivered=frozenset({"DELIVRD"}),
    soft=frozenset({"EXPIRED"}),
    unknown=frozenset({"UNDELIV", "REJECTD", "DELETED", "UNKNOWN"}),
)


def read_providers(path: Path, environ: Mapping[str, str]) -> list[Provider]:
    """Return the providers of a file; raise Refused with the place of a mistake in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as failed:
        reason = getattr(failed, "strerror", None) or "it is no UTF-8 text"
        raise Refused(f"The file of providers cannot be read: {reason}: {path}") from None
    return parse_providers(text, environ)


def parse_providers(text: str, environ: Mapping[str, str]) -> list[Provider]:
    """Return the providers of a description; raise Refused with the place of a mistake in it."""
    try:
        whole = Section("", tomllib.loads(text))
    except tomllib.TOMLDecodeError as failed:
        raise wrong("The file of providers is no TOML", str(failed)) from None
    described = whole.table("providers") or Section("providers", {})
    whole.end()
    found = []
    for name in described.keys():  # noqa: SIM118  # a Section is no mapping
        one = described.table(name)
        if one is None or not _NAME.fullmatch(name):
            raise wrong(f"providers.{name}", "a provider's name is of a-z, 0-9 and -, 31 characters at most")
        found.append(_provider(name, one, environ))
    return found


def _provider(name: str, section: Section, environ: Mapping[str, str]) -> Provider:
    kind = section.one_of("kind", ("smpp", "http"))
    weights = _weights(section)
    if kind == "smpp" and set(weights) != {Channel.SMS}:
        raise wrong(f"{section.where}.channels", "SMPP carries SMS alone")
    provider = Provider(
        name=name,
        weights=weights,
        way=_smpp(section, environ) if kind == "smpp" else read_http(section, environ),
        account=section.text("account", "") or None,
        sender=_sender(section),
        meanings=_meanings(section, _BY_SMPP if kind == "smpp" else Meanings()),
        receipts=_door(section, "receipts", _RECEIPT_FIELDS, environ) if kind == "http" else None,
        inbound=_door(section, "inbound", _INBOUND_FIELDS, environ) if kind == "http" else None,
    )
    section.end()
    return provider


def _weights(section: Section) -> dict[Channel, int]:
    known = {each.value: each for each in _CHANNELS}
    named = section.texts("channels")
    if not named or not set(named) <= set(known):
        raise wrong(f"{section.where}.channels", f"expected some of {', '.join(known)}")
    chosen = section.table("weights") or Section("weights", {})
    weights = {known[name]: chosen.whole(name, 1, least=0, most=_MOST_WEIGHT) for name in named}
    chosen.end()
    return weights


def _sender(section: Section) -> str:
    text = section.text("sender", "")
    if not text:
        return ""
    try:
        return sender_id(text).text
    except Refused as refused:
        raise wrong(f"{section.where}.sender", refused.message.rstrip(".")) from None


def _smpp(section: Section, environ: Mapping[str, str]) -> Smpp:
    tls = section.flag("tls", default=False)
    password = read_secret(section, "password", environ)
    if not _fits(password.reveal(), 8):
        raise wrong(f"{section.where}.password", "SMPP 3.4 has passwords of 1 to 8 characters of ASCII")
    system_id, system_type = section.text("system_id"), section.text("system_type", "")
    if not _fits(system_id, 15) or not (system_type == "" or _fits(system_type, 12)):
        raise wrong(f"{section.where}.system_id", "of ASCII, 15 characters at most (system_type: 12)")
    minutes = section.whole("validity_minutes", 0, least=0, most=60 * 24 * 99)
    return Smpp(
        host=section.text("host"),
        port=section.whole("port", 3550 if tls else 2775, least=1, most=65535),
        system_id=system_id,
        password=password,
        trust=_trust(section) if tls else None,
        system_type=system_type,
        window=section.whole("window", 10, least=1, most=500),
        per_second=section.number("per_second", 50, least=0.01, most=10_000),
        long=cast(Literal["udh", "payload"], section.one_of("long", ("udh", "payload"), "udh")),
        receipt_names=_receipt_names(section),
        answer_seconds=section.number("answer_seconds", 30, least=0.05, most=600),
        enquire_seconds=section.number("enquire_seconds", 30, least=0.05, most=600),
        validity=timedelta(minutes=minutes) if minutes else None,
        later=section.numbers("later", (0x14, 0x58)),
    )


def _receipt_names(section: Section) -> Literal["same", "decimal", "hexadecimal"]:
    named = section.one_of("receipt_names", ("same", "decimal", "hexadecimal"), "same")
    return cast(Literal["same", "decimal", "hexadecimal"], named)


def _trust(section: Section) -> ssl.SSLContext:
    authorities = section.text("authorities", "")
    try:
        return ssl.create_default_context(cafile=authorities or None)
    except (OSError, ssl.SSLError) as failed:
        raise wrong(f"{section.where}.authorities", f"cannot be read: {failed}") from None


def _meanings(section: Section, unless: Meanings) -> Meanings:
    chosen = section.table("meanings")
    if chosen is None:
        return unless
    read = {
        name: frozenset(word.upper() for word in chosen.texts(name, sorted(getattr(unless, name))))
        for name in ("delivered", "hard", "soft", "unknown")
    }
    chosen.end()
    return Meanings(**read)


def _door(section: Section, name: str, fields: tuple[str, ...], environ: Mapping[str, str]) -> Door | None:
    door = section.table(name)
    if door is None:
        return None
    each = door.text("each", "")
    found: dict[str, Finder] = {key: finder(text) for key in fields if (text := door.text(key, ""))}
    if name == "receipts" and not ("status" in found and {"id", "reference"} & set(found)):
        raise wrong(door.where, "expected at least status, and id or reference")
    if name == "inbound" and not {"from", "text"} <= set(found):
        raise wrong(door.where, "expected at least from and text")
    read = Door(
        secret=_door_secret(door, environ),
        header=door.text("header", "").lower() or None,
        each=finder(each) if each else None,
        fields=found,
        reply=door.text("reply", ""),
    )
    door.end()
    return read


def _door_secret(door: Section, environ: Mapping[str, str]) -> Secret:
    secret = read_secret(door, "secret", environ)
    if not re.fullmatch(r"[A-Za-z0-9_.~-]{16,200}", secret.reveal()):
        raise wrong(f"{door.where}.secret", "expected 16 to 200 of letters, digits and . _ ~ -")
    return secret


def _fits(text: str, most: int) -> bool:
    return 0 < len(text) <= most and text.isascii() and text.isprintable()
