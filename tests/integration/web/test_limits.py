from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from postroom.drops.room import Room
from postroom.web.app import WebConfig
from postroom.web.protocol import BoundedProtocol
from tests.integration.web.site import GRANT, Credentials, Site, bearer, served
from tests.integration.web.wire import Wire

MEGABYTE = 1024 * 1024


@pytest.fixture
def impatient(web_room: Room) -> Iterator[Site]:
    """Return a site that waits for a piece of a body for a fifth of a second."""
    with served(web_room, WebConfig(patience_seconds=0.2)) as site:
        yield site


def test_a_token_of_fifty_thousand_characters_reaches_the_route(site: Site) -> None:
    answer = site.whoami("x" * 50_000)

    assert answer.status_code == 401
    assert answer.json()["code"] == "INVALID_TOKEN"


def test_a_large_head_is_served(site: Site) -> None:
    answer = site.calls.get("/health", headers={"X-Padding": "x" * 100_000})

    assert answer.status_code == 200


@pytest.mark.parametrize("field", [b"X: ", b""], ids=["one endless value", "an endless line"])
def test_a_head_without_end_is_cut_off(site: Site, field: bytes) -> None:
    with Wire(site) as wire:
        wire.send(b"GET /health HTTP/1.1\r\nHost: x\r\n" + field if field else b"GET /")
        pieces = sum(1 for _ in itertools.takewhile(lambda _: wire.send(b"x" * 65536), range(2000)))

    assert pieces < 2000


def test_a_head_of_very_many_fields_is_refused(site: Site) -> None:
    with Wire(site) as wire:
        wire.send(b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5000 + b"\r\n")

        assert wire.rest().startswith(b"HTTP/1.1 400")


def test_a_head_that_does_not_come_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "head_seconds", 0.2)

    for beginning in (b"", b"GET /health HTTP/1.1\r\nHo"):
        with Wire(site) as wire:
            wire.send(beginning)
            assert wire.rest() == b""


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"GET /health HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /token HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /token HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    ],
    ids=["tls", "ssh", "version", "smuggling", "negative", "two lengths"],
)
def test_garbage_is_refused_and_the_next_request_served(site: Site, garbage: bytes) -> None:
    with Wire(site) as wire:
        wire.send(garbage)
        assert wire.rest().startswith(b"HTTP/1.1 400")

    assert site.calls.get("/health").status_code == 200


@pytest.mark.parametrize("path", ["/rest/echo", "/v1/echo"])
def test_a_body_of_a_megabyte_is_taken_and_a_larger_one_is_not(site: Site, path: str) -> None:
    headers = {"Content-Type": "application/json"}

    taken = site.calls.post(path, content=b"x" * MEGABYTE, headers=headers)
    refused = site.calls.post(path, content=b"x" * (MEGABYTE + 1), headers=headers)

    assert taken.json() == {"bytes": MEGABYTE}
    assert refused.status_code == 413
    assert refused.json()["code"] == "TOO_LARGE"


def test_a_file_of_twenty_megabytes_is_taken(site: Site, shop: Credentials) -> None:
    answer = site.calls.post(
        "/rest/file",
        files={"contactFile": ("c.csv", b"x" * (20 * MEGABYTE))},
        headers=bearer(site.token(shop)),
    )

    assert answer.json() == {"bytes": 20 * MEGABYTE}


def test_a_larger_file_is_refused_before_it_is_read(site: Site) -> None:
    head = b"POST /rest/file HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    with Wire(site) as wire:
        wire.send(head + b"Content-Length: 99999999999\r\n\r\n--b\r\n")

        answer = wire.rest()

    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"status":413' in answer


def test_a_body_that_hides_its_size_is_cut_off(site: Site) -> None:
    with Wire(site) as wire:
        wire.send(b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        pieces = sum(1 for _ in itertools.takewhile(lambda _: wire.send(chunk), range(2000)))

    assert pieces < 2000
    assert site.calls.get("/health").status_code == 200


def test_a_body_that_says_its_size_late_is_answered(site: Site) -> None:
    with Wire(site) as wire:
        wire.send(b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire.send(b"100001\r\n" + b"x" * 0x100001)

        assert wire.rest().startswith(b"HTTP/1.1 413")


def test_a_form_that_is_larger_than_any_token_needs_is_refused(site: Site) -> None:
    answer = site.calls.post("/token", data={"grant_type": GRANT, "client_id": "x" * 100_000})

    assert answer.status_code == 413


@pytest.mark.parametrize("path", [b"/v1/echo", b"/rest/file", b"/token"])
def test_a_body_that_stops_is_not_waited_for(impatient: Site, path: bytes) -> None:
    with Wire(impatient) as wire:
        wire.send(
            b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: 1000\r\n\r\n--b\r\n"
        )

        answer = wire.rest()

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"TOO_SLOW" in answer


def test_connections_are_kept_between_requests(site: Site) -> None:
    with Wire(site) as wire:
        for _ in range(2):
            wire.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        wire.send(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        assert wire.rest().count(b"HTTP/1.1 200") == 3


def test_a_client_is_told_what_is_left_and_stopped_when_nothing_is(web_room: Room, shop: Credentials) -> None:
    with served(web_room, WebConfig(calls_per_minute=3)) as site:
        token = site.token(shop)
        answers = [site.whoami(token) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"3"}
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert answers[3].json()["code"] == "RATE_LIMIT"


def test_the_calls_of_one_client_leave_those_of_another(
    web_room: Room, shop: Credentials, stranger: Credentials
) -> None:
    with served(web_room, WebConfig(calls_per_minute=1)) as site:
        alices, charlies = site.token(shop), site.token(stranger)
        site.whoami(alices)

        assert site.whoami(alices).status_code == 429
        assert site.whoami(charlies).status_code == 200


def test_without_a_limit_nothing_is_said_of_it(web_room: Room, shop: Credentials) -> None:
    with served(web_room, WebConfig(calls_per_minute=None)) as site:
        assert "ratelimit-limit" not in site.whoami(site.token(shop)).headers


def test_the_limit_of_files_is_the_installations(web_room: Room) -> None:
    small = replace(web_room, limits=replace(web_room.limits, upload_bytes=1000))
    with served(small) as site:
        answer = site.calls.post("/rest/file", files={"contactFile": ("c.csv", b"x" * 100_000)})

    assert answer.status_code == 413
