"""A launch: who gets a message, who gets none and why, and that it is made once whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from postroom.contacts.campaigns import CampaignState, NotSentReason
from postroom.contacts.channels import Channel
from postroom.contacts.events import EventSource, EventType
from postroom.contacts.levels import list_scope
from postroom.contacts.optouts import OptOutReason
from postroom.ingest import listing
from postroom.sending import campaigns as sending
from postroom.sending.content.mails import BOTH
from postroom.sending.launching import expand, finish
from postroom.store import levels, lists
from tests.integration.sending.marketing import BY, NOON, Marketer

ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"


def test_everybody_on_the_list_gets_a_message(marketer: Marketer) -> None:
    news = marketer.news(ANN, BOB)
    marketer.people(EVE)

    campaign_id = marketer.launch(news)

    assert marketer.messages(campaign_id) == [ANN, BOB]
    assert set(marketer.messages(campaign_id, "state", "channel", "due_at")) == {("waiting", "EMAIL", NOON)}
    campaign = marketer.campaign(campaign_id)
    assert (campaign.state, campaign.launched_at) == (CampaignState.RUNNING, NOON)
    assert marketer.states(campaign_id) == ["scheduled", "running"]
    assert ("sending.deliver", "EMAIL") in [(task, args.get("channel")) for task, args in marketer.jobs()]


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        (OptOutReason.ACCOUNT, NotSentReason.NOT_SUBSCRIBED),
        (OptOutReason.CONTACT, NotSentReason.NOT_SUBSCRIBED),
        (OptOutReason.HARD_BOUNCE, NotSentReason.QUARANTINE_LONG_TERM),
        (OptOutReason.SPAM, NotSentReason.BLACKLISTED),
    ],
)
def test_an_opted_out_address_gets_none_and_is_recorded(
    marketer: Marketer, reason: OptOutReason, why: NotSentReason
) -> None:
    news = marketer.news(ANN, BOB)
    marketer.optout("EMAIL", BOB, reason)

    campaign_id = marketer.launch(news)

    assert marketer.messages(campaign_id) == [ANN]
    (event,) = marketer.writer.events(EventType.NOT_SENT)
    assert (event.address, event.attributes) == (BOB, {"reason": why.value})
    assert (event.campaign_id, event.message_id, event.channel) == (campaign_id, None, Channel.EMAIL)
    assert (event.source, event.at, event.contact_id) == (EventSource.SYSTEM, NOON, marketer.people(BOB)[0])


def test_optouts_count_at_the_level_of_the_list_and_of_the_system(marketer: Marketer) -> None:
    news, _ = marketer.news(ANN, BOB, EVE), marketer.news(name="other")
    marketer.optout(list_scope("news"), ANN)
    marketer.optout(list_scope("other"), BOB)
    with marketer.room.database.transaction() as connection:
        levels.add_universal(connection, marketer.account_id, None, addresses="{" + EVE + "}", now=NOON)

    campaign_id = marketer.launch(news)

    assert marketer.messages(campaign_id) == [BOB]
    assert marketer.not_sent(campaign_id) == {ANN: "NOT_SUBSCRIBED", EVE: "NOT_SUBSCRIBED"}


def test_of_several_reasons_the_strongest_is_told(marketer: Marketer) -> None:
    news = marketer.news(ANN, BOB)
    marketer.optout("EMAIL", ANN)
    marketer.optout(list_scope("news"), ANN, OptOutReason.SPAM)
    marketer.optout("EMAIL", BOB)
    marketer.suppress(BOB, "QUARANTINE_TEMPORARY", until=NOON + timedelta(days=7))

    campaign_id = marketer.launch(news)

    assert marketer.not_sent(campaign_id) == {ANN: "BLACKLISTED", BOB: "NOT_SUBSCRIBED"}


@pytest.mark.parametrize(
    ("kind", "days", "why"),
    [
        ("QUARANTINE_TEMPORARY", 7, "QUARANTINE_TEMPORARY"),
        ("QUARANTINE_TEMPORARY", -1, None),
        ("QUARANTINE_LONG_TERM", None, "QUARANTINE_LONG_TERM"),
        ("BLACKLIST", None, "BLACKLISTED"),
    ],
)
def test_suppressed_addresses_are_left_alone_for_as_long_as_they_are(
    marketer: Marketer, kind: str, days: int | None, why: str | None
) -> None:
    news = marketer.news(ANN)
    marketer.suppress(ANN, kind, until=None if days is None else NOON + timedelta(days=days))
    marketer.suppress(ANN, "BLACKLIST", channel="SMS")

    campaign_id = marketer.launch(news)

    assert marketer.not_sent(campaign_id).get(ANN) == why


def test_no_address_and_the_same_address_again_are_told(marketer: Marketer) -> None:
    first = marketer.writer.contact(mobile="0612345678", email=ANN)
    second = marketer.writer.contact(mobile="0612345678", email=BOB)
    third = marketer.writer.contact(email=EVE)
    news = marketer.writer.list_of("news", first, second, third)

    campaign_id = marketer.launch(news, marketer.template(channel=Channel.SMS))

    assert marketer.messages(campaign_id, "contact_id", "address", "format") == [
        (first, "+33612345678", None)
    ]
    assert marketer.not_sent(campaign_id) == {"+33612345678": "DUPLICATE_ADDRESS", None: "NO_ADDRESS"}


def test_the_format_is_the_memberships_unless_the_campaign_says(marketer: Marketer) -> None:
    news = marketer.news(ANN, BOB)
    with marketer.room.database.transaction() as connection:
        connection.execute(
            "update memberships set format = 1 where contact_id = %s", (marketer.people(BOB)[0],)
        )

    assert marketer.messages(marketer.launch(news), "format") == [BOTH, 1]
    assert marketer.messages(marketer.launch(news, marketer.template("B"), format=2), "format") == [2, 2]


def test_seeds_have_their_own_format_too(marketer: Marketer) -> None:
    news, seeds = marketer.news(ANN), marketer.news(BOB, name="seeds")

    campaign_id = marketer.launch(news, seed_list_id=seeds)

    assert marketer.messages(campaign_id, "address", "format") == [(ANN, BOTH), (BOB, BOTH)]


def test_a_segment_narrows_the_list(marketer: Marketer) -> None:
    ann = marketer.writer.contact(email=ANN, city="Paris")
    bob = marketer.writer.contact(email=BOB, city="Lyon")
    news = marketer.writer.list_of("news", ann, bob)

    campaign_id = marketer.launch(news, segment_id=marketer.segment('city = "paris"'))

    assert marketer.messages(campaign_id) == [ANN]
    assert marketer.counts(campaign_id).targeted == 1


def test_seeds_get_it_whatever_the_segment_and_nobody_twice(marketer: Marketer) -> None:
    ann, bob, eve = marketer.people(ANN, BOB, EVE)
    news = marketer.writer.list_of("news", ann, bob)
    seeds = marketer.writer.list_of("seeds", bob, eve)

    campaign_id = marketer.launch(news, segment_id=marketer.segment(f'email = "{ANN}"'), seed_list_id=seeds)

    assert marketer.messages(campaign_id) == [ANN, BOB, EVE]


def test_a_list_without_people_is_a_success_that_sends_nothing(marketer: Marketer) -> None:
    campaign_id = marketer.launch(marketer.news())

    assert marketer.campaign(campaign_id).state is CampaignState.FINISHED
    assert marketer.states(campaign_id) == ["scheduled", "running", "finished"]
    assert marketer.counts(campaign_id).targeted == 0


def test_long_lists_are_judged_as_short_ones(marketer: Marketer) -> None:
    news = marketer.news(ANN, BOB, EVE)
    with marketer.room.database.transaction() as connection:
        connection.execute(
            "insert into contacts (account_id, contact_id, email)"
            " select %(account)s, 1000 + n, 'n' || n || '@example.com' from generate_series(1, 2500) n",
            {"account": marketer.account_id},
        )
        connection.execute(
            "insert into memberships (account_id, list_id, contact_id)"
            " select %(account)s, %(list)s, 1000 + n from generate_series(1, 2500) n",
            {"account": marketer.account_id, "list": news},
        )
    marketer.optout("EMAIL", "n7@example.com")
    marketer.suppress(ANN, "BLACKLIST")

    campaign_id = marketer.launch(news)

    assert len(marketer.messages(campaign_id)) == 2501
    assert marketer.not_sent(campaign_id) == {"n7@example.com": "NOT_SUBSCRIBED", ANN: "BLACKLISTED"}


def test_two_expanders_make_the_messages_once(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN, BOB))
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)
    second_done = threading.Event()

    def another(step: str) -> None:
        # While the first has the campaign locked the second waits for it.
        if step == "campaign locked":
            marketer.between_steps = lambda _name: None
            found = expand

            def run() -> None:
                assert not found(mailroom, marketer.account_id, campaign_id)
                second_done.set()

            threading.Thread(target=run, daemon=True).start()

    marketer.between_steps = another
    mailroom = marketer.mailroom

    assert expand(mailroom, marketer.account_id, campaign_id)
    assert second_done.wait(10)
    assert marketer.messages(campaign_id) == [ANN, BOB]


@pytest.mark.parametrize("step", ["campaign locked", "messages made", "campaign running", "events recorded"])
def test_who_dies_before_the_commit_has_made_nothing(marketer: Marketer, step: str) -> None:
    news = marketer.news(ANN, BOB)
    marketer.optout("EMAIL", BOB)
    campaign_id = marketer.draft(news)
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)
    marketer.between_steps = _dying_at(step)

    with pytest.raises(KeyboardInterrupt):
        marketer.expand(campaign_id)

    assert marketer.messages(campaign_id) == []
    assert marketer.not_sent(campaign_id) == {}
    marketer.between_steps = lambda _name: None
    assert marketer.expand(campaign_id)
    assert marketer.messages(campaign_id) == [ANN]
    assert len(marketer.writer.events(EventType.NOT_SENT)) == 1


def test_who_dies_after_the_commit_has_made_all_and_the_next_makes_none(marketer: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN))
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)
    marketer.between_steps = _dying_at("committed")

    with pytest.raises(KeyboardInterrupt):
        marketer.expand(campaign_id)

    marketer.between_steps = lambda _name: None
    assert not marketer.expand(campaign_id)
    assert marketer.messages(campaign_id) == [ANN]


def test_what_is_gone_at_the_time_of_the_launch_is_told(marketer: Marketer) -> None:
    news, segment = marketer.news(ANN), marketer.segment("city = Paris")
    campaign_id = marketer.draft(news, segment_id=segment, notify_email="boss@example.com")
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)
    with marketer.room.database.transaction() as connection:
        connection.execute("delete from segments where segment_id = %s", (segment,))

    assert not marketer.expand(campaign_id)

    campaign = marketer.campaign(campaign_id)
    assert campaign.state is CampaignState.CANCELLED
    assert campaign.remark == f"There is no segment {segment} in this account."
    (event, *_) = marketer.writer.events(EventType.CAMPAIGN_STATE)[-1:]
    assert event.attributes["remark"] == campaign.remark
    assert "notices.deliver" in [task for task, _args in marketer.jobs()]


def test_a_list_that_is_gone_is_told(marketer: Marketer) -> None:
    news = marketer.news(ANN)
    campaign_id = marketer.draft(news)
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)
    with marketer.room.database.transaction() as connection:
        lists.delete_lists(connection, marketer.account_id, [news])

    assert not marketer.expand(campaign_id)
    assert marketer.campaign(campaign_id).remark == f"There is no list {news} in this account."


def test_who_joins_the_list_after_the_launch_gets_nothing(marketer: Marketer) -> None:
    news = marketer.news(ANN)
    campaign_id = marketer.launch(news)
    (bob,) = marketer.people(BOB)
    with marketer.room.database.transaction() as connection:
        listing.add_contacts(connection, marketer.account_id, news, [bob], now=NOON)

    assert not marketer.expand(campaign_id)
    assert marketer.messages(campaign_id) == [ANN]


def test_a_campaign_is_finished_once_nothing_of_it_waits(marketer: Marketer) -> None:
    campaign_id = marketer.launch(marketer.news(ANN))
    mailroom, account_id = marketer.mailroom, marketer.account_id

    assert not finish(mailroom, account_id, campaign_id)
    marketer.hand_over(campaign_id)
    assert finish(mailroom, account_id, campaign_id)
    assert not finish(mailroom, account_id, campaign_id)

    assert marketer.campaign(campaign_id).finished_at == NOON
    assert marketer.states(campaign_id) == ["scheduled", "running", "finished"]


def test_nothing_of_alices_is_launched_for_charlie(marketer: Marketer, stranger: Marketer) -> None:
    campaign_id = marketer.draft(marketer.news(ANN))
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)

    assert not expand(stranger.mailroom, stranger.account_id, campaign_id)
    assert marketer.messages(campaign_id) == []


def _dying_at(step: str) -> Callable[[str], None]:
    def die(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    return die
