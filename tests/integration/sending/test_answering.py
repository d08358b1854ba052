"""Answers while their account is busy: written down at once, done when it is free."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import pytest

from postroom.contacts.events import EventType
from postroom.contacts.levels import list_scope
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.jobs.worker import Worker
from postroom.sending.mailroom import SENDING_QUEUE, Mailroom
from postroom.sending.tracking.answering import ANSWER_TASK, Done, answer, settle_answers
from postroom.store.accounts import lock_account, lock_account_soon
from postroom.store.answers import Answer
from tests.conftest import Person
from tests.integration.jobs.working import QUICK, Working
from tests.integration.sending.written import NOON, SENT_AT, Writer

BOB = "bob@example.com"
AT_ONCE = partial(lock_account_soon, patience_seconds=0.001)


@pytest.fixture
def mailroom(room: Room) -> Mailroom:
    return Mailroom(room.database, room.blobs, room.queue, room.sealer, lambda: NOON)


@pytest.fixture
def alices(mailroom: Mailroom, alice: Person) -> Writer:
    return Writer(mailroom.database, alice)


@pytest.fixture
def charlies(mailroom: Mailroom, charlie: Person) -> Writer:
    return Writer(mailroom.database, charlie)


def written_to_bob(writer: Writer) -> int:
    bob = writer.contact(email=BOB, mobile="0612345678")
    return writer.message(writer.campaign(list_id=writer.list_of("Garden", bob)), bob)


def opting_out(message: int) -> Answer:
    return Answer(message, "ONE_CLICK", {"EMAIL": False}, SENT_AT, "too many")


def waiting(writer: Writer) -> int:
    with writer.database.transaction() as connection:
        row = connection.execute(
            "select count(*) as answers from waiting_answers where account_id = %s", [writer.account_id]
        ).fetchone()
    assert row is not None
    return int(row["answers"])


def test_an_answer_is_done_at_once(mailroom: Mailroom, alices: Writer) -> None:
    message = written_to_bob(alices)

    assert answer(mailroom, alices.account_id, opting_out(message)) is Done.NOW

    assert alices.optout(BOB) is OptOutReason.CONTACT
    (event,) = alices.events(EventType.UNSUBSCRIBED)
    assert (event.at, event.recorded_at) == (SENT_AT, NOON)
    assert event.attributes["unsubscribeReason"] == "too many"
    assert waiting(alices) == 0


def test_an_answer_to_nothing_is_nothing(mailroom: Mailroom, alices: Writer) -> None:
    assert answer(mailroom, alices.account_id, opting_out(999)) is Done.NOTHING


def test_while_a_file_has_the_account_answers_wait_in_the_order_in_which_they_came(
    mailroom: Mailroom, alices: Writer
) -> None:
    """Bob opts out, comes back on the page of preferences, and drops the list."""
    message = written_to_bob(alices)
    scope = list_scope("Garden")
    back = Answer(message, "PREFERENCE_FORM", {"EMAIL": True, scope: False}, NOON)
    with mailroom.database.transaction() as importing:
        lock_account(importing, alices.account_id)
        done = [
            answer(mailroom, alices.account_id, each, lock=AT_ONCE) for each in (opting_out(message), back)
        ]
        assert done == [Done.LATER, Done.LATER]
        assert alices.events() == []

    assert settle_answers(mailroom, alices.account_id) == 2

    assert alices.optout(BOB) is None
    assert alices.optouts(scope).keys() == {BOB, "+33612345678"}
    told = [(each.attributes["method"], each.attributes["subscriptions"]) for each in alices.events()]
    assert told == [("ONE_CLICK", ["EMAIL"]), ("PREFERENCE_FORM", ["Garden"])]
    assert waiting(alices) == 0
    assert settle_answers(mailroom, alices.account_id) == 0


def test_a_job_does_what_waited(mailroom: Mailroom, alices: Writer, database_url: str) -> None:
    message = written_to_bob(alices)
    with mailroom.database.transaction() as importing:
        lock_account(importing, alices.account_id)
        answer(mailroom, alices.account_id, opting_out(message), lock=AT_ONCE)
    with mailroom.database.transaction() as connection:
        assert mailroom.queue.has_job(connection, lock=f"answers:{alices.account_id}")

    settled = threading.Event()

    def settle(account_id: int) -> None:
        settle_answers(mailroom, account_id)
        settled.set()

    config = replace(QUICK, queue=SENDING_QUEUE)
    with Working(Worker(database_url, {ANSWER_TASK: settle}, config=config)):
        assert settled.wait(30)

    assert alices.optout(BOB) is OptOutReason.CONTACT


def test_an_answer_whose_message_is_gone_meanwhile_is_forgotten(mailroom: Mailroom, alices: Writer) -> None:
    message = written_to_bob(alices)
    with mailroom.database.transaction() as importing:
        lock_account(importing, alices.account_id)
        answer(mailroom, alices.account_id, opting_out(message), lock=AT_ONCE)
    with mailroom.database.transaction() as connection:
        connection.execute("delete from messages")

    assert settle_answers(mailroom, alices.account_id) == 1
    assert alices.events() == []
    assert alices.optout(BOB) is None


def test_charlies_answers_are_none_of_alices(mailroom: Mailroom, alices: Writer, charlies: Writer) -> None:
    message = written_to_bob(alices)
    with mailroom.database.transaction() as importing:
        lock_account(importing, alices.account_id)
        answer(mailroom, alices.account_id, opting_out(message), lock=AT_ONCE)

    assert answer(mailroom, charlies.account_id, opting_out(message)) is Done.NOTHING
    assert settle_answers(mailroom, charlies.account_id) == 0
    assert waiting(alices) == 1
    assert alices.optout(BOB, Medium.EMAIL) is None
