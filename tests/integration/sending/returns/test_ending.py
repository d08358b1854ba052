from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from postroom.contacts.bounces import Complaint, FeedbackType
from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.events import EventType
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.ingest.consents import change_consent
from postroom.sending.mailroom import Mailroom
from postroom.sending.returns import bounced, classify, complained
from postroom.sending.returns.tending import end_quarantines
from postroom.store.database import Database
from postroom.store.events import record_events
from postroom.store.messages import Message
from postroom.store.optouts import Act, optouts_of
from postroom.store.suppressions import Suppression, hold_suppression
from tests.conftest import Person
from tests.integration.sending.returns.posting import NOW, posted
from tests.integration.sending.returns.telling import told

FULL = classify("452", "4.2.2", "mailbox full")
GONE = classify("550", "5.1.1", "No such user")


def later(mailroom: Mailroom, **passed: int) -> Mailroom:
    return replace(mailroom, clock=lambda: NOW + timedelta(**passed))


def bounce(database: Database, message: Message, status: str = "5.1.1") -> None:
    what = GONE if status.startswith("5") else FULL
    with database.transaction() as connection:
        events = bounced(connection, message, what, now=NOW)
        record_events(connection, message.account_id, events, now=NOW)


def complain(database: Database, message: Message) -> None:
    with database.transaction() as connection:
        events = complained(connection, message, Complaint(FeedbackType.ABUSE), now=NOW)
        record_events(connection, message.account_id, events, now=NOW)


def listed(database: Database, person: Person, address: str) -> Suppression | None:
    with database.transaction() as connection:
        return hold_suppression(connection, person.account.account_id, address, Channel.EMAIL)


def opted_out(database: Database, person: Person, address: str) -> list[OptOutReason]:
    with database.transaction() as connection:
        found = optouts_of(connection, person.account.account_id, {Medium.EMAIL: address})
    return [each.reason for each in found]


def opt_in(
    database: Database, person: Person, address: str, *, lifts_complaints: bool, source: str = "file"
) -> None:
    act = Act(person.account.account_id, "EMAIL", source, "alice", NOW)
    with database.transaction() as connection:
        change_consent(connection, act, address, None, lifts_complaints=lifts_complaints)


def test_a_quarantine_ends_when_its_time_is_over_and_is_told(
    mailroom: Mailroom, database: Database, alice: Person
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    bounce(database, message, "4.2.2")

    too_early = end_quarantines(later(mailroom, days=6))
    in_time = end_quarantines(later(mailroom, days=8))

    assert (too_early, in_time) == (0, 1)
    assert listed(database, alice, "bob@gmail.com") is None
    event = told(database, alice, EventType.SUPPRESSION)[-1]
    assert event.at == NOW + timedelta(weeks=1)
    assert (event.address, event.contact_id, event.campaign_id) == (
        "bob@gmail.com",
        message.contact_id,
        message.campaign_id,
    )
    assert event.attributes == {
        "action": "REMOVED",
        "listType": "QUARANTINE_TEMPORARY",
        "reason": "EXPIRED",
        "bounceCount": 1,
    }


def test_the_series_goes_on_after_a_quarantine(mailroom: Mailroom, database: Database, alice: Person) -> None:
    bounce(database, posted(database, alice, "bob@gmail.com"), "4.2.2")
    end_quarantines(later(mailroom, days=8))

    with database.transaction() as connection:
        again = posted(database, alice, "bob@gmail.com")
        (_, event) = bounced(connection, again, FULL, now=NOW + timedelta(days=9))

    assert event.attributes["bounceCount"] == 2
    assert event.attributes["untilMoment"] == (NOW + timedelta(days=9 + 14)).isoformat()


def test_what_is_for_good_does_not_end(mailroom: Mailroom, database: Database, alice: Person) -> None:
    bounce(database, posted(database, alice, "bob@gmail.com"))
    complain(database, posted(database, alice, "eve@gmail.com"))

    assert end_quarantines(later(mailroom, days=36_000)) == 0


def test_an_opt_in_lifts_neither_a_complaint_nor_a_bounce_unless_the_account_says_so(
    database: Database, alice: Person
) -> None:
    bounce(database, posted(database, alice, "bob@gmail.com"))
    complain(database, posted(database, alice, "eve@gmail.com"))

    for address in ("bob@gmail.com", "eve@gmail.com"):
        opt_in(database, alice, address, lifts_complaints=False)

    assert opted_out(database, alice, "bob@gmail.com") == [OptOutReason.HARD_BOUNCE]
    assert opted_out(database, alice, "eve@gmail.com") == [OptOutReason.SPAM]
    bob, eve = listed(database, alice, "bob@gmail.com"), listed(database, alice, "eve@gmail.com")
    assert bob
    assert eve
    assert bob.stands(NOW)
    assert eve.stands(NOW)
    assert (bob.kind, eve.kind) == (SuppressionKind.QUARANTINE_LONG_TERM, SuppressionKind.BLACKLIST)


def test_an_opt_in_that_lifts_complaints_takes_the_address_off_its_list(
    mailroom: Mailroom, database: Database, alice: Person, charlie: Person
) -> None:
    complain(database, posted(database, alice, "eve@gmail.com"))
    complain(database, posted(database, charlie, "eve@gmail.com"))

    opt_in(database, alice, "eve@gmail.com", lifts_complaints=True)
    found = listed(database, alice, "eve@gmail.com")
    at_once = found is None or not found.stands(NOW)
    end_quarantines(mailroom)

    assert at_once
    assert opted_out(database, alice, "eve@gmail.com") == []
    assert listed(database, alice, "eve@gmail.com") is None
    removed = told(database, alice, EventType.SUPPRESSION)[-1]
    assert (removed.attributes["action"], removed.attributes["reason"]) == ("REMOVED", "IMPORT")
    assert opted_out(database, charlie, "eve@gmail.com") == [OptOutReason.SPAM]
    assert listed(database, charlie, "eve@gmail.com")


def test_who_opts_in_by_hand_is_told_of_as_such(
    mailroom: Mailroom, database: Database, alice: Person
) -> None:
    bounce(database, posted(database, alice, "bob@gmail.com"))

    opt_in(database, alice, "bob@gmail.com", lifts_complaints=True, source="command")
    end_quarantines(mailroom)

    assert told(database, alice, EventType.SUPPRESSION)[-1].attributes["reason"] == "MANUAL"


def test_an_opt_in_leaves_a_full_mailbox_alone(mailroom: Mailroom, database: Database, alice: Person) -> None:
    bounce(database, posted(database, alice, "bob@gmail.com"), "4.2.2")

    opt_in(database, alice, "bob@gmail.com", lifts_complaints=True)

    assert end_quarantines(mailroom) == 0
