"""Messages of the dead are put into doubt, never sent again by themselves, and settled by the operator."""

from __future__ import annotations

from datetime import timedelta

import pytest

from postroom.contacts.campaigns import MessageState
from postroom.contacts.errors import Conflict
from postroom.contacts.events import EventSource, EventType
from postroom.drops.room import Room
from postroom.sending.carrying import Fate, Handover
from postroom.sending.claiming import LEASE, Batch, take
from postroom.sending.composing import Composed, Composer
from postroom.sending.recording import Ended, Outcome, record
from postroom.sending.settling import settle_as_sent, settle_by_resending
from postroom.sending.sweeping import sweep
from postroom.store import outgoing
from postroom.store.doubts import doubts, message_facts
from tests.conftest import Person
from tests.integration.sending.going_out import CONTENT, START, FakeCarrier, Post

BOB, CAROL = "bob@example.org", "carol@example.org"


def left_by_the_dead(post: Post, *addresses: str) -> list[int]:
    """Have a process die while it hands messages over; return these."""
    messages = post.waiting(post.campaign(), *addresses)
    with pytest.raises(KeyboardInterrupt):
        post.dying_at("handing over").deliver()
    return messages


def test_what_the_dead_had_claimed_is_in_doubt_once_their_lease_is_over(
    post: Post, carrier: FakeCarrier
) -> None:
    messages = left_by_the_dead(post, BOB, CAROL)

    assert sweep(post.mailroom) == 0
    assert set(post.states()) == {MessageState.CLAIMED}, "they may be at it still"

    post.clock.pass_by(seconds=LEASE.total_seconds() + 1)
    assert sweep(post.mailroom) == 2
    assert set(post.states()) == {MessageState.IN_DOUBT}
    assert post.claims() == 0

    post.deliver()
    assert carrier.letters == []
    with post.room.database.transaction() as connection:
        listed = doubts(connection, post.account_id, limit=10)
    assert [each.message_id for each in listed] == messages
    assert (listed[0].address, listed[0].campaign_name, listed[0].claimed_at) == (BOB, "Autumn", START)


def under_way(post: Post) -> Batch:
    """Claim what is due, and begin to hand it over."""
    batch = take(post.mailroom, post.account_id, post.channel)
    assert record(post.mailroom, post.account_id, post.channel, batch.claim, Ended(), batch.messages)
    return batch


def test_what_the_dead_had_claimed_and_not_begun_to_hand_over_waits_for_others(
    post: Post, carrier: FakeCarrier
) -> None:
    post.many(post.campaign(), 120)
    with pytest.raises(KeyboardInterrupt):
        post.dying_at("handed over").deliver()
    post.clock.pass_by(seconds=LEASE.total_seconds() + 1)

    assert sweep(post.mailroom) == post.mailroom.at_once
    assert post.counts() == {"in_doubt": 50, "waiting": 70}
    assert {row["attempts"] for row in post.rows() if row["state"] == "waiting"} == {0}
    post.deliver()
    assert post.counts() == {"in_doubt": 50, "sent": 70}
    assert len(set(carrier.addresses())) == len(carrier.letters) == 120


def test_whoever_was_taken_for_dead_hands_nothing_more_over(post: Post, carrier: FakeCarrier) -> None:
    post.many(post.campaign(), 120)

    def long_pause() -> None:
        carrier.before = lambda: None
        post.clock.pass_by(seconds=LEASE.total_seconds() + 1)
        sweep(post.mailroom)
        Post(post.room, post.person, carrier, post.clock).deliver()

    carrier.before = long_pause
    post.deliver()

    assert len(carrier.letters) == len(set(carrier.addresses())) == 120, "nobody gets two"
    assert post.counts() == {"sent": 120}
    assert len(post.events(EventType.SENT)) == 120


def test_who_shows_signs_of_life_is_left_alone(post: Post) -> None:
    post.waiting(post.campaign(), BOB)
    batch = under_way(post)
    post.clock.pass_by(seconds=LEASE.total_seconds() + 1)
    with post.room.database.transaction() as connection:
        outgoing.beat(connection, post.account_id, batch.claim, now=post.clock())

    assert sweep(post.mailroom) == 0
    assert post.states() == [MessageState.CLAIMED]


def test_whoever_was_thought_to_be_dead_and_is_not_clears_the_doubt(post: Post) -> None:
    post.waiting(post.campaign(), BOB)
    batch = under_way(post)
    post.clock.pass_by(seconds=LEASE.total_seconds() + 1)
    sweep(post.mailroom)
    assert post.states() == [MessageState.IN_DOUBT]

    written_down(post, batch)

    assert post.states() == [MessageState.SENT]
    assert [event.type for event in post.events()] == [EventType.SENT]


def test_but_the_operator_has_the_last_word(post: Post) -> None:
    (message_id,) = post.waiting(post.campaign(), BOB)
    batch = under_way(post)
    post.clock.pass_by(seconds=LEASE.total_seconds() + 1)
    sweep(post.mailroom)
    settle_as_sent(post.mailroom, post.account_id, [message_id])

    written_down(post, batch)

    assert [event.source for event in post.events(EventType.SENT)] == [EventSource.UI], "it is told of once"


def written_down(post: Post, batch: Batch) -> None:
    """Have whoever has a claim write down that all of it was sent."""
    composer = Composer(post.mailroom, post.account_id, post.channel, batch.messages)
    handover = Handover(Fate.SENT, "fake", answer="250 OK")
    composed = [composer.compose(each) for each in batch.messages]
    outcomes = [Outcome(each, handover) for each in composed if isinstance(each, Composed)]
    record(post.mailroom, post.account_id, post.channel, batch.claim, Ended(outcomes))


def in_doubt(post: Post, *addresses: str) -> list[int]:
    messages = left_by_the_dead(post, *addresses)
    post.clock.pass_by(seconds=LEASE.total_seconds() + 1)
    sweep(post.mailroom)
    return messages


def test_a_message_that_did_arrive_counts_as_sent_when_it_was_handed_over(post: Post) -> None:
    messages = in_doubt(post, BOB, CAROL)

    settled = settle_as_sent(post.mailroom, post.account_id, messages)

    assert list(settled.message_ids) == messages
    assert set(post.states()) == {MessageState.SENT}
    sent = post.events(EventType.SENT)
    assert [event.message_id for event in sent] == messages
    assert {event.at for event in sent} == {START}
    assert sent[0].attributes["sender"] == CONTENT.sender
    assert sent[0].attributes["fromAddress"] == "news@shop.example.com"
    assert sent[0].attributes["language"] is None


def test_a_message_that_did_not_is_sent_again(post: Post, carrier: FakeCarrier) -> None:
    messages = in_doubt(post, BOB, CAROL)

    settle_by_resending(post.mailroom, post.account_id, messages[:1])

    assert post.jobs()[-1] == (0, None)
    post.deliver()
    assert carrier.addresses() == [BOB]
    assert post.states() == [MessageState.SENT, MessageState.IN_DOUBT]


def test_only_doubts_are_settled_all_or_none(post: Post, charlie: Person, room: Room) -> None:
    messages = in_doubt(post, BOB)
    (other,) = post.waiting(post.campaign(), CAROL)

    for settle in (settle_as_sent, settle_by_resending):
        with pytest.raises(Conflict, match=f"{post.account_id}-{other}"):
            settle(post.mailroom, post.account_id, [*messages, other])
        with pytest.raises(Conflict):
            settle(post.mailroom, charlie.account.account_id, messages)

    assert post.states() == [MessageState.IN_DOUBT, MessageState.WAITING]


def test_charlie_sees_no_message_of_alices(post: Post, charlie: Person) -> None:
    (message_id,) = in_doubt(post, BOB)

    with post.room.database.transaction() as connection:
        assert doubts(connection, charlie.account.account_id, limit=10) == []
        assert message_facts(connection, charlie.account.account_id, message_id) is None


def test_a_test_that_was_in_doubt_leaves_no_event(post: Post) -> None:
    (message_id,) = post.waiting(post.campaign(is_test=True), BOB)
    with pytest.raises(KeyboardInterrupt):
        post.dying_at("handing over").deliver()
    post.clock.pass_by(minutes=5)
    sweep(post.mailroom)

    settle_as_sent(post.mailroom, post.account_id, [message_id])

    assert post.events() == []


def test_messages_without_a_job_get_one(post: Post) -> None:
    campaign_id = post.campaign()
    post.waiting(campaign_id, BOB)

    sweep(post.mailroom)
    sweep(post.mailroom)

    assert post.jobs() == [(0, None)]


def test_messages_that_are_due_soon_get_a_job_for_then_and_later_ones_none_yet(post: Post) -> None:
    post.waiting(post.campaign(), BOB, due_at=START + timedelta(seconds=40))
    sweep(post.mailroom)
    sweep(post.mailroom)
    assert post.jobs() == [(0, START + timedelta(seconds=40))]


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_messages_of_campaigns_that_do_not_run_need_no_job(post: Post, state: str) -> None:
    post.waiting(post.campaign(state=state), BOB)

    sweep(post.mailroom)

    assert post.jobs() == []


def test_nor_do_those_that_nothing_carries(post: Post) -> None:
    post.waiting(post.campaign(), BOB)
    post.options = {"carriers": {}}

    sweep(post.mailroom)

    assert post.jobs() == []
