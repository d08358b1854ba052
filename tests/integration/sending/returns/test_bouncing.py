from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from postroom.contacts.bounces import Bounce, BounceCategory, BounceType
from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.events import REQUIRED_ATTRIBUTES, Event, EventType
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.sending.returns import bounced, classify
from postroom.sending.returns.bouncing import Returned, bounced_all
from postroom.store.database import Database
from postroom.store.events import record_events
from postroom.store.messages import Message
from postroom.store.optouts import optouts_of
from postroom.store.suppressions import Suppression, bounces_of, hold_suppression
from tests.conftest import Person
from tests.integration.sending.returns.posting import NOW, SENT_AT, posted

GONE = classify("550", "5.1.1", "No such user")
FULL = classify("452", "4.2.2", "mailbox full")
BLOCKED = classify("554", "5.7.1", "blocked using zen.spamhaus.org")


def bounce(database: Database, message: Message, what: Bounce, *, days: int = 0) -> list[Event]:
    now = NOW + timedelta(days=days)
    with database.transaction() as connection:
        events = bounced(connection, message, what, now=now)
        record_events(connection, message.account_id, events, now=now)
    return events


def listed(database: Database, person: Person, address: str) -> Suppression | None:
    with database.transaction() as connection:
        return hold_suppression(connection, person.account.account_id, address, Channel.EMAIL)


def opted_out(database: Database, person: Person, address: str) -> list[OptOutReason]:
    with database.transaction() as connection:
        found = optouts_of(connection, person.account.account_id, {Medium.EMAIL: address})
    return [each.reason for each in found]


def test_a_hard_bounce_at_a_well_known_domain_quarantines_and_opts_out_at_once(
    database: Database, alice: Person, charlie: Person
) -> None:
    message = posted(database, alice, "bob@gmail.com")

    events = bounce(database, message, GONE)

    assert [each.type for each in events] == [EventType.BOUNCED, EventType.SUPPRESSION]
    assert events[0].attributes == {
        "bounceType": "HARD",
        "bounceCategory": "UNKNOWN_USER",
        "sentMoment": SENT_AT.isoformat(),
        "attempt": 1,
        "smtpCode": 550,
        "enhancedStatus": "5.1.1",
        "diagnostic": "No such user",
    }
    assert events[1].attributes == {
        "action": "ADDED",
        "listType": "QUARANTINE_LONG_TERM",
        "reason": "HARDBOUNCE",
        "bounceCount": 1,
    }
    assert (events[1].address, events[1].campaign_id) == ("bob@gmail.com", message.campaign_id)
    assert opted_out(database, alice, "bob@gmail.com") == [OptOutReason.HARD_BOUNCE]
    assert opted_out(database, charlie, "bob@gmail.com") == []
    assert listed(database, charlie, "bob@gmail.com") is None


def test_elsewhere_it_takes_a_second_message_that_bounces(database: Database, alice: Person) -> None:
    first = bounce(database, posted(database, alice, "bob@firm.example"), GONE)
    before = opted_out(database, alice, "bob@firm.example")
    second = bounce(database, posted(database, alice, "bob@firm.example"), GONE)

    assert [each.type for each in first] == [EventType.BOUNCED]
    assert before == []
    assert second[1].attributes["listType"] == "QUARANTINE_LONG_TERM"
    assert second[1].attributes["bounceCount"] == 2
    assert opted_out(database, alice, "bob@firm.example") == [OptOutReason.HARD_BOUNCE]


def test_the_same_bounce_told_twice_is_one(database: Database, alice: Person) -> None:
    message = posted(database, alice, "bob@firm.example")

    bounce(database, message, GONE)
    again = bounce(database, message, GONE)

    assert again == []
    assert listed(database, alice, "bob@firm.example") is None


def test_a_message_is_counted_once_however_often_and_differently_it_comes_back(
    database: Database, alice: Person
) -> None:
    message = posted(database, alice, "bob@firm.example")

    bounce(database, message, GONE)
    another = bounce(database, message, classify("550", "5.2.1", "mailbox disabled"))

    assert [each.type for each in another] == [EventType.BOUNCED]
    assert listed(database, alice, "bob@firm.example") is None


def test_soft_bounces_quarantine_for_longer_and_longer_and_in_the_end_for_good(
    database: Database, alice: Person
) -> None:
    weeks = []
    day = 0
    for _ in range(6):
        events = bounce(database, posted(database, alice, "bob@gmail.com"), FULL, days=day)
        until = (found := listed(database, alice, "bob@gmail.com")) and found.until_at
        weeks.append((until - NOW - timedelta(days=day)).days / 7 if until else None)
        assert events[-1].attributes["action"] == "ADDED"
        day += 7 * 17

    assert weeks == [1, 2, 4, 8, 16, None]
    found = listed(database, alice, "bob@gmail.com")
    assert found
    assert found.kind is SuppressionKind.QUARANTINE_LONG_TERM
    assert opted_out(database, alice, "bob@gmail.com") == []


def test_what_was_on_its_way_when_the_quarantine_began_does_not_make_it_longer(
    database: Database, alice: Person
) -> None:
    bounce(database, posted(database, alice, "bob@gmail.com"), FULL)

    later = bounce(database, posted(database, alice, "bob@gmail.com"), FULL, days=3)

    assert [each.type for each in later] == [EventType.BOUNCED]
    found = listed(database, alice, "bob@gmail.com")
    assert found
    assert found.until_at == NOW + timedelta(weeks=1)


def test_a_quarantine_whose_end_nobody_told_yet_ends_when_the_next_begins(
    database: Database, alice: Person
) -> None:
    bounce(database, posted(database, alice, "bob@gmail.com"), FULL)

    events = bounce(database, posted(database, alice, "bob@gmail.com"), FULL, days=8)

    told = [(each.attributes["action"], each.attributes["reason"]) for each in events[1:]]
    assert told == [("REMOVED", "EXPIRED"), ("ADDED", "SOFTBOUNCE")]


def test_a_hard_bounce_ends_a_temporary_quarantine_by_a_long_one(database: Database, alice: Person) -> None:
    bounce(database, posted(database, alice, "bob@gmail.com"), FULL)

    events = bounce(database, posted(database, alice, "bob@gmail.com"), GONE, days=1)

    told = [(each.attributes["action"], each.attributes["listType"]) for each in events[1:]]
    assert told == [("REMOVED", "QUARANTINE_TEMPORARY"), ("ADDED", "QUARANTINE_LONG_TERM")]


@pytest.mark.parametrize("category", [each for each in BounceCategory if not each.blames_address])
def test_nobody_is_quarantined_for_what_is_not_about_the_address(
    database: Database, alice: Person, category: BounceCategory
) -> None:
    message = posted(database, alice, "bob@gmail.com")

    events = bounce(database, message, Bounce(BounceType.SOFT, category))

    assert [each.type for each in events] == [EventType.BOUNCED]
    assert listed(database, alice, "bob@gmail.com") is None


def test_an_absence_note_before_a_real_bounce_does_not_hide_it(database: Database, alice: Person) -> None:
    message = posted(database, alice, "bob@gmail.com")
    bounce(database, message, Bounce(BounceType.SOFT, BounceCategory.AUTO_REPLY))

    bounce(database, message, GONE)

    assert listed(database, alice, "bob@gmail.com") is not None


def test_a_refusal_without_a_reason_is_not_believed_the_first_time(database: Database, alice: Person) -> None:
    events = bounce(database, posted(database, alice, "bob@gmail.com"), classify("554", "", "No"))

    assert events[0].attributes["bounceType"] == "HARD"
    assert listed(database, alice, "bob@gmail.com") is None


def test_bounces_of_a_test_and_of_an_sms_put_nobody_on_a_list(database: Database, alice: Person) -> None:
    proof = bounce(database, posted(database, alice, "bob@gmail.com", is_test=True), GONE)
    sms = bounce(database, posted(database, alice, "+33612345678", channel=Channel.SMS), GONE)

    assert proof == []
    assert [each.type for each in sms] == [EventType.BOUNCED]
    assert sms[0].attributes["errorText"] == "No such user"


def test_many_bounces_are_done_at_once(database: Database, alice: Person) -> None:
    messages = [posted(database, alice, f"n{number % 3}@gmail.com") for number in range(6)]

    with database.transaction() as connection:
        returned = [Returned(each, GONE) for each in messages]
        events = bounced_all(connection, alice.account.account_id, returned, now=NOW)
        record_events(connection, alice.account.account_id, events, now=NOW)

    assert sum(each.type is EventType.BOUNCED for each in events) == 6
    assert sum(each.type is EventType.SUPPRESSION for each in events) == 3
    assert opted_out(database, alice, "n2@gmail.com") == [OptOutReason.HARD_BOUNCE]


def test_every_event_has_what_it_must_have(database: Database, alice: Person) -> None:
    for event in bounce(database, posted(database, alice, "bob@gmail.com"), GONE):
        assert set(event.attributes) >= REQUIRED_ATTRIBUTES[event.type]


def test_a_relay_that_puts_everything_off_for_days_brings_nobody_into_quarantine(
    database: Database, alice: Person
) -> None:
    for text in (
        "no relay could be reached in time",
        "451 Try again later",
        "421 4.3.2 System not accepting",
    ):
        bounce(database, posted(database, alice, "bob@gmail.com"), classify("", "", text))

    assert listed(database, alice, "bob@gmail.com") is None


def test_two_who_tell_of_the_same_messages_at_once_count_each_of_them_once(
    database: Database, alice: Person
) -> None:
    account_id = alice.account.account_id
    messages = [posted(database, alice, f"n{number}@firm.example") for number in range(8)]
    together = Barrier(2)

    def tell(*, backwards: bool) -> list[Event]:
        returned = [Returned(each, GONE if each.message_id % 2 else FULL) for each in messages]
        together.wait(10)
        with database.transaction() as connection:
            ordered = returned[::-1] if backwards else returned
            events = bounced_all(connection, account_id, ordered, now=NOW)
            record_events(connection, account_id, events, now=NOW)
        return events

    with ThreadPoolExecutor(2) as threads:
        events = [
            event for told in threads.map(lambda back: tell(backwards=back), (False, True)) for event in told
        ]

    assert sum(event.type is EventType.BOUNCED for event in events) == len(messages)
    with database.transaction() as connection:
        counted = [bounces_of(connection, account_id, each.address, Channel.EMAIL) for each in messages]
    assert [each.hard + each.soft for each in counted] == [1] * len(messages)
