"""Opting out by program, and programs that only look (RFC 8058)."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.optouts import OptOutReason
from postroom.sending.tokens import Tokens
from tests.integration.web.site import Site
from tests.integration.web.tracking.browser import Browser
from tests.integration.web.tracking.letters import BOB, Letter

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
MAIL_SERVICE = {"User-Agent": "Mail service", "Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_fetches_every_link_of_a_mail_unsubscribes_nobody(
    site: Site, letter: Letter, tokens: Tokens, method: str
) -> None:
    for url in (
        tokens.optout(*letter.ids),
        tokens.one_click(*letter.ids),
        tokens.preferences(*letter.ids),
        tokens.one_click(*letter.ids) + "?List-Unsubscribe=One-Click",
        tokens.optout(*letter.ids) + "?from=medium",
        tokens.preferences(*letter.ids) + "?shown=EMAIL%3Don",
    ):
        for headers in ({}, {"User-Agent": "Barracuda"}, {"Sec-Purpose": "prefetch"}):
            assert site.calls.request(method, url, headers=headers).status_code == 200

    assert letter.writer.events() == []
    assert letter.writer.optout(BOB) is None


@pytest.mark.parametrize(
    "body",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b"List-Unsubscribe=One-Click", "headers": MAIL_SERVICE},
    ],
)
def test_mail_programs_unsubscribe_by_one_click(
    site: Site, letter: Letter, tokens: Tokens, body: dict[str, Any]
) -> None:
    """RFC 8058: a POST with one field, without login, cookie or redirect."""
    answer = site.calls.post(tokens.one_click(*letter.ids), **body)

    assert answer.status_code == 200
    assert answer.text == "Done\n"
    assert letter.writer.optout(BOB) is OptOutReason.CONTACT
    assert letter.unsubscribed == [("ONE_CLICK", ["EMAIL"])]


def test_one_click_told_twice_is_one_event(site: Site, letter: Letter, tokens: Tokens) -> None:
    for _ in range(2):
        assert site.calls.post(tokens.one_click(*letter.ids), data=ONE_CLICK).status_code == 200

    assert letter.unsubscribed == [("ONE_CLICK", ["EMAIL"])]


def test_who_follows_the_header_in_a_browser_sees_the_page(
    browser: Browser, letter: Letter, tokens: Tokens
) -> None:
    browser.submit(browser.open(tokens.one_click(*letter.ids)))

    assert letter.unsubscribed == [("LIST_UNSUBSCRIBE_HEADER", ["EMAIL"])]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {"from": "nothing"}},
        {"data": {"List-Unsubscribe": "Two-Clicks"}},
        {"content": b"\xff\xfe", "headers": MAIL_SERVICE},
        {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"{}", "headers": {"Content-Type": "application/json"}},
        {"files": {"from": ("a.txt", b"medium")}},
        {"data": {f"f{number}": "x" for number in range(600)}},
    ],
)
def test_a_post_that_says_nothing_of_the_kind_changes_nothing(
    site: Site, letter: Letter, tokens: Tokens, body: dict[str, Any]
) -> None:
    for url, told in (
        (tokens.optout(*letter.ids), "Nothing was changed"),
        (tokens.one_click(*letter.ids), "sends List-Unsubscribe=One-Click here"),
    ):
        answer = site.calls.post(url, **body)
        assert (answer.status_code, told in answer.text) == (400, True)

    assert letter.writer.events() == []
    assert letter.writer.optout(BOB) is None


def test_one_click_counts_only_where_the_header_leads(site: Site, letter: Letter, tokens: Tokens) -> None:
    assert site.calls.post(tokens.optout(*letter.ids), data=ONE_CLICK).status_code == 400
    assert letter.writer.optout(BOB) is None
