"""Reading how a provider is called by HTTP: where, with what, and what its answers mean."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from postroom.sending.phone.providers.described import Answers, Http
from postroom.sending.phone.providers.finding import Finder, finder, pattern_finder
from postroom.sending.phone.providers.places import PLACES, places_of
from postroom.sending.phone.providers.sections import Secret, Section, read_secret, wrong

_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,60}")
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-type"})
_IN_HEADERS: Final = frozenset({"message", "channel"})
"""What is of our own making: a line end in a text would begin another header."""
_UNSET: Final = Answers()


def read_http(section: Section, environ: Mapping[str, str]) -> Http:
    """Return how a provider is called; raise Refused with the place of a mistake."""
    secrets = _secrets(section, environ)
    known = {*PLACES, *(f"secret.{name}" for name in secrets)}
    method = section.one_of("method", ("POST", "PUT", "GET"), "POST")
    body, form = _body(section, method)
    query = _texts(section, "query")
    read = Http(
        url=_url(section),
        method=method,
        headers=_headers(section, secrets),
        query=query,
        body=body,
        form=form,
        secrets=secrets,
        answers=_answers(section),
        at_once=section.whole("at_once", 4, least=1, most=64),
        per_second=section.number("per_second", 50, least=0.01, most=10_000),
        connect_seconds=section.number("connect_seconds", 10, least=0.05, most=600),
        deadline_seconds=section.number("deadline_seconds", 30, least=0.05, most=600),
    )
    for place in places_of([dict(read.headers), dict(query), body]):
        if place not in known:
            raise wrong(section.where, f"there is no place {{{place}}}; known are {', '.join(sorted(known))}")
    if not {"text"} <= set(places_of([dict(query), body])):
        raise wrong(section.where, "the call says nowhere what to say: {text} must be in body or query")
    return read


def _secrets(section: Section, environ: Mapping[str, str]) -> dict[str, Secret]:
    chosen = section.table("secrets")
    if chosen is None:
        return {}
    secrets = {name: read_secret(chosen, name, environ) for name in chosen.keys()}  # noqa: SIM118  # no mapping
    for name, secret in secrets.items():
        if not (secret.reveal().isascii() and secret.reveal().isprintable()):
            raise wrong(f"{chosen.where}.{name}", "expected printable ASCII, as it may stand in a header")
    return secrets


def _url(section: Section) -> str:
    url = section.text("url")
    parts = urlsplit(url)
    plain = section.flag("plain", default=False) or parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if parts.scheme not in ({"https", "http"} if plain else {"https"}):
        raise wrong(f"{section.where}.url", "expected https:// (plain = true allows http, for all to read)")
    if not parts.hostname or parts.username is not None or parts.fragment or not url.isascii():
        raise wrong(f"{section.where}.url", "expected a URL such as https://api.example.com/messages")
    if next(places_of(url), None) is not None:
        raise wrong(f"{section.where}.url", "a place in braces may stand in query, headers and body")
    return url


def _headers(section: Section, secrets: Mapping[str, Secret]) -> dict[str, str]:
    headers = {name.lower(): text for name, text in _texts(section, "headers").items()}
    for name, text in headers.items():
        if not _HEADER.fullmatch(name) or name in _OURS or not (text.isascii() and text.isprintable()):
            raise wrong(f"{section.where}.headers.{name}", "no header that may be set")
        if not all(each in _IN_HEADERS or each.startswith("secret.") for each in places_of(text)):
            raise wrong(f"{section.where}.headers.{name}", "a header takes {message}, {channel} and secrets")
    basic = section.table("basic")
    if basic is not None:
        user, password = basic.text("user"), basic.text("password")
        basic.end()
        if password not in secrets:
            raise wrong(f"{basic.where}.password", "expected the name of one of secrets")
        word = f"{user}:{secrets[password].reveal()}".encode()
        headers["authorization"] = "Basic " + base64.b64encode(word).decode()
    return headers


def _body(section: Section, method: str) -> tuple[object, bool]:
    body, form = section.anything("body"), _texts(section, "form")
    if body is not None and (form or not isinstance(body, dict)):
        raise wrong(f"{section.where}.body", "expected a table (what is sent as JSON), and no form beside it")
    if method == "GET" and (body is not None or form):
        raise wrong(f"{section.where}.body", "GET has none; use query")
    return (form, True) if form else (body, False)


def _texts(section: Section, key: str) -> dict[str, str]:
    chosen = section.table(key)
    if chosen is None:
        return {}
    return {name: chosen.text(name) for name in chosen.keys()}  # noqa: SIM118  # no mapping


def _answers(section: Section) -> Answers:
    chosen = section.table("answer") or Section(f"{section.where}.answer", {})
    read = Answers(
        provider_id=_finder(chosen, "id"),
        code=_finder(chosen, "code"),
        text=_finder(chosen, "text"),
        taken=frozenset(chosen.texts("taken")),
        later_codes=frozenset(chosen.texts("later_codes")),
        later=chosen.numbers("later", _UNSET.later),
        doubt=chosen.numbers("doubt", _UNSET.doubt),
    )
    chosen.end()
    if (read.taken or read.later_codes) and read.code is None:
        raise wrong(chosen.where, "taken and later_codes are codes: say where the code stands")
    return read


def _finder(section: Section, key: str) -> Finder | None:
    if isinstance(section.anything(key), dict):
        chosen = section.table(key)
        assert chosen is not None  # noqa: S101  # it is a table
        text = chosen.text("pattern")
        chosen.end()
        try:
            return pattern_finder(text)
        except ValueError as failed:
            raise wrong(chosen.where, str(failed)) from None
    path = section.text(key, "")
    return finder(path) if path else None
