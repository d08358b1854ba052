"""Whoever must not be written to by now gets nothing, also where the message was made before."""

from __future__ import annotations

from datetime import timedelta

from postroom.contacts.campaigns import MessageState
from postroom.contacts.events import EventType
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.ingest import listing
from postroom.sending.carrying import Fate, Handover
from tests.integration.sending.going_out import START, FakeCarrier, Post

BOB, CAROL, DAVE = "bob@example.org", "carol@example.org", "dave@example.org"
REFUSED = Handover(Fate.REFUSED, "fake", code="550", status="5.1.1", answer="550 5.1.1 No such user")


def opt_out(post: Post, address: str, reason: OptOutReason = OptOutReason.CONTACT) -> None:
    with post.room.database.transaction() as connection:
        connection.execute(
            "insert into optouts values (%s, %s, %s, %s, 0)",
            [post.account_id, Medium.EMAIL.value, address, reason.value],
        )


def test_who_opted_out_since_the_message_was_made_gets_none(post: Post, carrier: FakeCarrier) -> None:
    post.waiting(post.campaign(), BOB, CAROL, DAVE)
    opt_out(post, BOB)
    opt_out(post, CAROL, OptOutReason.SPAM)

    post.deliver()

    assert carrier.addresses() == [DAVE]
    assert post.states() == [MessageState.FAILED, MessageState.FAILED, MessageState.SENT]
    reasons = {event.address: event.attributes["reason"] for event in post.events(EventType.NOT_SENT)}
    assert reasons == {BOB: "NOT_SUBSCRIBED", CAROL: "BLACKLISTED"}


def test_an_opt_out_of_one_list_keeps_out_of_messages_to_that_list(post: Post, carrier: FakeCarrier) -> None:
    list_id = post.writer.list_of("News")
    post.waiting(post.campaign(list_id=list_id), BOB)
    post.waiting(post.campaign(name="Other"), BOB)
    with post.room.database.transaction() as connection:
        connection.execute(
            "insert into optouts values (%s, %s, %s, 2, 0)", [post.account_id, "list:News", BOB]
        )

    post.deliver()

    assert post.states() == [MessageState.FAILED, MessageState.SENT]


def test_a_list_that_goes_while_its_messages_wait_keeps_out_all_the_same(
    post: Post, carrier: FakeCarrier
) -> None:
    list_id = post.writer.list_of("News")
    post.waiting(post.campaign(list_id=list_id), BOB, CAROL)
    with post.room.database.transaction() as connection:
        listing.delete_lists(connection, post.account_id, [list_id])
        connection.execute("insert into optouts values (%s, 'list:News', %s, 2, 0)", [post.account_id, BOB])

    post.deliver()

    assert carrier.addresses() == [CAROL]


def test_a_universal_opt_out_and_a_quarantine_keep_out_too(post: Post, carrier: FakeCarrier) -> None:
    post.waiting(post.campaign(), BOB, CAROL, DAVE)
    with post.room.database.transaction() as connection:
        connection.execute("insert into universal_optouts values (%s, %s, null, %s)", [BOB, 1, START])
        for address, until in ((CAROL, START + timedelta(days=7)), (DAVE, START - timedelta(days=1))):
            connection.execute(
                "insert into suppressions"
                " values (%s, %s, 'EMAIL', 'QUARANTINE_TEMPORARY', 'SOFTBOUNCE', 1, %s, %s)",
                [post.account_id, address, START, until],
            )

    post.deliver()

    assert carrier.addresses() == [DAVE], "whose quarantine is over"
    reasons = {event.address: event.attributes["reason"] for event in post.events(EventType.NOT_SENT)}
    assert reasons == {BOB: "NOT_SUBSCRIBED", CAROL: "QUARANTINE_TEMPORARY"}


def test_a_test_goes_to_whom_it_was_meant_for_and_leaves_no_trace(post: Post, carrier: FakeCarrier) -> None:
    post.waiting(post.campaign(is_test=True), BOB, CAROL)
    opt_out(post, BOB)
    carrier.answers = {CAROL: REFUSED}

    post.deliver()

    assert post.states() == [MessageState.SENT, MessageState.FAILED]
    assert post.events() == []
    assert post.writer.optout(CAROL) is None
