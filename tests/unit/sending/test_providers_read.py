"""The file of providers: what it says, and how each mistake in it is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.sending.phone.providers.described import Http, Meanings, Outcome, Smpp
from postroom.sending.phone.providers.places import filled, filled_text, places_of
from postroom.sending.phone.providers.reading import parse_providers, read_providers

SECRETS = {"PASSWORD": "rabbit", "TOKEN": "token-of-16-letters"}
SMPP = """
[providers.one]
kind = "smpp"
channels = ["SMS"]
host = "smpp.example.com"
system_id = "alice"
password = { env = "PASSWORD" }
"""
HTTP = """
[providers.web]
kind = "http"
channels = ["SMS", "VOICE"]
url = "https://api.example.com/messages"
body = { to = "{to}", text = "{text}" }
"""
RECEIPTS = '[providers.web.receipts]\nsecret = { env = "TOKEN" }\nid = "id"\nstatus = "s"\n'


def test_what_is_left_out_has_its_usual_value() -> None:
    (one,) = parse_providers(SMPP, SECRETS)

    assert (one.name, one.kind, one.weights, one.account) == ("one", "smpp", {Channel.SMS: 1}, None)
    assert isinstance(one.way, Smpp)
    assert (one.way.port, one.way.trust, one.way.window, one.way.long) == (2775, None, 10, "udh")
    assert one.way.later == {0x14, 0x58}
    assert one.meanings.of("DELIVRD", "000") is Outcome.DELIVERED
    assert one.meanings.of("ENROUTE", "") is None


def test_what_is_said_is_read() -> None:
    (one,) = parse_providers(
        SMPP + 'account = "alice"\nsender = "+33 6 12 34 56 78"\ntls = true\nwindow = 3\nper_second = 0.5\n'
        'long = "payload"\nvalidity_minutes = 90\nlater = [8, 20]\nweights.SMS = 7\nmeanings.hard = ["001"]',
        SECRETS,
    )

    assert isinstance(one.way, Smpp)
    assert (one.account, one.sender, one.weights) == ("alice", "+33612345678", {Channel.SMS: 7})
    assert (one.way.port, one.way.window, one.way.per_second, one.way.long) == (3550, 3, 0.5, "payload")
    assert one.way.trust is not None
    assert (one.way.validity, one.way.later) == (timedelta(minutes=90), frozenset({8, 20}))
    assert one.meanings.of("UNDELIV", "001") is Outcome.HARD
    assert one.meanings.of("UNDELIV", "002") is Outcome.UNKNOWN, "what is not said stays as it is"


def test_several_providers_stand_in_one_file_with_their_weights() -> None:
    one, web = parse_providers(SMPP + HTTP + "weights = { SMS = 3, VOICE = 0 }", SECRETS)

    assert (one.name, web.name) == ("one", "web")
    assert web.weights == {Channel.SMS: 3, Channel.VOICE: 0}
    assert isinstance(web.way, Http)


def test_a_secret_may_stand_in_a_file_and_no_repr_shows_any(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("turtle\n")
    text = SMPP.replace('{ env = "PASSWORD" }', f'{{ file = "{path}" }}')
    headers = 'secrets.key = { env = "TOKEN" }\nheaders = { X-Key = "{secret.key}" }\n'
    basic = 'basic = { user = "alice", password = "key" }\n'

    read = parse_providers(text + HTTP + headers + basic + RECEIPTS, SECRETS)

    assert isinstance(read[0].way, Smpp)
    assert read[0].way.password.reveal() == "turtle"
    for secret in ("turtle", "token-of-16-letters", "YWxpY2U6dG9rZW4"):
        assert secret not in repr(read)


def test_no_file_of_providers_or_an_empty_one(tmp_path: Path) -> None:
    empty = tmp_path / "providers.toml"
    empty.write_text("")

    assert read_providers(empty, {}) == []
    with pytest.raises(Refused, match="cannot be read: No such file"):
        read_providers(tmp_path / "nowhere.toml", {})
    empty.write_bytes(b"\xff")
    with pytest.raises(Refused, match="no UTF-8"):
        read_providers(empty, {})


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("x = ", "", "is no TOML"),
        ("[provider.one]", "provider", "no such key"),
        ("[providers.One]", "providers.One", "a-z"),
        ("[providers]\none = 1", "providers.one", "a table"),
        (SMPP.replace("smpp", "smtp", 1), "providers.one.kind", "smpp, http"),
        (SMPP.replace('"SMS"', '"EMAIL"'), "providers.one.channels", "SMS, VOICE"),
        (SMPP.replace('["SMS"]', "[]"), "providers.one.channels", "SMS, VOICE"),
        (SMPP.replace('"SMS"', '"VOICE"'), "providers.one.channels", "SMS alone"),
        (SMPP.replace('host = "smpp.example.com"', ""), "providers.one.host", "a text"),
        (SMPP + "port = 0", "providers.one.port", "from 1 to 65535"),
        (SMPP + "port = 1.5", "providers.one.port", "whole number"),
        (SMPP + "port = true", "providers.one.port", "from 1"),
        (SMPP + "tls = 1", "providers.one.tls", "true or false"),
        (SMPP + "windows = 1", "providers.one.windows", "did you mean window"),
        (SMPP + "weights.VOICE = 1", "providers.one.weights.VOICE", "no such key"),
        (SMPP + 'later = ["8"]', "providers.one.later", "whole numbers"),
        (SMPP + 'meanings.delivered = "x"', "providers.one.meanings.delivered", "a list of texts"),
        (SMPP + 'sender = "Alice et Bob"', "providers.one.sender", "eleven letters"),
        (SMPP.replace('"alice"', '"alice-of-wonderland"'), "providers.one.system_id", "15 characters"),
        (SMPP.replace('env = "PASSWORD"', 'env = "TOKEN"'), "providers.one.password", "8 characters"),
        (SMPP.replace('env = "PASSWORD"', 'env = "NOBODY"'), "providers.one.password", "no NOBODY"),
        (SMPP.replace('{ env = "PASSWORD" }', '"rabbit"'), "providers.one.password", "a table"),
        (SMPP.replace('env = "PASSWORD"', 'file = "/nowhere"'), "providers.one.password", "cannot be read"),
        (SMPP.replace('env = "PASSWORD"', 'vault = "x"'), "providers.one.password.file", "a text"),
        (HTTP.replace("https", "http"), "providers.web.url", "https"),
        (HTTP.replace("messages", "messages#1"), "providers.web.url", "a URL"),
        (HTTP.replace("messages", "{to}"), "providers.web.url", "a place in braces"),
        (HTTP.replace("{to}", "{number}"), "providers.web", "no place {number}"),
        (HTTP.replace("{text}", "hello"), "providers.web", "{text} must be"),
        (HTTP + 'method = "GET"', "providers.web.body", "GET has none"),
        (HTTP + 'form = { text = "{text}" }', "providers.web.body", "no form beside it"),
        (HTTP + 'headers = { Host = "x" }', "providers.web.headers.host", "may be set"),
        (HTTP + 'headers = { X-Text = "{text}" }', "providers.web.headers.x-text", "a header takes"),
        (HTTP + 'headers = { X = "{secret.key}" }', "providers.web", "no place {secret.key}"),
        (HTTP + 'basic = { user = "a", password = "key" }', "providers.web.basic.password", "secrets"),
        (HTTP + 'answer = { taken = ["0"] }', "providers.web.answer", "where the code stands"),
        (HTTP + 'answer.id = { pattern = "(" }', "providers.web.answer.id", "no regular expression"),
        (HTTP + 'answer.id = { pattern = "ID" }', "providers.web.answer.id", "one group"),
        (HTTP + RECEIPTS.replace('status = "s"', ""), "providers.web.receipts", "at least status"),
        (HTTP + RECEIPTS.replace('id = "id"', ""), "providers.web.receipts", "id or reference"),
        (HTTP + RECEIPTS.replace("TOKEN", "PASSWORD"), "providers.web.receipts.secret", "16 to 200"),
        (HTTP + RECEIPTS.replace("receipts", "inbound"), "providers.web.inbound", "from and text"),
        (SMPP + RECEIPTS.replace("web", "one"), "providers.one.receipts", "no such key"),
    ],
    ids=str,
)
def test_a_mistake_is_told_by_its_place_and_what_would_be_right(text: str, where: str, what: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_providers(text, SECRETS)

    assert where in refused.value.message
    assert what in refused.value.message
    assert refused.value.code == "BAD_PROVIDER"
    assert "token-of-16-letters" not in refused.value.message


def test_places_are_filled_once_and_what_fills_them_is_not_looked_through() -> None:
    shape = {"a": ["{to}", {"b": "to {to}: {text}"}], "n": "{parts}", "same": 5, "flag": True}
    values = {"to": "{text}", "text": "{to}", "parts": "2"}

    assert sorted(places_of(shape)) == ["parts", "text", "to", "to"]
    assert filled(shape, values) == {
        "a": ["{text}", {"b": "to {text}: {to}"}],
        "n": 2,
        "same": 5,
        "flag": True,
    }
    assert filled_text("{ {to} }", {"to": "x"}) == "{ x }"


def test_the_code_says_more_than_the_status_and_a_failure_more_than_an_arrival() -> None:
    meanings = Meanings(
        frozenset({"OK", "X"}), frozenset({"X", "7"}), frozenset({"8"}), frozenset({"FAILED"})
    )

    assert meanings.of("failed", "7") is Outcome.HARD
    assert meanings.of("Failed", "8") is Outcome.SOFT
    assert meanings.of("failed", "9") is Outcome.UNKNOWN
    assert meanings.of("ok", "") is Outcome.DELIVERED
    assert meanings.of("x", "") is Outcome.HARD
    assert meanings.of("queued", "") is None
    assert meanings.of("", "") is None
