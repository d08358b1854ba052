"""The page on which recipients choose what they get."""

from __future__ import annotations

import pytest

from postroom.contacts.levels import list_scope
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.ingest import counting
from postroom.sending.tokens import Tokens
from postroom.store import lists
from postroom.store.accounts import update_settings
from tests.integration.web.site import Site
from tests.integration.web.tracking.browser import Browser
from tests.integration.web.tracking.letters import BOB, MOBILE, Letter, has_page_rules, opt_out


def test_bob_chooses_what_he_gets(browser: Browser, letter: Letter, tokens: Tokens) -> None:
    page = browser.open(tokens.preferences(*letter.ids))
    assert page.boxes == {"E-mails": True, "Text messages": True, "Voicemails": True, "Garden": True}
    page.tick("Text messages", on=False)
    page.tick("Garden", on=False)

    saved = browser.submit(page)

    has_page_rules(saved)
    assert "Your choices are saved." in saved.text
    assert saved.boxes == {"E-mails": True, "Text messages": False, "Voicemails": True, "Garden": False}
    assert letter.writer.optout(MOBILE, Medium.SMS) is OptOutReason.CONTACT
    assert letter.writer.optout(MOBILE, Medium.VOICEMAIL) is None
    assert letter.writer.optouts(list_scope("Garden")).keys() == {BOB, MOBILE}
    assert letter.unsubscribed == [("PREFERENCE_FORM", ["SMS", "Garden"])]


def test_bob_comes_back_by_his_own_will(browser: Browser, letter: Letter, tokens: Tokens) -> None:
    browser.submit(browser.open(tokens.optout(*letter.ids)))
    opt_out(letter.writer, MOBILE, OptOutReason.ACCOUNT, "SMS")
    page = browser.follow(browser.open(tokens.optout(*letter.ids)), "Choose what I get")
    page.tick("E-mails")
    page.tick("Text messages")

    saved = browser.submit(page)

    assert all(saved.boxes.values())
    assert letter.writer.optout(BOB) is None
    assert letter.writer.optout(MOBILE, Medium.SMS) is None
    assert letter.unsubscribed == [("LINK", ["EMAIL"])]
    assert [(each.source, each.became) for each in letter.writer.acts(BOB)] == [
        ("answer", None),
        ("answer", OptOutReason.CONTACT),
    ]


def test_saving_what_is_shown_changes_nothing(browser: Browser, letter: Letter, tokens: Tokens) -> None:
    """What somebody else changed since the page was shown is not taken back by who did not touch it."""
    page = browser.open(tokens.preferences(*letter.ids))
    opt_out(letter.writer, MOBILE, OptOutReason.CONTACT, "SMS")

    saved = browser.submit(page)

    assert saved.boxes["Text messages"] is False
    assert letter.writer.events() == []


@pytest.mark.parametrize("reason", [OptOutReason.SPAM, OptOutReason.HARD_BOUNCE])
def test_a_complaint_is_not_taken_back_on_a_page(
    site: Site, browser: Browser, letter: Letter, tokens: Tokens, reason: OptOutReason
) -> None:
    opt_out(letter.writer, BOB, reason)
    page = browser.open(tokens.preferences(*letter.ids))
    (box,) = [each for each in page.fields if each.label.startswith("E-mails")]

    site.calls.post(page.url, data={"keep": ["EMAIL"], "shown": ["EMAIL=off"]})

    assert box.disabled
    assert "cannot be started again here" in box.label
    assert letter.writer.optout(BOB) is reason


def test_a_complaint_is_taken_back_where_the_account_says_so(
    browser: Browser, letter: Letter, tokens: Tokens
) -> None:
    account = letter.writer.person.account
    with letter.writer.database.transaction() as connection:
        changed = account.settings.changed({"optin_lifts_complaints": "yes"})
        update_settings(connection, account.account_id, changed)
    opt_out(letter.writer, BOB, OptOutReason.SPAM)
    page = browser.open(tokens.preferences(*letter.ids))
    page.tick("E-mails")

    browser.submit(page)

    assert letter.writer.optout(BOB) is None


def test_who_is_out_of_the_whole_system_stays_out(browser: Browser, letter: Letter, tokens: Tokens) -> None:
    with letter.writer.database.transaction() as connection:
        connection.execute(
            "insert into universal_optouts (address, account_id, since_at) values (%s, %s, now())",
            [BOB, letter.writer.account_id],
        )

    page = browser.open(tokens.preferences(*letter.ids))

    assert [each.label for each in page.fields if each.disabled] == [
        "E-mails: stopped, and cannot be started again here"
    ]
    assert "already unsubscribed" in browser.open(tokens.optout(*letter.ids)).text


def test_nobody_chooses_for_lists_and_media_that_are_not_theirs(
    site: Site, letter: Letter, tokens: Tokens
) -> None:
    letter.writer.list_of("Others")
    shown = [f"{list_scope('Others')}=on", "VOICE=on", "universal=on", "=on", "x", "list:x=on", "list:=on"]

    answer = site.calls.post(tokens.preferences(*letter.ids), data={"shown": shown})

    assert answer.status_code == 200
    assert letter.writer.events() == []
    assert letter.writer.optouts(list_scope("Others")) == {}


def test_lists_stay_counted_whatever_recipients_choose(
    browser: Browser, letter: Letter, tokens: Tokens
) -> None:
    writer = letter.writer
    counting.recount(writer.database, writer.account_id)
    browser.submit(browser.open(tokens.optout(*letter.ids)))
    page = browser.open(tokens.preferences(*letter.ids))
    page.tick("Text messages", on=False)
    browser.submit(page)

    with writer.database.transaction() as connection:
        (found,) = lists.read_lists(connection, writer.account_id, [letter.garden], lists.Cut(limit=1))
        counted = counting.count(connection, writer.account_id, [letter.garden])
    assert found.stats == counted[letter.garden]
    assert (found.stats.email, found.stats.sms, found.stats.voicemail) == (0, 0, 1)
