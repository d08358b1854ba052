"""One attempt at a webhook, against a real server that does what servers do."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from postroom.notices.carrying import Answer, Parcel, Verdict
from postroom.notices.webhooks import WebhookConfig, WebhookPost, new_secret, written
from tests.integration.notices.receivers import LOOPBACK, Hook, make_certificate, web_server

SECRET = new_secret()
CONTENT = {"type": "drop.applied", "timestamp": "2026-03-04T12:00:00Z", "data": {"name": "été.csv"}}


@pytest.fixture
def hook() -> Iterator[Hook]:
    with web_server() as served:
        yield served


def post(url: str, config: WebhookConfig | None = None) -> Answer:
    poster = WebhookPost(config or quick(), clock=lambda: datetime.now(UTC))
    return poster.carry(Parcel("msg_1", url, CONTENT, datetime.now(UTC), SECRET))


def quick(trust: ssl.SSLContext | None = None) -> WebhookConfig:
    return WebhookConfig(
        agent="Postroom/test",
        networks=LOOPBACK,
        connect_seconds=5.0,
        deadline_seconds=0.5,
        trust=trust or ssl.create_default_context(),
    )


def test_a_receiver_can_verify_what_it_gets(hook: Hook) -> None:
    answer = post(hook.url + "?key=1")

    assert answer == Answer(Verdict.DELIVERED, "204 No Content")
    (request,) = hook.requests
    assert Webhook(written(SECRET)).verify(request.body, request.headers) == CONTENT
    assert request.path == "/hook?key=1"
    assert request.headers["host"] == f"127.0.0.1:{hook.port}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "Postroom/test"
    assert request.body == json.dumps(CONTENT, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("status", "verdict", "text"),
    [
        (200, Verdict.DELIVERED, "200 OK"),
        (299, Verdict.DELIVERED, "299"),
        (302, Verdict.LATER, "302 Found (redirects are not followed: set the new URL)"),
        (404, Verdict.LATER, "404 Not Found"),
        (410, Verdict.GONE, "410 Gone"),
        (429, Verdict.LATER, "429 Too Many Requests"),
        (500, Verdict.LATER, "500 Internal Server Error"),
    ],
)
def test_the_status_decides(hook: Hook, status: int, verdict: Verdict, text: str) -> None:
    hook.answers = [(status, {"location": hook.url, "content-length": "0"})]

    answer = post(hook.url)

    assert (answer.verdict, answer.text) == (verdict, text)
    assert len(hook.requests) == 1, "a redirect is not followed"


def test_a_receiver_may_ask_to_be_left_alone(hook: Hook) -> None:
    hook.answers = [(503, {"retry-after": "600", "content-length": "0"})]

    assert post(hook.url).wait == timedelta(minutes=10)


def test_a_receiver_that_says_nothing_is_given_up(hook: Hook) -> None:
    hook.hang.clear()
    began = time.monotonic()

    answer = post(hook.url)

    assert answer == Answer(Verdict.LATER, "no answer within 0.5 seconds")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("drips", [b"H", b"HTTP/1.1 200 OK\r\nx: y\r\n"[:17], b"x" * 4096])
def test_a_receiver_that_drips_or_floods_is_given_up_too(hook: Hook, drips: bytes) -> None:
    """Every read brings something, so no timeout of a single one would ever end it."""
    hook.drips = drips
    began = time.monotonic()

    answer = post(hook.url)

    assert answer.verdict is Verdict.LATER
    assert time.monotonic() - began < 5


def test_what_follows_the_head_of_an_answer_is_not_read(hook: Hook) -> None:
    hook.drips = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"
    began = time.monotonic()

    answer = post(hook.url)

    assert answer == Answer(Verdict.DELIVERED, "200 OK")
    assert time.monotonic() - began < 5


def test_nobody_there_is_an_answer(hook: Hook) -> None:
    with web_server() as gone:
        url = gone.url

    answer = post(url)

    assert answer.verdict is Verdict.LATER
    assert "Connection refused" in answer.text


@pytest.mark.parametrize("host", ["nobody.invalid", f"{'x' * 64}.invalid", "a..invalid"])
def test_a_host_that_nobody_knows_is_an_answer(host: str) -> None:
    answer = post(f"https://{host}/hook")

    assert answer.verdict is Verdict.LATER
    assert answer.text


def test_what_is_no_http_is_an_answer(hook: Hook) -> None:
    hook.drips = b"\x00\x01\x02\r\n\r\n"

    assert post(hook.url).verdict is Verdict.LATER


def test_an_address_inside_is_not_connected_to_whatever_name_points_there(hook: Hook) -> None:
    config = WebhookConfig(agent="Postroom/test", deadline_seconds=0.5)

    answer = post(f"http://localhost:{hook.port}/hook", config)

    assert answer.verdict is Verdict.LATER
    assert answer.text.startswith("not sent: localhost has no public address")
    assert hook.requests == []


def test_the_address_that_was_checked_is_the_one_taken(hook: Hook) -> None:
    """A name that is looked up twice could be another address the second time."""
    lookups: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        lookups.append(host)
        return ["10.0.0.1", "127.0.0.1"] if len(lookups) == 1 else ["10.0.0.1"]

    poster = WebhookPost(quick(), clock=lambda: datetime.now(UTC), resolve=resolve)
    url = f"http://hook.example:{hook.port}/hook"
    answer = poster.carry(Parcel("msg_1", url, CONTENT, datetime.now(UTC), SECRET))

    assert answer.verdict is Verdict.DELIVERED
    assert lookups == ["hook.example"]
    assert hook.requests[0].headers["host"] == f"hook.example:{hook.port}"


def test_tls_is_checked_by_the_name_in_the_url(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificate))

    with web_server(certificate) as hook:
        good = post(f"https://127.0.0.1:{hook.port}/", quick(trust))
        wrong_name = post(f"https://localhost:{hook.port}/", quick(trust))
        unknown = post(f"https://127.0.0.1:{hook.port}/")

    assert good.verdict is Verdict.DELIVERED
    assert (wrong_name.verdict, unknown.verdict) == (Verdict.LATER, Verdict.LATER)
    assert "Hostname mismatch" in wrong_name.text
    assert "self-signed certificate" in unknown.text
    assert len(hook.requests) == 1


def test_a_handshake_that_never_ends_is_given_up(hook: Hook) -> None:
    hook.drips = b"\x16"
    began = time.monotonic()

    answer = post(f"https://127.0.0.1:{hook.port}/")

    assert answer.verdict is Verdict.LATER
    assert time.monotonic() - began < 10


def test_proxies_of_the_environment_are_not_used(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    assert post(hook.url).verdict is Verdict.DELIVERED
