"""SMS and calls over a provider's HTTP interface, against a real server that answers as it is told."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Unavailable
from postroom.sending.carrying import Fate, Handover, Letter
from postroom.sending.phone.http.carrier import HttpCarrier
from postroom.sending.phone.providers.described import Http
from postroom.sending.phone.providers.reading import parse_providers
from tests.integration.sending.phone.web_provider import WebProvider, web_provider

SECRETS = {"TOKEN": "s3cret-token"}


@pytest.fixture
def web() -> Iterator[WebProvider]:
    with web_provider() as running:
        yield running


def carrier(url: str, more: str = "") -> HttpCarrier:
    text = f"""
        [providers.web]
        kind = "http"
        channels = ["SMS", "VOICE", "VOICEMAIL"]
        url = "{url}"
        deadline_seconds = 2
        secrets.token = {{ env = "TOKEN" }}
        headers.Authorization = "Bearer {{secret.token}}"
        body.to = "{{to}}"
        body.text = "{{text}}"
        body.from = "{{sender}}"
        body.ref = "{{message}}"
        body.n = "{{parts}}"
        [providers.web.answer]
        id = "id"
        {more}
    """
    (provider,) = parse_providers(text, SECRETS)
    assert isinstance(provider.way, Http)
    return HttpCarrier(provider, provider.way, agent="Postroom/test")


def letter(text: str = "Bonjour", *, channel: Channel = Channel.SMS, sender: str = "Alice") -> Letter:
    return Letter(3, 7, channel, sender, "+33612345678", text.encode())


def carried(by: HttpCarrier, *letters: Letter) -> list[Handover]:
    told: list[Handover] = []
    by.carry(letters, lambda _letter, handover: told.append(handover))
    return told


def test_a_text_is_posted_as_the_description_says_and_its_name_is_read(web: WebProvider) -> None:
    handovers = carried(carrier(web.url), letter('Ça va "bien" ?\nOui'))

    assert handovers == [Handover(Fate.SENT, "web", provider_id="x1", answer="200 OK", parts=1)]
    (call,) = web.calls
    assert call.json == {
        "to": "+33612345678",
        "text": 'Ça va "bien" ?\nOui',
        "from": "Alice",
        "ref": "3-7",
        "n": 1,
    }
    assert call.headers["authorization"] == "Bearer s3cret-token"
    assert call.headers["user-agent"] == "Postroom/test"
    assert call.headers["content-type"] == "application/json"


def test_a_form_and_a_query_are_written_so_that_no_text_adds_a_field(web: WebProvider) -> None:
    text = f"""
        [providers.web]
        kind = "http"
        channels = ["SMS"]
        url = "{web.url}?v=2"
        secrets.key = {{ env = "TOKEN" }}
        basic = {{ user = "alice", password = "key" }}
        query = {{ channel = "{{channel}}" }}
        form = {{ to = "{{to.digits}}", text = "{{text}}" }}
    """
    (provider,) = parse_providers(text, SECRETS)
    assert isinstance(provider.way, Http)
    carried(HttpCarrier(provider, provider.way, agent="t"), letter("a&to=666&b=é {to}"))

    (call,) = web.calls
    assert call.form == {"to": "33612345678", "text": "a&to=666&b=é {to}"}
    assert call.query == {"v": "2", "channel": "SMS"}
    basic = base64.b64decode(call.headers["authorization"].removeprefix("Basic ")).decode()
    assert basic == "alice:s3cret-token"


def test_a_provider_that_is_asked_by_get_has_everything_in_the_address(web: WebProvider) -> None:
    text = f"""
        [providers.web]
        kind = "http"
        channels = ["SMS"]
        url = "{web.url}"
        method = "GET"
        query = {{ to = "{{to}}", msg = "{{text}}" }}
        answer.id = {{ pattern = 'OK ID:(\\S+)' }}
    """
    web.answer(200, "OK ID:abc-1\n")
    (provider,) = parse_providers(text, SECRETS)
    assert isinstance(provider.way, Http)
    (handover,) = carried(HttpCarrier(provider, provider.way, agent="t"), letter("Ça & là"))

    assert handover.provider_id == "abc-1"
    (call,) = web.calls
    assert (call.method, call.query, call.body) == ("GET", {"to": "+33612345678", "msg": "Ça & là"}, b"")


@pytest.mark.parametrize("channel", [Channel.VOICE, Channel.VOICEMAIL])
def test_calls_have_no_parts_and_no_rules_for_senders(web: WebProvider, channel: Channel) -> None:
    (handover,) = carried(carrier(web.url), letter("a" * 500, channel=channel, sender=""))

    assert (handover.fate, handover.parts) == (Fate.SENT, None)
    assert web.calls[0].json["n"] == 1


def test_an_sms_without_a_sender_is_refused_without_a_call(web: WebProvider) -> None:
    (handover,) = carried(carrier(web.url), letter(sender=""))

    assert handover.fate is Fate.REFUSED
    assert web.calls == []


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (200, Fate.SENT),
        (202, Fate.SENT),
        (302, Fate.LATER),
        (400, Fate.REFUSED),
        (401, Fate.LATER),
        (402, Fate.LATER),
        (404, Fate.REFUSED),
        (429, Fate.LATER),
        (500, Fate.IN_DOUBT),
        (502, Fate.IN_DOUBT),
        (503, Fate.LATER),
        (504, Fate.IN_DOUBT),
    ],
)
def test_the_status_decides_where_there_is_no_code(web: WebProvider, status: int, fate: Fate) -> None:
    web.answer(status, {"id": "x1"})

    (handover,) = carried(carrier(web.url), letter())

    assert handover.fate is fate
    assert handover.code == ("" if fate is Fate.SENT else str(status))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"why": "500"}, "the provider answered 500 Internal Server Error: 500"),
        ({}, "the provider answered 500 Internal Server Error"),
    ],
)
def test_an_answer_that_leaves_a_doubt_is_told_as_what_the_provider_said(
    web: WebProvider, said: object, why: str
) -> None:
    web.answer(500, said)

    (handover,) = carried(carrier(web.url, 'text = "why"'), letter())

    assert (handover.fate, handover.answer) == (Fate.IN_DOUBT, why)


@pytest.mark.parametrize(
    ("said", "fate", "answer"),
    [
        ({"id": "x", "code": 0}, Fate.SENT, "200 OK"),
        ({"code": 4, "why": "bad number"}, Fate.REFUSED, "bad number"),
        ({"code": 9, "why": "busy"}, Fate.LATER, "busy"),
        ("<html>", Fate.IN_DOUBT, "the provider answered 200 OK"),
    ],
)
def test_a_code_in_the_answer_says_more_than_its_status(
    web: WebProvider, said: object, fate: Fate, answer: str
) -> None:
    web.answer(200, said)
    with_codes = 'code = "code"\ntext = "why"\ntaken = ["0"]\nlater_codes = ["9"]'

    (handover,) = carried(carrier(web.url, with_codes), letter())

    assert (handover.fate, handover.answer) == (fate, answer)


def test_statuses_mean_what_the_description_says(web: WebProvider) -> None:
    web.answer(500)

    (handover,) = carried(carrier(web.url, "later = [500]\ndoubt = []"), letter())

    assert handover.fate is Fate.LATER


def test_a_provider_may_ask_to_be_left_alone(web: WebProvider) -> None:
    web.answer(429, retry_after="120")

    (handover,) = carried(carrier(web.url), letter())

    assert handover.wait == timedelta(seconds=120)


def test_what_a_provider_says_is_one_printable_line_of_some_length(web: WebProvider) -> None:
    web.answer(400, {"why": "a\nb\x00" + "c" * 1000})

    (handover,) = carried(carrier(web.url, 'text = "why"'), letter())

    assert handover.answer.startswith("a b?ccc")
    assert len(handover.answer) == 300


def test_nobody_there_is_for_later_and_is_remembered_for_a_moment() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    away = carrier(f"http://127.0.0.1:{port}/")

    (handover,) = carried(away, letter())

    assert handover.fate is Fate.LATER
    assert away.resting
    with pytest.raises(Unavailable, match="no connection"):
        away.check()


def test_a_call_without_an_answer_leaves_the_text_in_doubt(web: WebProvider) -> None:
    web.hangs_up = True

    (handover,) = carried(carrier(web.url), letter())

    assert handover.fate is Fate.IN_DOUBT


def test_a_call_that_takes_too_long_leaves_the_text_in_doubt(web: WebProvider) -> None:
    web.hang.clear()
    slow = carrier(web.url)
    slow._config = type(slow._config)(slow._config.networks, 1.0, 0.2)

    (handover,) = carried(slow, letter())

    assert (handover.fate, handover.answer) == (Fate.IN_DOUBT, "no answer within 0.2 seconds")


def test_several_letters_are_each_told_of_once(web: WebProvider) -> None:
    letters = [Letter(3, number, Channel.SMS, "Alice", "+33612345678", b"x") for number in range(12)]
    told: list[int] = []

    carrier(web.url).carry(letters, lambda one, _handover: told.append(one.message_id))

    assert sorted(told) == list(range(12))
    assert sorted(call.json["ref"] for call in web.calls) == sorted(f"3-{number}" for number in range(12))


def test_check_reaches_the_provider_and_sends_nothing(web: WebProvider) -> None:
    assert "can be reached" in carrier(web.url).check()
    assert web.calls == []


def test_an_overfed_provider_is_called_again_only_after_a_pause(web: WebProvider) -> None:
    web.answer(429)
    overfed = carrier(web.url)
    carried(overfed, letter())
    overfed._pace._paused_until += 60

    (handover,) = carried(overfed, letter())

    assert (handover.fate, handover.answer) == (Fate.LATER, "overfed a moment ago")
    assert overfed.resting
    assert len(web.calls) == 1


def test_what_a_provider_calls_a_message_can_be_kept_whatever_it_is(web: WebProvider) -> None:
    web.answer(200, {"id": "a\x00b\n" + "c" * 900})

    (handover,) = carried(carrier(web.url), letter())

    assert handover.provider_id is not None
    assert handover.provider_id.startswith("a?b ccc")
    assert len(handover.provider_id) == 100
