"""Providers call with receipts and answers, and learn nothing without their secret."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from postroom.contacts.events import EventType
from postroom.drops.room import Room
from postroom.sending.mailroom import Mailroom
from postroom.sending.phone.providers.reading import parse_providers
from postroom.web.app import create_app
from postroom.web.server import WebServer
from tests.conftest import MakePerson
from tests.integration.drops.clock import Clock
from tests.integration.sending.phone.conftest import NUMBER, Exchange

TOKEN = "token-of-16-letters"
OTHER = "another-16-letters"
PROVIDERS = """
[providers.web]
kind = "http"
channels = ["SMS"]
url = "https://api.example.com/messages"
form.text = "{text}"
meanings = { delivered = ["delivered"], hard = ["failed"] }

[providers.web.receipts]
secret.env = "TOKEN"
header = "X-Token"
each = "results"
id = "id"
status = "status"
code = "error"
reply = "thanks"

[providers.web.inbound]
secret.env = "TOKEN"
from = "from"
text = "text"
id = "id"

[providers.other]
kind = "http"
channels = ["SMS"]
url = "https://api.example.com/messages"
form.text = "{text}"
meanings = { delivered = ["delivered"] }

[providers.other.receipts]
secret.env = "OTHER"
id = "id"
status = "status"
"""
ARRIVED = {"results": [{"id": "x1", "status": "delivered"}]}


@pytest.fixture
def exchange(web_room: Room, make_person: MakePerson, clock: Clock) -> Exchange:
    mailroom = Mailroom(web_room.database, web_room.blobs, web_room.queue, web_room.sealer, clock)
    return Exchange(mailroom, make_person("alice"), make_person("charlie"))


@pytest.fixture
def calls(exchange: Exchange, web_room: Room) -> Iterator[httpx.Client]:
    """Return the provider, who knows where we are."""
    providers = parse_providers(PROVIDERS, {"TOKEN": TOKEN, "OTHER": OTHER})
    app = create_app(web_room, version="1.2.3", mailroom=exchange.mailroom, providers=providers)
    server = WebServer(app, None)
    server.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False, timeout=30) as client:
            yield client
    finally:
        server.stop(1)


def told(calls: httpx.Client, body: object = ARRIVED, token: str = TOKEN) -> httpx.Response:
    return calls.post("/hooks/web/receipts", json=body, headers={"X-Token": token})


def test_a_receipt_with_its_secret_is_recorded_once_however_often_it_comes(
    exchange: Exchange, calls: httpx.Client
) -> None:
    exchange.sent(exchange.alice)

    answers = [told(calls), told(calls)]

    assert [(each.status_code, each.text) for each in answers] == [(200, "thanks")] * 2
    (event,) = exchange.events(exchange.alice)
    assert (event.type, event.attributes["providerStatus"]) == (EventType.DELIVERED, "delivered")


def test_stop_opts_out_by_post_and_by_get(exchange: Exchange, calls: httpx.Client) -> None:
    exchange.sent(exchange.alice)

    form = calls.post(f"/hooks/web/inbound/{TOKEN}", data={"from": NUMBER[1:], "text": "Merci", "id": "1"})
    address = calls.get(f"/hooks/web/inbound/{TOKEN}", params={"from": NUMBER[1:], "text": "stop", "id": "2"})

    assert (form.status_code, address.status_code) == (200, 200)
    assert exchange.opted_out(exchange.alice)
    assert [each.type for each in exchange.events(exchange.alice)] == [EventType.UNSUBSCRIBED]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/hooks/web/receipts", {}),
        ("/hooks/web/receipts", {"X-Token": OTHER}),
        ("/hooks/web/receipts", {"X-Token": ""}),
        (f"/hooks/web/receipts/{TOKEN}", {}),
        (f"/hooks/web/receipts/{TOKEN}", {"X-Token": TOKEN}),
        ("/hooks/web/inbound", {"X-Token": TOKEN}),
        (f"/hooks/web/inbound/{OTHER}", {}),
        (f"/hooks/other/receipts/{TOKEN}", {}),
        (f"/hooks/other/inbound/{OTHER}", {}),
        (f"/hooks/nobody/receipts/{TOKEN}", {}),
        (f"/hooks/web/else/{TOKEN}", {}),
    ],
    ids=str,
)
def test_without_the_right_secret_at_the_right_place_there_is_nothing(
    exchange: Exchange, calls: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    exchange.sent(exchange.alice)

    answer = calls.post(path, json={**ARRIVED, "from": NUMBER, "text": "STOP"}, headers=headers)

    assert answer.status_code == 404
    assert exchange.events(exchange.alice) == []
    assert exchange.opted_out(exchange.alice) is None


def test_one_provider_cannot_tell_of_the_messages_of_another(exchange: Exchange, calls: httpx.Client) -> None:
    exchange.sent(exchange.alice)

    answer = calls.post(f"/hooks/other/receipts/{OTHER}", json=ARRIVED["results"])

    assert answer.status_code == 200
    assert exchange.events(exchange.alice) == []
    assert len(exchange.jobs()) == 1, "it may be of a message that is not written down yet"


def test_what_cannot_be_read_is_said_to_be_so_and_what_is_too_large_is_not_read(calls: httpx.Client) -> None:
    headers = {"X-Token": TOKEN, "Content-Type": "application/json"}

    assert calls.post("/hooks/web/receipts", content=b"{", headers=headers).status_code == 400
    assert calls.post("/hooks/web/receipts", content=b" " * 300_000, headers=headers).status_code == 413
    assert calls.post("/hooks/web/receipts", content=b" " * 2_000_000, headers=headers).status_code == 413
    assert told(calls, {"results": [{}] * 1001}).status_code == 413
    assert told(calls, {"anything": "else"}).status_code == 200


def test_a_secret_in_the_path_is_in_no_log_and_the_calls_in_no_description(
    exchange: Exchange, calls: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")

    calls.post(f"/hooks/web/inbound/{TOKEN}", data={"from": "1", "text": "x"})

    lines = [record.getMessage() for record in caplog.records if record.name.startswith("postroom")]
    assert any("POST /hooks/web/inbound answered 200" in line for line in lines)
    assert not any(TOKEN in line for line in lines)
    assert "/hooks" not in calls.get("/openapi.json").text


def test_a_database_that_is_away_has_the_provider_call_again(
    exchange: Exchange, calls: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.sent(exchange.alice)
    exchange.mailroom.database.close()

    assert told(calls).status_code in {500, 503}
