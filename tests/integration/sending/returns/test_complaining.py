from __future__ import annotations

import pytest

from postroom.contacts.bounces import Complaint, FeedbackType
from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.events import REQUIRED_ATTRIBUTES, Event, EventType
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.sending.returns import complained
from postroom.store.database import Database
from postroom.store.events import record_events
from postroom.store.messages import Message
from postroom.store.optouts import optouts_of
from postroom.store.suppressions import hold_suppression
from tests.conftest import Person
from tests.integration.sending.returns.posting import NOW, SENT_AT, posted


def complain(database: Database, message: Message, complaint: Complaint) -> list[Event]:
    with database.transaction() as connection:
        events = complained(connection, message, complaint, now=NOW)
        record_events(connection, message.account_id, events, now=NOW)
    return events


def stands(database: Database, person: Person, address: str) -> tuple[object, object]:
    with database.transaction() as connection:
        found = hold_suppression(connection, person.account.account_id, address, Channel.EMAIL)
        out = optouts_of(connection, person.account.account_id, {Medium.EMAIL: address})
    return found.kind if found else None, out[0].reason if out else None


def test_who_complains_is_blacklisted_and_opted_out_in_one_go(
    database: Database, alice: Person, charlie: Person
) -> None:
    message = posted(database, alice, "bob@aol.com")

    events = complain(database, message, Complaint(FeedbackType.ABUSE, "AOL SComp", "bob@aol.com", SENT_AT))

    assert [each.type for each in events] == [
        EventType.COMPLAINT,
        EventType.UNSUBSCRIBED,
        EventType.SUPPRESSION,
    ]
    assert events[0].attributes == {
        "feedbackType": "ABUSE",
        "feedbackSource": "AOL SComp",
        "complainerAddress": "bob@aol.com",
        "reportMoment": SENT_AT.isoformat(),
        "sentMoment": SENT_AT.isoformat(),
    }
    assert events[1].attributes["method"] == "COMPLAINT"
    assert events[2].attributes["listType"] == "BLACKLIST"
    assert stands(database, alice, "bob@aol.com") == (SuppressionKind.BLACKLIST, OptOutReason.SPAM)
    assert stands(database, charlie, "bob@aol.com") == (None, None)
    for event in events:
        assert set(event.attributes) >= REQUIRED_ATTRIBUTES[event.type]


@pytest.mark.parametrize("kind", [FeedbackType.FRAUD, FeedbackType.VIRUS, FeedbackType.OTHER])
def test_other_complaints_count_as_much(database: Database, alice: Person, kind: FeedbackType) -> None:
    complain(database, posted(database, alice, "bob@aol.com"), Complaint(kind))

    assert stands(database, alice, "bob@aol.com")[0] is SuppressionKind.BLACKLIST


def test_not_spam_is_told_and_lifts_nothing(database: Database, alice: Person) -> None:
    message = posted(database, alice, "bob@aol.com")
    complain(database, message, Complaint(FeedbackType.ABUSE))

    events = complain(database, message, Complaint(FeedbackType.NOT_SPAM))

    assert [each.type for each in events] == [EventType.COMPLAINT]
    assert stands(database, alice, "bob@aol.com") == (SuppressionKind.BLACKLIST, OptOutReason.SPAM)


def test_a_complaint_told_twice_is_one_and_of_a_test_none(database: Database, alice: Person) -> None:
    message = posted(database, alice, "bob@aol.com")
    complain(database, message, Complaint(FeedbackType.ABUSE))

    assert complain(database, message, Complaint(FeedbackType.ABUSE)) == []
    proof = posted(database, alice, "eve@aol.com", is_test=True)
    assert complain(database, proof, Complaint(FeedbackType.ABUSE)) == []
