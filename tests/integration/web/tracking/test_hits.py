"""The pixel and the tracked links, as mail programs, people and scanners come to them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.events import EventType
from postroom.drops.room import Room
from postroom.sending.mailroom import Mailroom
from postroom.sending.tokens import Tokens
from postroom.store.database import Database
from postroom.web.app import WebConfig, create_app
from postroom.web.server import Listening, WebServer
from tests.integration.drops.clock import Clock
from tests.integration.sending.written import Writer
from tests.integration.web.site import Site, served
from tests.integration.web.tracking.browser import HEADERS, PHONE, Browser

SHOP = "https://shop.example.com/?a=b"
GARDEN = "https://garden.example.com/roses"


def written(writer: Writer, clock: Clock, *, is_test: bool = False) -> int:
    bob = writer.contact(email="bob@example.com")
    campaign = writer.campaign(links=(SHOP, GARDEN), is_test=is_test)
    return writer.message(campaign, bob, sent_at=clock() - timedelta(hours=1))


def test_the_pixel_is_a_picture_that_nobody_keeps(
    site: Site, writer: Writer, tokens: Tokens, clock: Clock
) -> None:
    answer = site.calls.get(tokens.pixel(writer.account_id, written(writer, clock)), headers=HEADERS)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/gif"
    assert answer.content.startswith(b"GIF89a")
    assert len(answer.content) == 43
    assert "no-store" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
    (event,) = writer.events()
    assert event.type is EventType.OPENED
    assert event.at == clock()
    assert event.attributes["userAgent"] == PHONE
    assert event.attributes["ipAddress"] == "127.0.0.1"
    assert event.attributes["machineOpening"] is False


def test_a_link_leads_where_it_always_did(site: Site, writer: Writer, tokens: Tokens, clock: Clock) -> None:
    message = written(writer, clock)

    answers = [
        site.calls.get(tokens.click(writer.account_id, message, link), headers=HEADERS) for link in (1, 2)
    ]

    assert [each.status_code for each in answers] == [302, 302]
    assert [each.headers["location"] for each in answers] == [SHOP, GARDEN]
    assert all("no-store" in each.headers["cache-control"] for each in answers)
    events = writer.events()
    assert [(each.type, each.attributes["linkId"]) for each in events] == [
        (EventType.CLICKED, 1),
        (EventType.CLICKED, 2),
    ]


def test_a_link_of_bobs_own_leads_to_his_url(
    site: Site, writer: Writer, tokens: Tokens, clock: Clock
) -> None:
    own = "https://shop.example.com/basket?of=bob%40example.com&été=1"
    tracked = tokens.click(writer.account_id, written(writer, clock), 1, own)

    answer = site.calls.get(tracked, headers=HEADERS)

    assert (
        answer.headers["location"] == "https://shop.example.com/basket?of=bob%40example.com&%C3%A9t%C3%A9=1"
    )
    assert "bob" not in tracked


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,<b>", "//evil.example.com", "ftp://x.example.com"]
)
def test_no_link_leads_to_anything_but_a_web_page(
    browser: Browser, writer: Writer, tokens: Tokens, clock: Clock, url: str
) -> None:
    page = browser.open(tokens.click(writer.account_id, written(writer, clock), 1, url))

    assert page.answer.status_code == 404
    assert "location" not in page.answer.headers
    assert "This link does not work" in page.text
    assert writer.events() == []


def test_no_url_adds_a_header(site: Site, writer: Writer, tokens: Tokens, clock: Clock) -> None:
    url = "https://shop.example.com/\r\nSet-Cookie: a=b\r\n\r\n<script>"

    answer = site.calls.get(tokens.click(writer.account_id, written(writer, clock), 1, url), headers=HEADERS)

    assert answer.status_code == 302
    assert answer.headers["location"].startswith("https://shop.example.com/%0D%0ASet-Cookie")
    assert "set-cookie" not in answer.headers
    assert answer.content == b""


@pytest.mark.parametrize("query", ["?url=https://evil.example.com", "?u=//evil.example.com", "#x", "?"])
def test_nobody_can_say_where_else_a_link_should_lead(
    site: Site, writer: Writer, tokens: Tokens, clock: Clock, query: str
) -> None:
    tracked = tokens.click(writer.account_id, written(writer, clock), 1)

    assert site.calls.get(tracked + query, headers=HEADERS).headers["location"] == SHOP


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0"},
        {"User-Agent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Firefox/11.0 (via ggpht.com GoogleImageProxy)"},
        {"User-Agent": ""},
        {**HEADERS, "Sec-Purpose": "prefetch;anonymous-client-ip"},
        {**HEADERS, "Purpose": "prefetch"},
        {**HEADERS, "X-Purpose": "preview"},
        {**HEADERS, "X-Moz": "prefetch"},
    ],
)
def test_machines_are_told_from_people(
    site: Site, writer: Writer, tokens: Tokens, clock: Clock, headers: dict[str, str]
) -> None:
    message = written(writer, clock)

    site.calls.get(tokens.pixel(writer.account_id, message), headers=headers)
    site.calls.get(tokens.click(writer.account_id, message, 1), headers=headers)

    opened, clicked = writer.events()
    assert opened.attributes["machineOpening"] is True
    assert clicked.attributes["machineClick"] is True


def test_head_is_answered_and_no_persons(site: Site, writer: Writer, tokens: Tokens, clock: Clock) -> None:
    message = written(writer, clock)

    pixel = site.calls.head(tokens.pixel(writer.account_id, message), headers=HEADERS)
    click = site.calls.head(tokens.click(writer.account_id, message, 1), headers=HEADERS)

    assert (pixel.status_code, pixel.content) == (200, b"")
    assert (click.status_code, click.headers["location"]) == (302, SHOP)
    opened, clicked = writer.events()
    assert opened.attributes["machineOpening"] is True
    assert clicked.attributes["machineClick"] is True


def test_the_address_of_a_reader_is_believed_of_known_proxies_alone(
    web_room: Room, writer: Writer, tokens: Tokens, clock: Clock
) -> None:
    url = tokens.pixel(writer.account_id, written(writer, clock))
    headers = {**HEADERS, "X-Forwarded-For": "203.0.113.9"}

    for proxies in ((), ("127.0.0.1",)):
        with served(web_room, listening=Listening(proxies=proxies)) as site:
            site.calls.get(url, headers=headers)

    assert [each.attributes["ipAddress"] for each in writer.events()] == ["127.0.0.1", "203.0.113.9"]


def test_all_who_come_at_once_are_recorded_and_one_of_them_was_first(
    site: Site, writer: Writer, tokens: Tokens, clock: Clock
) -> None:
    message = written(writer, clock)
    urls = [tokens.pixel(writer.account_id, message), tokens.click(writer.account_id, message, 1)] * 30

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda url: site.calls.get(url, headers=HEADERS), urls))

    assert {each.status_code for each in answers} == {200, 302}
    events = writer.events()
    assert len(events) == 60
    for flag in ("firstOpening", "firstClick", "firstClickOnLink"):
        assert sum(each.attributes.get(flag, False) for each in events) == 1


def test_links_of_tests_work_and_leave_no_trace(
    site: Site, writer: Writer, tokens: Tokens, clock: Clock
) -> None:
    message = written(writer, clock, is_test=True)

    assert site.calls.get(tokens.pixel(writer.account_id, message)).status_code == 200
    assert site.calls.get(tokens.click(writer.account_id, message, 1)).headers["location"] == SHOP
    assert writer.events() == []


def test_the_pixel_of_a_message_that_is_gone_is_still_a_picture(
    site: Site, writer: Writer, tokens: Tokens
) -> None:
    answer = site.calls.get(tokens.pixel(writer.account_id, 999))

    assert answer.headers["content-type"] == "image/gif"
    assert writer.events() == []


def test_charlie_cannot_turn_his_links_into_alices(
    site: Site, writer: Writer, charlies: Writer, tokens: Tokens, clock: Clock
) -> None:
    message = written(writer, clock)
    his = charlies.message(charlies.campaign(links=("https://charlie.example.com/",)), 1)
    mine, theirs = f"{charlies.account_id}-{his}", f"{writer.account_id}-{message}"

    pixel = site.calls.get(tokens.pixel(charlies.account_id, his).replace(mine, theirs))
    click = site.calls.get(tokens.click(charlies.account_id, his, 1).replace(mine, theirs))
    moved = site.calls.get(tokens.pixel(charlies.account_id, message))

    assert (pixel.status_code, click.status_code, moved.status_code) == (404, 404, 200)
    assert pixel.headers["content-type"] == "image/gif"
    assert writer.events() == charlies.events() == []


@pytest.mark.parametrize("letter", ["o", "c", "u", "l", "p"])
def test_a_link_is_of_no_use_on_another_page(
    site: Site, writer: Writer, tokens: Tokens, clock: Clock, letter: str
) -> None:
    message = written(writer, clock)
    urls = [
        tokens.pixel(writer.account_id, message),
        tokens.click(writer.account_id, message, 1),
        tokens.optout(writer.account_id, message),
        tokens.one_click(writer.account_id, message),
        tokens.preferences(writer.account_id, message),
    ]

    for url in urls:
        if f"/t/{letter}/" not in url:
            moved = re.sub("^/t/./", f"/t/{letter}/", url)
            assert site.calls.get(moved).status_code == 404
            assert site.calls.post(moved, data={"from": "medium"}).status_code in {404, 405}
    assert writer.events() == []
    assert writer.optout("bob@example.com") is None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(letter=st.sampled_from("oculpz"), text=st.text(max_size=60), cut=st.integers(0, 40))
def test_whatever_is_made_of_a_link_it_changes_nothing_and_breaks_nothing(
    site: Site, writer: Writer, tokens: Tokens, letter: str, text: str, cut: int
) -> None:
    token = tokens.optout(writer.account_id, 1).rsplit("/", 1)[1]
    mangled = f"{token[:cut]}{text}{token[cut + 1 :]}"
    for path in (f"{letter}/{quote(mangled, safe='')}", quote(text, safe="")):
        for method in ("GET", "POST"):
            answer = site.calls.request(method, f"/t/{path}", headers=HEADERS)
            assert answer.status_code < 500
    assert writer.events() == []


def test_one_link_cannot_be_followed_for_ever(
    web_room: Room, writer: Writer, tokens: Tokens, clock: Clock
) -> None:
    message = written(writer, clock)
    pixel, page = tokens.pixel(writer.account_id, message), tokens.optout(writer.account_id, message)

    with served(web_room, WebConfig(hits_per_minute=2)) as site:
        answers = [site.calls.get(pixel).status_code for _ in range(3)]
        link = site.calls.get(tokens.click(writer.account_id, message, 1), headers=HEADERS)
        shown = Browser(site.calls).open(page)
        other = site.calls.get(tokens.pixel(writer.account_id, 12346))

    assert answers == [200, 200, 429]
    assert (link.status_code, shown.answer.status_code, other.status_code) == (429, 429, 200)
    assert "Too many requests" in shown.text
    assert len(writer.events()) == 2


def test_the_pages_are_no_part_of_the_api(site: Site) -> None:
    assert [path for path in site.calls.get("/openapi.json").json()["paths"] if path.startswith("/t/")] == []


def test_while_the_database_is_away_nothing_is_answered_as_if_it_were_recorded(
    web_room: Room, tokens: Tokens
) -> None:
    with Database("postgresql://nobody@127.0.0.1:1/nothing", patience_seconds=0.1) as away:
        mailroom = Mailroom(away, web_room.blobs, web_room.queue, web_room.sealer, web_room.clock)
        server = WebServer(create_app(web_room, version="1.2.3", mailroom=mailroom))
        server.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as calls:
                pixel = calls.get(tokens.pixel(1, 2))
                pages = [
                    Browser(calls).open(url)
                    for url in (tokens.click(1, 2, 1), tokens.click(1, 2, 1, SHOP), tokens.optout(1, 2))
                ]
                one_click = calls.post(tokens.one_click(1, 2), data={"List-Unsubscribe": "One-Click"})
        finally:
            server.stop(1)

    assert (pixel.status_code, pixel.headers["content-type"]) == (503, "image/gif")
    assert [each.answer.status_code for each in pages] == [503, 503, 503]
    assert all("Try again in a minute." in each.text for each in pages)
    assert all(each.answer.headers["retry-after"] == "60" for each in pages)
    assert one_click.status_code == 503


def test_a_form_is_small(site: Site, tokens: Tokens) -> None:
    answer = site.calls.post(tokens.optout(1, 2), data={"why": "x" * 70_000})

    assert answer.status_code == 413
