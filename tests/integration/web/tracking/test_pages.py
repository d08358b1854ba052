"""The pages that the links of a message lead to, as Bob's browser sees them."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

import httpx
import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.custom_fields import FieldType
from postroom.contacts.levels import list_scope
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.sending.tokens import Tokens
from postroom.store.accounts import update_settings
from postroom.store.custom_fields import CustomField, put_custom_field
from tests.integration.drops.clock import Clock
from tests.integration.sending.written import Writer
from tests.integration.web.site import Site
from tests.integration.web.tracking.browser import Browser
from tests.integration.web.tracking.letters import BOB, MOBILE, Letter, has_page_rules, opt_out

GOLDEN = Path(__file__).parents[3] / "golden" / "pages"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def test_bob_opens_the_page_thinks_better_of_it_and_nothing_changed(
    browser: Browser, letter: Letter, tokens: Tokens
) -> None:
    page = browser.open(tokens.optout(*letter.ids))

    has_page_rules(page)
    assert page.answer.status_code == 200
    assert "b…@example.com" in page.text
    assert letter.writer.optout(BOB) is None
    assert letter.writer.events() == []


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("The Garden <news@shop.example.com>", "Sender: The Garden"),
        ("news@shop.example.com", "Sender: news@shop.example.com"),
        ('"<b>Bold</b>" <news@shop.example.com>', "Sender: <b>Bold</b>"),
    ],
)
def test_pages_say_whose_they_are(
    browser: Browser, writer: Writer, clock: Clock, tokens: Tokens, sender: str, shown: str
) -> None:
    letter = Letter(writer, clock, sender=sender)

    page = browser.open(tokens.optout(*letter.ids))
    pages = [page, browser.submit(page), browser.open(tokens.preferences(*letter.ids))]

    assert all(shown in each.text for each in pages)


def test_a_page_about_a_text_message_says_whose_it_is(
    browser: Browser, writer: Writer, clock: Clock, tokens: Tokens
) -> None:
    campaign = writer.campaign(channel=Channel.SMS, sender="ACME Fleurs")
    message = writer.message(
        campaign, writer.contact(mobile="0612345678"), MOBILE, channel=Channel.SMS, sent_at=clock()
    )

    assert "Sender: ACME Fleurs" in browser.open(tokens.optout(writer.account_id, message)).text


def test_bob_wants_no_more_mails(browser: Browser, letter: Letter, tokens: Tokens, clock: Clock) -> None:
    page = browser.open(tokens.optout(*letter.ids))
    page.write("why", "Too <many> of them")

    done = browser.submit(page)

    has_page_rules(done)
    assert "b…@example.com will get no more e-mails from us." in done.text
    assert letter.writer.optout(BOB) is OptOutReason.CONTACT
    assert letter.writer.optout(MOBILE, Medium.SMS) is None
    (event,) = letter.writer.events()
    assert (event.message_id, event.address, event.at) == (letter.message, BOB, clock())
    assert event.attributes["method"] == "LINK"
    assert event.attributes["subscriptions"] == ["EMAIL"]
    assert event.attributes["unsubscribeReason"] == "Too <many> of them"


def test_bob_leaves_the_list_and_still_gets_what_is_sent_to_others(
    browser: Browser, letter: Letter, tokens: Tokens
) -> None:
    page = browser.open(tokens.optout(*letter.ids))
    page.choose("Only those of the list “Garden”")

    done = browser.submit(page)

    assert "“Garden”" in done.text
    assert letter.writer.optout(BOB) is None
    assert letter.writer.optouts(list_scope("Garden")) == {BOB: OptOutReason.CONTACT}
    assert letter.unsubscribed == [("LINK", ["Garden"])]


def test_who_is_unsubscribed_already_reads_that(browser: Browser, letter: Letter, tokens: Tokens) -> None:
    browser.submit(browser.open(tokens.optout(*letter.ids)))

    again = browser.open(tokens.optout(*letter.ids))

    assert "You are already unsubscribed" in again.text
    assert not again.has_form


def test_a_second_press_of_the_button_is_no_second_event(
    browser: Browser, letter: Letter, tokens: Tokens
) -> None:
    page = browser.open(tokens.optout(*letter.ids))

    assert browser.submit(page).answer.status_code == browser.submit(page).answer.status_code == 200
    assert letter.unsubscribed == [("LINK", ["EMAIL"])]


def test_a_text_message_has_a_page_about_text_messages(
    browser: Browser, writer: Writer, tokens: Tokens, clock: Clock
) -> None:
    bob = writer.contact(email=BOB, mobile="0612345678")
    campaign = writer.campaign(channel=Channel.SMS)
    message = writer.message(campaign, bob, MOBILE, channel=Channel.SMS, sent_at=clock())

    page = browser.open(tokens.optout(writer.account_id, message))
    browser.submit(page)

    assert "…78" in page.text
    assert MOBILE not in page.text
    assert writer.optout(MOBILE, Medium.SMS) is OptOutReason.CONTACT
    assert writer.optout(BOB) is None


def test_of_a_contact_that_is_gone_the_address_is_opted_out_all_the_same(
    browser: Browser, writer: Writer, tokens: Tokens, clock: Clock
) -> None:
    message = writer.message(writer.campaign(), 987654, BOB, sent_at=clock())

    browser.submit(browser.open(tokens.optout(writer.account_id, message)))

    assert writer.optout(BOB) is OptOutReason.CONTACT
    assert browser.open(tokens.preferences(writer.account_id, message)).boxes == {"E-mails": False}


def test_an_answer_to_a_test_says_that_nothing_changed(
    browser: Browser, writer: Writer, tokens: Tokens, clock: Clock
) -> None:
    letter = Letter(writer, clock, is_test=True)
    page = browser.open(tokens.preferences(*letter.ids))
    page.tick("E-mails", on=False)

    assert "test message" in browser.submit(page).text
    assert "test message" in browser.submit(browser.open(tokens.optout(*letter.ids))).text
    assert writer.optout(BOB) is None
    assert writer.events() == []


@pytest.mark.parametrize("accepts", ["en", "fr-CH, fr;q=0.9, en;q=0.8", "de", ""])
def test_an_unknown_link_is_told_kindly(browser: Browser, tokens: Tokens, accepts: str) -> None:
    browser.headers["Accept-Language"] = accepts

    for url in (tokens.optout(7, 7), "/t/u/nonsense", "/t/c/1-2-3.x", "/t/", "/t/nothing/at/all"):
        page = browser.open(url)

        has_page_rules(page)
        assert page.answer.status_code == 404
        assert page.language == ("en" if accepts == "en" else "fr")
        assert ("This link does not work" if accepts == "en" else "Ce lien ne fonctionne pas") in page.text


def test_bob_is_spoken_to_in_his_language_whatever_the_accounts(
    browser: Browser, writer: Writer, tokens: Tokens, clock: Clock
) -> None:
    with writer.database.transaction() as connection:
        field = CustomField(1, "langue", FieldType.TEXT, "")
        put_custom_field(connection, writer.account_id, field)
    letter = Letter(writer, clock)
    with writer.database.transaction() as connection:
        connection.execute("update contacts set extra01 = 'fr_FR' where contact_id = %s", [letter.bob])

    page = browser.open(tokens.optout(*letter.ids))

    assert page.language == "fr"
    assert "Ne plus recevoir nos e-mails" in page.text


def test_the_name_of_a_list_is_text(browser: Browser, writer: Writer, tokens: Tokens, clock: Clock) -> None:
    name = '"><img src=x onerror=alert(1)>{address}'
    garden = writer.list_of(name, writer.contact(email=BOB, mobile="0612345678"))
    letter = Letter(writer, clock, list_id=garden)

    for url in (tokens.optout(*letter.ids), tokens.preferences(*letter.ids)):
        page = browser.open(url)

        assert name in page.text
        assert "img" not in page.tags


def test_charlies_links_do_nothing_to_alices_recipients(
    site: Site, letter: Letter, charlies: Writer, tokens: Tokens, clock: Clock
) -> None:
    his = Letter(charlies, clock)
    for make in (tokens.optout, tokens.one_click, tokens.preferences):
        forged = make(*his.ids).replace(f"{his.ids[0]}-{his.ids[1]}", f"{letter.ids[0]}-{letter.ids[1]}")
        for data in ({"from": "medium"}, ONE_CLICK, {"shown": "EMAIL=on"}):
            assert site.calls.post(forged, data=data).status_code == 404
            site.calls.post(make(charlies.account_id, letter.message), data=data)

    site.calls.post(tokens.one_click(*his.ids), data=ONE_CLICK)

    assert charlies.optout(BOB) is OptOutReason.CONTACT
    assert letter.writer.optout(BOB) is None
    assert letter.writer.events() == []


def test_the_log_gives_no_link_away(
    site: Site, letter: Letter, tokens: Tokens, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "postroom")
    url = tokens.one_click(*letter.ids)

    site.calls.get(url)
    site.calls.post(url, data=ONE_CLICK)

    assert "POST /t/l/… answered 200" in caplog.text
    assert url.rsplit("/", 1)[1] not in caplog.text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_pages_look_as_they_are_written_down(
    site: Site, writer: Writer, tokens: Tokens, clock: Clock, language: str
) -> None:
    account = writer.person.account
    with writer.database.transaction() as connection:
        update_settings(connection, account.account_id, account.settings.changed({"language": language}))
    letter = Letter(writer, clock)
    opt_out(writer, MOBILE, OptOutReason.SPAM, "SMS")
    shown = {
        "optout": site.calls.get(tokens.optout(*letter.ids)),
        "preferences": site.calls.get(tokens.preferences(*letter.ids)),
        "stopped": site.calls.post(tokens.optout(*letter.ids), data={"from": "medium"}),
        "unknown": site.calls.get("/t/u/x", headers={"Accept-Language": language}),
    }

    for name, answer in shown.items():
        golden = GOLDEN / f"{name}.{language}.html"
        if os.environ.get("POSTROOM_WRITE_GOLDEN") == "1":
            golden.write_text(_without_tokens(answer), encoding="utf-8")
        assert _without_tokens(answer) == golden.read_text(encoding="utf-8"), f"{golden.name} differs"


def _without_tokens(answer: httpx.Response) -> str:
    return re.sub(r"/\d+-\d+\.[A-Za-z0-9_-]{22}", "/TOKEN", answer.text)
