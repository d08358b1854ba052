"""The guide's file of providers, as it stands: it is read, and does what the guide says."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from postroom.contacts.channels import Channel
from postroom.notices.calling import Reply
from postroom.sending.carrying import Fate
from postroom.sending.phone.http.answers import judged
from postroom.sending.phone.http.callbacks import inbound_of, receipts_of
from postroom.sending.phone.providers.described import Http, Outcome, Provider, Smpp
from postroom.sending.phone.providers.places import PLACES, filled
from postroom.sending.phone.providers.reading import parse_providers
from postroom.sending.phone.texts import stop_mention

GUIDE = Path(__file__).parents[2] / "docs" / "sending.md"
SECRETS = {"CENTRE_PASSWORD": "rabbit", "CALLERS_KEY": "k", "CALLERS_TOKEN": "token-of-16-letters"}


def section() -> str:
    return GUIDE.read_text(encoding="utf-8").split("## Providers of SMS and calls\n")[1].split("\n## ")[0]


def example() -> str:
    found = re.search(r"```toml\n(.*?)```", section(), re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def centre() -> Provider:
    return parse_providers(example(), SECRETS)[0]


@pytest.fixture
def callers() -> Provider:
    return parse_providers(example(), SECRETS)[1]


def test_the_example_describes_two_providers_that_share_sms(centre: Provider, callers: Provider) -> None:
    assert (centre.name, centre.weights) == ("centre", {Channel.SMS: 3})
    assert callers.weights == {Channel.SMS: 1, Channel.VOICE: 1, Channel.VOICEMAIL: 1}
    assert isinstance(centre.way, Smpp)
    assert (centre.way.port, centre.way.validity) == (3550, timedelta(days=2))
    assert centre.meanings.of("UNDELIV", "012") is Outcome.HARD
    assert centre.meanings.of("DELIVRD", "000") is Outcome.DELIVERED


def test_its_calls_and_answers_are_what_the_comments_say(callers: Provider) -> None:
    way = callers.way
    assert isinstance(way, Http)
    values = {**dict.fromkeys(PLACES, "x"), "secret.key": "k", "parts": "2", "message": "3-7"}
    assert filled(way.body, values) == {
        "to": "x",
        "from": "x",
        "type": "x",
        "message": {"text": "x", "reference": "3-7", "parts": 2},
    }

    def end(status: int, body: bytes) -> tuple[Fate, str | None]:
        handover = judged(Reply(status, {}, body), way.answers, provider="callers", parts=None)
        return handover.fate, handover.provider_id

    taken = b'{"messages": [{"id": "m1", "error": {"code": 0}}]}'
    busy = b'{"messages": [{"error": {"code": "17", "text": "busy"}}]}'
    assert end(200, taken) == (Fate.SENT, "m1")
    assert end(200, busy) == (Fate.LATER, None)
    assert end(200, b'{"messages": [{"error": {"code": 4}}]}') == (Fate.REFUSED, None)
    assert end(503, b"") == (Fate.LATER, None)
    assert end(500, b"") == (Fate.IN_DOUBT, None)


def test_its_callbacks_are_read_as_described(callers: Provider) -> None:
    assert callers.receipts is not None
    assert callers.inbound is not None
    called = {"results": [{"messageId": "m1", "status": "no_answer", "doneAt": "2026-03-04T12:00:00Z"}]}
    (receipt,) = receipts_of(callers.receipts, callers.meanings, called)
    (inbound,) = inbound_of(callers.inbound, {"sender": "33612345678", "text": "STOP", "messageId": "i1"})

    assert (receipt.outcome, receipt.provider_id) == (Outcome.SOFT, "m1")
    assert receipt.at == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert (inbound.number, inbound.text, inbound.message_id) == ("33612345678", "STOP", "i1")
    assert callers.inbound.reply == "OK"


def test_every_key_that_can_be_said_is_in_the_table() -> None:
    table = section().split("| key |")[1]
    said = {key for one in tomllib.loads(example())["providers"].values() for key in one}

    assert {key for key in said - {"receipts", "inbound"} if f"`{key}`" not in table} == set()


def test_every_place_is_named() -> None:
    assert [place for place in PLACES if f"`{{{place}}}`" not in section()] == []


def test_what_the_guide_says_of_stop_is_what_is_sent() -> None:
    guide = GUIDE.read_text(encoding="utf-8")

    for stop in ("reply", "36111"):
        assert f"| {stop_mention('fr', stop)} | {stop_mention('en', stop)} |" in guide
