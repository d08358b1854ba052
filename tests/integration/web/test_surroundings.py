from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from postroom.app.certificates import ensure_certificate
from postroom.drops.room import Room, utc_now
from postroom.web.app import WebConfig
from postroom.web.request_ids import RequestIds
from postroom.web.server import Listening
from tests.integration.web.site import GRANT, Credentials, Site, served

ORIGIN = "https://app.example.com"


@pytest.fixture
def marked(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Return the log, each record marked with the request it is about."""
    caplog.set_level(logging.DEBUG, "postroom")
    ids = RequestIds()
    caplog.handler.addFilter(ids)
    yield caplog
    caplog.handler.removeFilter(ids)


def test_each_request_has_an_id_of_its_own(site: Site) -> None:
    ids = [site.calls.get("/health").headers["x-request-id"] for _ in range(2)]

    assert ids[0] != ids[1]
    assert all(re.fullmatch("[0-9a-f]{24}", each) for each in ids)


def test_a_sane_id_of_the_client_is_kept(site: Site) -> None:
    answer = site.calls.get("/health", headers={"X-Request-ID": "0191-ab:c/7"})

    assert answer.headers["x-request-id"] == "0191-ab:c/7"


@pytest.mark.parametrize("offered", ["", "a" * 129, "a b", "é", "a\tb", '"'])
def test_any_other_id_is_replaced(site: Site, offered: str) -> None:
    answer = site.calls.get("/health", headers=[(b"X-Request-ID", offered.encode("latin-1"))])

    assert re.fullmatch("[0-9a-f]{24}", answer.headers["x-request-id"])


def test_every_log_line_of_a_request_names_it(
    site: Site, shop: Credentials, marked: pytest.LogCaptureFixture
) -> None:
    wrong = {"grant_type": GRANT, **shop.form, "client_secret": "wrong"}

    site.calls.post("/token", data=wrong, headers={"X-Request-ID": "first"})
    site.calls.get("/rest/bug", headers={"X-Request-ID": "second"})

    # Threads of servers that earlier tests left behind may say a word, too, and that is about no request.
    named = {
        record.getMessage().split(" in ")[0]: vars(record).get("request_id") for record in marked.records
    }
    assert named["POST /token answered 400"] == "first"
    assert named[f"client '{shop.client_id}' from 127.0.0.1 failed to get a token"] == "first"
    assert named["GET /rest/bug failed"] == "second"


def test_the_log_holds_no_query(site: Site, marked: pytest.LogCaptureFixture) -> None:
    site.calls.get("/rest/number", params={"email": "bob@example.com"})

    assert "GET /rest/number answered 417" in marked.text
    assert "bob@example.com" not in marked.text


def test_reads_that_went_well_are_told_to_who_wants_to_know_all(
    site: Site, shop: Credentials, marked: pytest.LogCaptureFixture
) -> None:
    site.whoami(site.token(shop))
    site.calls.get("/v1/nothing")

    levels = {record.getMessage().split(" in ")[0]: record.levelname for record in marked.records}
    assert levels["GET /v1/whoami answered 200"] == "DEBUG"
    assert levels["POST /token answered 200"] == "INFO"
    assert levels["GET /v1/nothing answered 404"] == "INFO"


def test_answers_carry_security_headers(site: Site) -> None:
    for path in ("/health", "/rest/whoami", "/nothing"):
        headers = site.calls.get(path).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers
        assert "strict-transport-security" not in headers


def test_no_web_page_may_call_unless_its_origin_is_set(site: Site, web_room: Room) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in site.calls.options("/health", headers=asked).headers

    with served(web_room, WebConfig(origins=[ORIGIN])) as open_site:
        allowed = open_site.calls.options("/rest/whoami", headers=asked)
        foreign = open_site.calls.options("/rest/whoami", headers={**asked, "Origin": "https://evil.example"})

    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        ((), {"host": "127.0.0.1", "scheme": "http"}),
        (("10.0.0.0/8",), {"host": "127.0.0.1", "scheme": "http"}),
        (("127.0.0.1",), {"host": "203.0.113.9", "scheme": "https"}),
        (("127.0.0.0/8",), {"host": "203.0.113.9", "scheme": "https"}),
    ],
)
def test_forwarded_addresses_are_believed_of_known_proxies_alone(
    web_room: Room, proxies: tuple[str, ...], seen: dict[str, str]
) -> None:
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https"}

    with served(web_room, listening=Listening(proxies=proxies)) as site:
        assert site.calls.get("/v1/address", headers=headers).json() == seen


def test_who_claims_other_addresses_is_locked_out_all_the_same(site: Site, shop: Credentials) -> None:
    wrong = {"grant_type": GRANT, **shop.form, "client_secret": "wrong"}
    statuses = [
        site.calls.post("/token", data=wrong, headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_code
        for number in range(11)
    ]

    assert statuses == [400] * 10 + [429]


def test_over_tls_browsers_are_told_to_stay_there(web_room: Room, tmp_path: Path) -> None:
    certificate = ensure_certificate(tmp_path, now=utc_now())
    listening = Listening(certificate=(certificate.chain, certificate.key))

    with served(web_room, listening=listening) as site:
        answer = site.calls.get("/health")

    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_the_reference_loads_nothing_from_elsewhere(site: Site) -> None:
    page = site.calls.get("/docs")

    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    linked = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert len(linked) == 3
    for path in linked:
        assert site.calls.get(path).status_code == 200
    assert re.search(r'(?:src|href)="(?:https?:)?//', page.text) is None


def test_the_description_is_openapi_and_says_how_to_get_a_token(site: Site) -> None:
    described = site.calls.get("/openapi.json").json()

    assert described["openapi"].startswith("3.1")
    flow = described["components"]["securitySchemes"]["token"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/token"
    assert "basic" in flow["scopes"]
    assert "/token" in described["paths"]
    assert "/health" not in described["paths"]
    assert json.dumps(described["paths"]["/v1/whoami"]["get"]["security"]) == '[{"token": []}]'
