"""What is counted of a campaign: each message once, machines apart, tests and other campaigns not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.events import Event, EventSource, EventType
from postroom.drops.room import Room
from postroom.sending import campaigns as sending
from postroom.sending.carrying import Fate, Handover
from postroom.store.campaign_counts import count_campaign, count_several, explain_not_sent
from postroom.store.campaigns import campaign_by_id
from postroom.store.events import record_events
from postroom.store.partner_files import partner_files_page
from tests.conftest import Person
from tests.integration.sending.going_out import FakeCarrier, Post
from tests.integration.sending.marketing import BY, NOON, Marketer

ANN, BOB, EVE, JOE = "ann@example.com", "bob@example.com", "eve@example.com", "joe@example.com"


@pytest.fixture
def sent(marketer: Marketer) -> int:
    """Return a campaign of which four messages were sent."""
    campaign_id = marketer.launch(marketer.news(ANN, BOB, EVE, JOE))
    marketer.hand_over(campaign_id)
    return campaign_id


def happens(
    marketer: Marketer, campaign_id: int, type_: EventType, places: Sequence[int], **said: Any
) -> None:
    """Record that something happened to some of a campaign's messages, by their places."""
    ids = marketer.messages(campaign_id, "message_id")
    events = [
        Event(
            type_,
            EventSource.TRACKER,
            NOON,
            channel=Channel.EMAIL,
            campaign_id=campaign_id,
            message_id=ids[place],
            attributes=said,
        )
        for place in places
    ]
    with marketer.room.database.transaction() as connection:
        record_events(connection, marketer.account_id, events, now=NOON)


def test_each_message_counts_once_whatever_comes_back_how_often(marketer: Marketer, sent: int) -> None:
    happens(marketer, sent, EventType.OPENED, [0, 0, 1], machineOpening=False)
    happens(marketer, sent, EventType.CLICKED, [0, 0, 0], machineClick=False, linkId=1)
    happens(marketer, sent, EventType.UNSUBSCRIBED, [1, 1], method="LINK")
    happens(marketer, sent, EventType.COMPLAINT, [2], feedbackType="ABUSE")

    counts = marketer.counts(sent)
    assert (counts.targeted, counts.sent, counts.delivered) == (4, 4, 4)
    assert (counts.opened, counts.clicked, counts.unsubscribed, counts.complained) == (2, 1, 1, 1)


def test_machines_are_counted_apart(marketer: Marketer, sent: int) -> None:
    happens(marketer, sent, EventType.OPENED, [0, 1], machineOpening=True)
    happens(marketer, sent, EventType.OPENED, [1], machineOpening=False)
    happens(marketer, sent, EventType.CLICKED, [2], machineClick=True)

    counts = marketer.counts(sent)
    assert (counts.opened, counts.opened_by_machines) == (1, 2)
    assert (counts.clicked, counts.clicked_by_machines) == (0, 1)


def test_what_bounced_was_sent_but_not_delivered(marketer: Marketer, sent: int) -> None:
    happens(marketer, sent, EventType.BOUNCED, [0, 0], bounceType="HARD")
    happens(marketer, sent, EventType.BOUNCED, [1], bounceType="SOFT")

    counts = marketer.counts(sent)
    assert (counts.sent, counts.hard_bounced, counts.soft_bounced, counts.delivered) == (4, 1, 1, 2)


def test_what_was_refused_at_once_was_never_sent_and_all_adds_up(marketer: Marketer) -> None:
    news = marketer.news(ANN, BOB, EVE, JOE)
    marketer.optout("EMAIL", JOE)
    campaign_id = marketer.launch(news)
    with marketer.room.database.transaction() as connection:
        for address, state in ((ANN, "failed"), (BOB, "sent")):
            connection.execute("update messages set state = %s where address = %s", (state, address))
    place = marketer.messages(campaign_id).index(ANN)
    happens(marketer, campaign_id, EventType.BOUNCED, [place], bounceType="HARD")

    counts = marketer.counts(campaign_id)
    assert (counts.refused, counts.hard_bounced, counts.sent, counts.delivered) == (1, 1, 1, 1)
    assert (counts.waiting, sum(counts.not_sent.values())) == (1, 1)
    assert counts.targeted == 4


def test_an_sms_is_delivered_when_its_provider_says_so(marketer: Marketer) -> None:
    ann = marketer.writer.contact(mobile="0612345678")
    bob = marketer.writer.contact(mobile="0612345679")
    news = marketer.writer.list_of("news", ann, bob)
    campaign_id = marketer.launch(news, marketer.template(channel=Channel.SMS))
    marketer.hand_over(campaign_id)
    happens(marketer, campaign_id, EventType.DELIVERED, [0, 0], providerStatus="DELIVRD")

    counts = marketer.counts(campaign_id)
    assert (counts.sent, counts.delivered) == (2, 1)


def test_who_gets_none_is_counted_by_reason_and_is_of_the_target(marketer: Marketer) -> None:
    news = marketer.news(ANN, BOB, EVE, JOE)
    marketer.optout("EMAIL", ANN)
    marketer.suppress(BOB, "BLACKLIST")
    campaign_id = marketer.launch(news)
    sending.cancel(marketer.mailroom, marketer.account_id, campaign_id, by=BY)

    counts = marketer.counts(campaign_id)
    assert counts.not_sent == {"BLACKLISTED": 1, "CAMPAIGN_CANCELLED": 2, "NOT_SUBSCRIBED": 1}
    assert (counts.targeted, counts.sent, counts.waiting) == (4, 0, 0)


def test_what_waits_and_what_is_in_doubt_are_told(marketer: Marketer) -> None:
    campaign_id = marketer.launch(marketer.news(ANN, BOB))
    with marketer.room.database.transaction() as connection:
        connection.execute("update messages set state = 'in_doubt' where address = %s", (ANN,))

    counts = marketer.counts(campaign_id)
    assert (counts.targeted, counts.waiting, counts.in_doubt, counts.sent) == (2, 1, 1, 0)


def test_other_campaigns_and_charlies_are_not_counted(
    marketer: Marketer, stranger: Marketer, sent: int
) -> None:
    other = marketer.launch(marketer.news(ANN, name="other"), marketer.template("B"))
    happens(marketer, other, EventType.OPENED, [0], machineOpening=False)
    his = stranger.launch(stranger.news(ANN))
    happens(stranger, his, EventType.OPENED, [0], machineOpening=False)

    assert marketer.counts(sent).opened == 0
    assert marketer.counts(other).opened == 1


def test_the_launch_of_a_partners_campaign_writes_the_file_and_is_the_end(marketer: Marketer) -> None:
    ann = marketer.writer.contact(
        email=ANN, address1="1 rue Verte", zipcode="75011", city="Paris", first_name="Ann"
    )
    bob = marketer.writer.contact(email=BOB)
    news = marketer.writer.list_of("news", ann, bob)
    template = marketer.template(channel=Channel.PRINT)

    campaign_id = marketer.launch(news, template, partner={"columns": ["first_name"]})

    assert marketer.states(campaign_id) == ["scheduled", "running", "finished"]
    with marketer.room.database.transaction() as connection:
        (file,) = partner_files_page(connection, marketer.account_id, campaign_id=campaign_id, limit=9)
    assert (file.people, file.left_out) == (1, 1)
    counts = marketer.counts(campaign_id)
    assert (counts.targeted, counts.ready, counts.not_sent) == (2, 1, {"NO_ADDRESS": 1})


def test_a_partners_segment_counts_too(marketer: Marketer) -> None:
    place = {"address1": "1 rue Verte", "zipcode": "75011"}
    ann = marketer.writer.contact(email=ANN, city="Paris", **place)
    bob = marketer.writer.contact(email=BOB, city="Lyon", **place)
    news = marketer.writer.list_of("news", ann, bob)
    template = marketer.template(channel=Channel.PRINT)

    campaign_id = marketer.launch(news, template, segment_id=marketer.segment("city = Lyon"))

    assert marketer.counts(campaign_id).targeted == 1


def test_a_login_that_is_gone_ends_the_launch_of_a_partners_campaign(marketer: Marketer) -> None:
    place = {"address1": "1 rue Verte", "zipcode": "75011"}
    news = marketer.writer.list_of("news", marketer.writer.contact(email=ANN, **place))
    template = marketer.template(channel=Channel.PRINT)
    campaign_id = marketer.draft(news, template, partner={"login": "alice"})
    with marketer.room.database.transaction() as connection:
        connection.execute("delete from logins")
    sending.launch(marketer.mailroom, marketer.account_id, campaign_id, by=BY)

    assert not marketer.expand(campaign_id)
    assert marketer.campaign(campaign_id).remark == "There is no login 'alice' of this account."
    assert marketer.states(campaign_id) == ["scheduled", "cancelled"]


@pytest.mark.parametrize(
    ("partner", "said"),
    [
        ({"login": "nobody"}, "There is no login 'nobody'"),
        ({"login": "charlie"}, "There is no login 'charlie'"),
        ({"columns": ["custom_nothing"]}, "no custom field"),
        ({"columns": "email"}, "columns"),
    ],
)
def test_what_a_partner_cannot_get_is_refused_beforehand(
    marketer: Marketer, stranger: Marketer, partner: dict[str, Any], said: str
) -> None:
    del stranger
    news, template = marketer.news(ANN), marketer.template(channel=Channel.PRINT)

    with pytest.raises(Refused, match=said):
        marketer.draft(news, template, partner=partner)


def test_it_says_what_most_of_the_messages_wait_for(room: Room, alice: Person) -> None:
    later = {name: Handover(Fate.LATER, "relay", answer=f"450 {name}") for name in (ANN, BOB)}
    post = Post(room, alice, FakeCarrier(later, otherwise=Handover(Fate.LATER, answer="no relay is there")))
    campaign_id = post.campaign()
    post.waiting(campaign_id, ANN, BOB, EVE, JOE)

    def waiting_for() -> tuple[int, str | None]:
        with room.database.transaction() as connection:
            counts = count_campaign(connection, campaign_by_id(connection, post.account_id, campaign_id))
        return counts.waiting, counts.waiting_for

    assert waiting_for() == (4, None)
    post.deliver()
    assert waiting_for() == (4, "no relay is there")


def test_the_most_frequent_details_of_each_reason_are_told(
    marketer: Marketer, stranger: Marketer, sent: int
) -> None:
    missing = {"reason": "PERSONALIZATION_MISSING"}
    happens(marketer, sent, EventType.NOT_SENT, [0, 1], **missing, reasonDetail="city has no value")
    happens(marketer, sent, EventType.NOT_SENT, [2], **missing, reasonDetail="fax has no value")
    happens(marketer, sent, EventType.NOT_SENT, [3], reason="NOT_SUBSCRIBED")

    with marketer.room.database.transaction() as connection:
        campaign = marketer.campaign(sent)
        every = explain_not_sent(connection, campaign)
        first = explain_not_sent(connection, campaign, most=1)
        other = explain_not_sent(connection, replace(campaign, account_id=stranger.account_id))

    assert every == {"PERSONALIZATION_MISSING": {"city has no value": 2, "fax has no value": 1}}
    assert first == {"PERSONALIZATION_MISSING": {"city has no value": 2}}
    assert other == {}


def test_several_are_counted_as_each_is(marketer: Marketer, stranger: Marketer, sent: int) -> None:
    news = marketer.news(ANN, BOB, name="other")
    marketer.optout("EMAIL", BOB)
    other = marketer.launch(news, marketer.template("Other"))
    several = [marketer.campaign(each) for each in (sent, other)]

    with marketer.room.database.transaction() as connection:
        found = count_several(connection, several)
        strangers = count_several(
            connection, [replace(each, account_id=stranger.account_id) for each in several]
        )

    each = {campaign_id: (reached.targeted, reached.sent) for campaign_id, reached in found.items()}
    assert each == {sent: (4, 4), other: (2, 0)}
    assert marketer.counts(other).targeted == 2
    assert {(reached.targeted, reached.sent) for reached in strangers.values()} == {(0, 0)}
