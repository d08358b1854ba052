"""Openings and clicks: the events that they become, and which of them is the first."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.events import REQUIRED_ATTRIBUTES, EventSource, EventType
from postroom.sending.tracking.recording import record_hits
from postroom.sending.tracking.visits import Hit, Visit, visit
from postroom.store.database import Database
from postroom.store.tracking import LastClick, last_click
from tests.conftest import Person
from tests.integration.sending.written import NOON, SENT_AT, Writer

SHOP = "https://shop.example.com/"
GARDEN = "https://garden.example.com/roses"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
PERSON = visit(NOON, IPHONE, "203.0.113.9", unasked=False)
MACHINE = visit(NOON, "Mozilla/5.0", "17.1.2.3", unasked=False)


@pytest.fixture
def alices(database: Database, alice: Person) -> Writer:
    return Writer(database, alice)


@pytest.fixture
def charlies(database: Database, charlie: Person) -> Writer:
    return Writer(database, charlie)


def written(writer: Writer, *, is_test: bool = False, sent_at: datetime | None = SENT_AT) -> int:
    bob = writer.contact(email="bob@example.com")
    campaign = writer.campaign(links=(SHOP, GARDEN), is_test=is_test)
    return writer.message(campaign, bob, sent_at=sent_at)


def tell(writer: Writer, *hits: Hit, now: datetime = NOON) -> list[str | None]:
    return record_hits(writer.database, writer.account_id, hits, now=now)


def opening(writer: Writer, message_id: int, seen: Visit = PERSON) -> Hit:
    return Hit(writer.account_id, message_id, seen)


def click(
    writer: Writer, message_id: int, link_id: int = 1, seen: Visit = PERSON, url: str | None = None
) -> Hit:
    return Hit(writer.account_id, message_id, seen, link_id, url)


def last(writer: Writer, contact_id: int, since: datetime = SENT_AT) -> LastClick | None:
    with writer.database.transaction() as connection:
        return last_click(connection, writer.account_id, contact_id, since)


def flags(writer: Writer, kind: EventType, *names: str) -> list[tuple[bool, ...]]:
    return [tuple(each.attributes[name] for name in names) for each in writer.events(kind)]


def test_an_opening_is_an_event_with_all_that_its_flow_tells(alices: Writer) -> None:
    message = alices.read(written(alices))

    assert tell(alices, opening(alices, message.message_id)) == [None]

    (event,) = alices.events()
    assert (event.type, event.source, event.at) == (EventType.OPENED, EventSource.TRACKER, NOON)
    assert (event.channel, event.address) == (Channel.EMAIL, "bob@example.com")
    assert (event.contact_id, event.campaign_id) == (message.contact_id, message.campaign_id)
    assert event.message_id == message.message_id
    assert event.attributes == {
        "sentMoment": SENT_AT.isoformat(),
        "firstOpening": True,
        "machineOpening": False,
        "deviceType": "MOBILE",
        "emailClient": "Mobile Safari UI/WKWebView",
        "operatingSystem": "iOS 17",
        "userAgent": IPHONE,
        "ipAddress": "203.0.113.9",
    }
    assert event.attributes.keys() >= REQUIRED_ATTRIBUTES[EventType.OPENED]


def test_a_click_leads_to_its_link_and_is_an_event(alices: Writer) -> None:
    message = written(alices)

    assert tell(alices, click(alices, message, 2)) == [GARDEN]

    (event,) = alices.events()
    assert event.type is EventType.CLICKED
    assert event.attributes.keys() >= REQUIRED_ATTRIBUTES[EventType.CLICKED]
    told = {name: event.attributes[name] for name in ("linkId", "linkName", "linkCategory", "url")}
    assert told == {"linkId": 2, "linkName": "link 2", "linkCategory": ["shop", "autumn"], "url": GARDEN}
    assert event.attributes["deviceType"] == "MOBILE"


def test_no_opening_is_made_up_for_a_click(alices: Writer) -> None:
    tell(alices, click(alices, written(alices)))

    assert [each.type for each in alices.events()] == [EventType.CLICKED]


def test_the_link_of_one_recipient_leads_to_the_url_of_its_own(alices: Writer) -> None:
    own = "https://shop.example.com/?who=42"

    assert tell(alices, click(alices, written(alices), 1, url=own)) == [own]
    assert alices.events()[0].attributes["url"] == own


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "mailto:bob@example.com"])
def test_a_link_that_goes_to_no_web_page_leads_nowhere(alices: Writer, url: str) -> None:
    assert tell(alices, click(alices, written(alices), 1, url=url)) == [None]
    assert alices.events() == []


def test_the_first_opening_is_flagged_and_no_other(alices: Writer) -> None:
    message = written(alices)

    tell(alices, opening(alices, message), opening(alices, message))
    tell(alices, opening(alices, message))

    assert flags(alices, EventType.OPENED, "firstOpening") == [(True,), (False,), (False,)]


def test_first_clicks_are_flagged_by_message_and_by_link(alices: Writer) -> None:
    message = written(alices)

    tell(alices, click(alices, message, 1), click(alices, message, 1))
    tell(alices, click(alices, message, 2), click(alices, message, 1))

    assert flags(alices, EventType.CLICKED, "firstClick", "firstClickOnLink") == [
        (True, True),
        (False, False),
        (False, True),
        (False, False),
    ]


def test_of_all_who_come_at_once_one_is_the_first(alices: Writer) -> None:
    """Two openings and two clicks on each of ten messages, told by eight web processes in any order."""
    bob = alices.contact(email="bob@example.com")
    campaign = alices.campaign(links=(SHOP, GARDEN))
    messages = [alices.message(campaign, bob) for _ in range(10)]
    hits = [
        hit
        for message in messages
        for hit in [opening(alices, message), click(alices, message, 1), click(alices, message, 2)] * 8
    ]
    random.Random(1).shuffle(hits)
    start = threading.Barrier(8)

    def process(number: int) -> None:
        start.wait()
        for place in range(number, len(hits), 8 * 3):
            tell(alices, *hits[place : place + 24 : 8])

    with Database(alices.database.url) as database, ThreadPoolExecutor(8) as threads:
        mine = Writer(database, alices.person)
        assert mine.account_id == alices.account_id
        list(threads.map(process, range(8)))

    assert len(alices.events()) == len(hits)
    for message in messages:
        events = [each for each in alices.events() if each.message_id == message]
        assert sum(each.attributes.get("firstOpening", False) for each in events) == 1
        assert sum(each.attributes.get("firstClick", False) for each in events) == 1
        assert sum(each.attributes.get("firstClickOnLink", False) for each in events) == 2


def test_machines_are_flagged_and_counted_all_the_same(alices: Writer) -> None:
    message = written(alices)

    tell(alices, opening(alices, message, MACHINE), click(alices, message, 1, MACHINE))
    tell(alices, opening(alices, message), click(alices, message))

    assert flags(alices, EventType.OPENED, "machineOpening", "firstOpening") == [(True, True), (False, False)]
    assert flags(alices, EventType.CLICKED, "machineClick", "firstClick") == [(True, True), (False, False)]


def test_a_message_that_is_clicked_while_it_is_handed_over_was_sent_when_that_began(alices: Writer) -> None:
    tell(alices, opening(alices, written(alices, sent_at=None)))

    assert alices.events()[0].attributes["sentMoment"] == SENT_AT.isoformat()


def test_tests_leave_no_trace_though_their_links_work(alices: Writer) -> None:
    message = written(alices, is_test=True)

    assert tell(alices, opening(alices, message), click(alices, message)) == [None, SHOP]

    assert alices.events() == []
    assert last(alices, alices.read(message).contact_id) is None


def test_a_message_that_is_gone_is_no_event_and_its_own_url_still_leads_there(alices: Writer) -> None:
    assert tell(alices, opening(alices, 999), click(alices, 999), click(alices, 999, url=SHOP)) == [
        None,
        None,
        SHOP,
    ]
    assert alices.events() == []


def test_a_link_that_the_campaign_has_not_leads_nowhere(alices: Writer) -> None:
    assert tell(alices, click(alices, written(alices), 3)) == [None]
    assert alices.events() == []


def test_charlies_account_has_no_messages_of_alices(alices: Writer, charlies: Writer) -> None:
    message = written(alices)

    assert tell(charlies, opening(charlies, message), click(charlies, message)) == [None, None]

    assert alices.events() == charlies.events() == []
    assert last(charlies, alices.read(message).contact_id) is None


def test_a_goal_belongs_to_the_last_link_that_a_person_clicked(alices: Writer) -> None:
    message = written(alices)
    bob = alices.read(message).contact_id
    later = replace(PERSON, at=NOON + timedelta(hours=1))

    tell(alices, click(alices, message, 1))
    tell(alices, click(alices, message, 2, later))
    tell(alices, click(alices, message, 1, replace(MACHINE, at=NOON + timedelta(hours=2))))

    found = last(alices, bob)
    assert found is not None
    assert (found.message_id, found.link_id, found.clicked_at) == (message, 2, later.at)
    assert found.event_id == alices.events(EventType.CLICKED)[1].event_id
    assert last(alices, bob, since=later.at + timedelta(seconds=1)) is None


def test_who_clicks_again_has_clicked_last(alices: Writer) -> None:
    message = written(alices)
    tell(alices, click(alices, message, 1), click(alices, message, 2))

    tell(alices, click(alices, message, 1, replace(PERSON, at=NOON + timedelta(days=1))))

    found = last(alices, alices.read(message).contact_id)
    assert found is not None
    assert (found.link_id, found.clicked_at) == (1, NOON + timedelta(days=1))
    assert found.event_id == alices.events()[-1].event_id


@pytest.mark.parametrize("user_agent", ["\x00", "a\x00b", "\ud800", "é" * 5000, "'; drop table events; --"])
def test_whatever_a_stranger_calls_itself_is_recorded(alices: Writer, user_agent: str) -> None:
    seen = visit(NOON, user_agent, "x" * 500, unasked=False)

    tell(alices, opening(alices, written(alices), seen))

    (event,) = alices.events()
    assert len(event.attributes.get("userAgent", "")) <= 1000
    assert len(event.attributes["ipAddress"]) == 45


def test_many_messages_are_told_of_in_one_transaction(alices: Writer) -> None:
    bob = alices.contact(email="bob@example.com")
    campaign = alices.campaign(links=(SHOP,))
    messages: Sequence[int] = [alices.message(campaign, bob) for _ in range(20)]

    tell(alices, *[opening(alices, each) for each in messages], now=NOON + timedelta(seconds=3))

    events = alices.events()
    assert [each.message_id for each in events] == list(messages)
    assert {each.recorded_at for each in events} == {NOON + timedelta(seconds=3)}
