"""What an answer to a message changes, and what is told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.events import Event, EventSource, EventType
from postroom.contacts.levels import list_scope
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.ingest import counting
from postroom.sending.answers import opt_out
from postroom.store.database import Database
from postroom.store.events import record_events
from postroom.store.lists import Cut, read_lists
from tests.conftest import Person
from tests.integration.sending.written import NOON, SENT_AT, Writer

BOB = "bob@example.com"


@pytest.fixture
def alices(database: Database, alice: Person) -> Writer:
    return Writer(database, alice)


@pytest.fixture
def charlies(database: Database, charlie: Person) -> Writer:
    return Writer(database, charlie)


def answer(writer: Writer, message_id: int, method: str = "LINK", **more: Any) -> list[Event]:
    """Opt the recipient of a message out, and record what that is."""
    message = writer.read(message_id)
    given: dict[str, Any] = {"at": NOON, "now": NOON, "source": EventSource.TRACKER, "by_whom": "recipient"}
    with writer.database.transaction() as connection:
        events = opt_out(connection, message, method, **{**given, **more})
        record_events(connection, writer.account_id, events, now=NOON)
    return events


def written_to_bob(writer: Writer, **campaign: Any) -> int:
    bob = writer.contact(email=BOB, mobile="0612345678")
    return writer.message(writer.campaign(**campaign), bob)


def test_an_answer_opts_the_address_out_of_the_medium_and_is_an_event(alices: Writer) -> None:
    message = alices.read(written_to_bob(alices))

    answer(alices, message.message_id)

    assert alices.optout(BOB) is OptOutReason.CONTACT
    (event,) = alices.events()
    assert (event.type, event.source, event.at) == (EventType.UNSUBSCRIBED, EventSource.TRACKER, NOON)
    assert (event.contact_id, event.campaign_id) == (message.contact_id, message.campaign_id)
    assert (event.message_id, event.address) == (message.message_id, BOB)
    assert event.attributes == {
        "method": "LINK",
        "subscriptions": ["EMAIL"],
        "sentMoment": SENT_AT.isoformat(),
    }


def test_the_ledger_says_which_message_was_answered(alices: Writer, database: Database) -> None:
    message = alices.read(written_to_bob(alices))

    answer(alices, message.message_id)

    (change,) = alices.acts(BOB)
    assert (change.source, change.by_whom, change.scope) == ("answer", "recipient", "EMAIL")
    with database.transaction() as connection:
        act = connection.execute("select campaign_id, message_id from consent_acts").fetchone()
    assert act == {"campaign_id": message.campaign_id, "message_id": message.message_id}


def test_media_are_opted_out_one_by_one(alices: Writer) -> None:
    bob = alices.contact(email=BOB, mobile="0612345678")
    campaign = alices.campaign(channel=Channel.SMS)
    message = alices.message(campaign, bob, "+33612345678", channel=Channel.SMS)

    answer(alices, message, "REPLY", source=EventSource.PROVIDER)

    assert alices.optout("+33612345678", Medium.SMS) is OptOutReason.CONTACT
    assert alices.optout("+33612345678", Medium.VOICEMAIL) is None
    assert alices.optout(BOB) is None
    (event,) = alices.events()
    assert (event.channel, event.attributes["subscriptions"]) == (Channel.SMS, ["SMS"])


def test_who_leaves_the_list_alone_is_still_written_to_by_others(alices: Writer) -> None:
    bob = alices.contact(email=BOB)
    garden = alices.list_of("Garden", bob)
    message = alices.message(alices.campaign(list_id=garden), bob)

    answer(alices, message, subscriptions=[list_scope("Garden")])

    assert alices.optouts(list_scope("Garden")) == {BOB: OptOutReason.CONTACT}
    assert alices.optout(BOB) is None
    (event,) = alices.events()
    assert event.attributes["subscriptions"] == ["Garden"]


def test_of_several_subscriptions_those_that_ended_are_named(alices: Writer) -> None:
    bob = alices.contact(email=BOB)
    garden = alices.list_of("Garden", bob)
    message = alices.message(alices.campaign(list_id=garden), bob)
    answer(alices, message)

    answer(alices, message, "PREFERENCE_FORM", subscriptions=["EMAIL", list_scope("Garden")])

    assert [each.attributes["subscriptions"] for each in alices.events()] == [["EMAIL"], ["Garden"]]


def test_the_same_answer_again_is_no_news(alices: Writer) -> None:
    message = written_to_bob(alices)

    assert len(answer(alices, message)) == 1
    assert answer(alices, message) == []
    assert len(alices.events()) == 1
    assert len(alices.acts(BOB)) == 1


def test_a_complaint_is_stronger_than_an_optout_and_stays(alices: Writer) -> None:
    message = written_to_bob(alices)

    answer(alices, message, "COMPLAINT", reason=OptOutReason.SPAM)
    answer(alices, message)

    assert alices.optout(BOB) is OptOutReason.SPAM
    assert [each.attributes["method"] for each in alices.events()] == ["COMPLAINT"]


def test_the_caller_adds_what_only_the_caller_knows(alices: Writer) -> None:
    (event,) = answer(
        alices, written_to_bob(alices), event_attributes={"unsubscribeReason": "too many", "method": "X"}
    )

    assert event.attributes["unsubscribeReason"] == "too many"
    assert event.attributes["method"] == "LINK"


def test_an_answer_to_a_test_changes_nothing(alices: Writer) -> None:
    message = written_to_bob(alices, is_test=True)

    assert answer(alices, message) == []
    assert alices.optout(BOB) is None
    assert alices.acts(BOB) == []


def test_charlie_may_go_on_writing_to_whom_alice_may_not(alices: Writer, charlies: Writer) -> None:
    answer(alices, written_to_bob(alices))

    assert charlies.optout(BOB) is None
    assert charlies.events() == []
    assert charlies.acts(BOB) == []


@pytest.mark.parametrize("scope", [None, "list"])
def test_the_counters_of_lists_stay_right(alices: Writer, scope: str | None) -> None:
    bob = alices.contact(email=BOB)
    also = alices.contact(email=BOB, mobile="0687654321")
    garden = alices.list_of("Garden", bob, also)
    counting.recount(alices.database, alices.account_id)
    message = alices.message(alices.campaign(list_id=garden), bob)

    answer(alices, message, subscriptions=[list_scope("Garden")] if scope else None)

    with alices.database.transaction() as connection:
        (found,) = read_lists(connection, alices.account_id, [garden], Cut(limit=1))
        counted = counting.count(connection, alices.account_id, [garden])
    assert found.stats == counted[garden]
    assert found.stats is not None
    assert found.stats.email == (2 if scope else 0)


def test_without_the_moment_of_sending_there_is_none_in_the_event(alices: Writer) -> None:
    message = alices.message(alices.campaign(), alices.contact(email=BOB), sent_at=None)

    (event,) = answer(alices, message)

    assert "sentMoment" not in event.attributes
    assert isinstance(event.at, datetime)
