"""Messages are claimed, rendered, handed over and recorded, each once, whoever else is at it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from postroom.contacts.campaigns import MessageState
from postroom.contacts.channels import Channel
from postroom.contacts.custom_fields import FieldType
from postroom.contacts.events import EventSource, EventType
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.templates import Content, Variant
from postroom.drops.room import Room
from postroom.ingest.custom_fields import CustomFields
from postroom.sending.carrying import Fate, Handover
from postroom.sending.claiming import BATCH
from postroom.sending.mail.return_paths import read_message_id, read_return_path
from postroom.sending.recording import PATIENCE, PAUSES
from postroom.store.accounts import lock_account
from tests.conftest import Person
from tests.integration.sending.going_out import CONTENT, START, FakeCarrier, Post

BOB, CAROL, DAVE = "bob@example.org", "carol@example.org", "dave@example.org"
GREYLISTED = Handover(Fate.LATER, "fake", code="451", status="4.7.1", answer="451 4.7.1 Greylisted")
REFUSED = Handover(Fate.REFUSED, "fake", code="550", status="5.1.1", answer="550 5.1.1 No such user")
NOBODY_THERE = Handover(Fate.LATER, answer="relay: connection refused", wait=timedelta(seconds=60))


def test_a_message_becomes_a_mail_for_its_contact(post: Post, carrier: FakeCarrier) -> None:
    (message_id,) = post.waiting(post.campaign(), BOB, first_name="Bob")

    assert post.deliver() == 1

    (letter,) = carrier.letters
    mail = message_from_bytes(letter.body, policy=default)
    assert letter.address == BOB
    assert mail["To"] == BOB
    assert mail["From"] == "The shop <news@shop.example.com>"
    assert mail["Subject"] == "For Bob"
    assert "Hello Bob" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]  # it has one
    named = (post.account_id, message_id)
    assert read_return_path(post.room.sealer, letter.sender) == named
    assert letter.sender.endswith("@bounces.example.com")
    assert read_message_id(post.room.sealer, mail["Message-ID"]) == named
    assert mail["Message-ID"].endswith("@shop.example.com>")


def test_a_mail_has_our_links_around_it(post: Post, carrier: FakeCarrier) -> None:
    post.waiting(post.campaign(), BOB)

    post.deliver()

    mail = message_from_bytes(carrier.letters[0].body, policy=default)
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]  # it has one
    assert "https://t.shop.example.com/t/c/" in html
    assert "https://t.shop.example.com/t/o/" in html
    assert "https://t.shop.example.com/t/u/" in html
    assert "https://shop.example.com/sale" not in html
    assert mail["List-Unsubscribe"].startswith("<https://t.shop.example.com/t/l/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_message_that_was_taken_is_sent_and_that_is_an_event(post: Post) -> None:
    campaign_id = post.campaign()
    (message_id,) = post.waiting(campaign_id, BOB)

    post.deliver()

    (row,) = post.rows()
    assert (row["state"], row["sent_at"], row["attempts"]) == ("sent", START, 1)
    assert (row["provider"], row["answer"], row["claim"]) == ("fake", "250 OK", None)
    (event,) = post.events()
    assert (event.type, event.source, event.at) == (EventType.SENT, EventSource.MTA, START)
    assert (event.campaign_id, event.message_id, event.address) == (campaign_id, message_id, BOB)
    assert event.attributes["language"] is None
    assert event.attributes["sender"] == CONTENT.sender
    assert event.attributes["fromAddress"] == "news@shop.example.com"
    assert event.attributes["subject"] == "For you"
    assert event.attributes["messageSize"] > 500
    assert post.claims() == 0


def test_the_language_of_a_mail_is_told_in_upper_case(post: Post) -> None:
    variants = {"": Variant("For you", "<p>Hello</p>"), "fr": Variant("Pour vous", "<p>Bonjour</p>")}
    with post.room.database.transaction() as connection:
        lock_account(connection, post.account_id)
        CustomFields(connection, post.account_id).create("language", FieldType.TEXT.value, "")
    post.waiting(post.campaign(replace(CONTENT, variants=variants)), BOB, extra01="fr")

    post.deliver()

    (event,) = post.events()
    assert (event.attributes["subject"], event.attributes["language"]) == ("Pour vous", "FR")


def test_nothing_is_sent_twice_and_nothing_before_its_time(post: Post, carrier: FakeCarrier) -> None:
    campaign_id = post.campaign()
    post.waiting(campaign_id, BOB)
    post.waiting(campaign_id, CAROL, due_at=START + timedelta(hours=1))

    post.deliver()
    post.deliver()
    assert carrier.addresses() == [BOB]
    assert post.jobs()[-1][1] == START + timedelta(hours=1)

    post.clock.pass_by(hours=1)
    post.deliver()
    assert carrier.addresses() == [BOB, CAROL]


@pytest.mark.parametrize("state", ["draft", "scheduled", "paused", "cancelled", "finished"])
def test_messages_go_while_their_campaign_runs(post: Post, carrier: FakeCarrier, state: str) -> None:
    campaign_id = post.campaign(state=state)
    post.waiting(campaign_id, BOB)

    assert post.deliver() == 0
    assert post.states() == [MessageState.WAITING]

    post.set_state(campaign_id, "running")
    assert post.deliver() == 1


def test_a_single_message_need_not_wait_for_a_campaign_to_thousands(post: Post, carrier: FakeCarrier) -> None:
    post.many(post.campaign(), BATCH)
    post.clock.pass_by(minutes=5)
    post.waiting(post.campaign(name="Receipts", kind="TRANSACTIONAL"), BOB)

    post.deliver()

    assert carrier.addresses()[0] == BOB


def test_what_a_message_brings_along_is_in_it(post: Post, carrier: FakeCarrier) -> None:
    content = Content(
        Channel.EMAIL,
        {"": Variant("Order", "", "{% for row in items.order %}{{ row.what }} {% endfor %}")},
        sender="news@shop.example.com",
    )
    rows = [{"what": "a hat"}, {"what": "a cup"}]
    post.waiting(post.campaign(content), BOB, own={"items": {"order": rows}})

    post.deliver()

    mail = message_from_bytes(carrier.letters[0].body, policy=default)
    assert "a hat a cup" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one


def test_who_cannot_be_rendered_gets_nothing_and_the_reason_is_told(post: Post, carrier: FakeCarrier) -> None:
    content = Content(
        Channel.EMAIL, {"": Variant("For {{ first_name }}", "", "Hello")}, sender="news@shop.example.com"
    )
    campaign_id = post.campaign(content)
    post.waiting(campaign_id, BOB)
    post.waiting(campaign_id, CAROL, first_name="Carol")

    post.deliver()

    assert carrier.addresses() == [CAROL]
    assert post.states() == [MessageState.FAILED, MessageState.SENT]
    (event,) = post.events(EventType.NOT_SENT)
    assert event.attributes["reason"] == "PERSONALIZATION_MISSING"
    assert "first_name" in event.attributes["reasonDetail"]


def test_a_content_that_cannot_be_read_fails_its_messages_alone(post: Post, carrier: FakeCarrier) -> None:
    broken = Content(Channel.EMAIL, {"": Variant("{% if %}", "", "x")}, sender="news@shop.example.com")
    post.waiting(post.campaign(broken), BOB)
    post.waiting(post.campaign(name="Other"), CAROL)

    post.deliver()

    assert post.states() == [MessageState.FAILED, MessageState.SENT]
    assert carrier.addresses() == [CAROL]


def test_a_message_that_came_too_early_waits_longer_each_time_until_patience_ends(
    post: Post, carrier: FakeCarrier
) -> None:
    carrier.otherwise = GREYLISTED
    post.waiting(post.campaign(), BOB)
    waits = []
    while post.states() == [MessageState.WAITING]:
        at = post.rows()[0]["due_at"]
        post.clock.now = at
        post.deliver()
        waits.append(post.rows()[0]["due_at"] - at)

    assert waits[0] >= PAUSES[0]
    assert waits[:5] == sorted(waits[:5])
    assert max(waits) <= PAUSES[-1] * 1.2
    assert PATIENCE <= post.clock() - START <= PATIENCE + PAUSES[0]
    (event,) = post.events()
    assert event.type is EventType.BOUNCED
    assert event.attributes["bounceType"] == "SOFT"
    assert post.states() == [MessageState.FAILED]


def test_no_event_tells_of_attempts_that_came_too_early(post: Post, carrier: FakeCarrier) -> None:
    carrier.answers = {BOB: GREYLISTED}
    post.waiting(post.campaign(), BOB)

    post.deliver()
    assert post.events() == []
    carrier.answers = {}
    post.clock.pass_by(hours=1)
    post.deliver()

    assert [event.type for event in post.events()] == [EventType.SENT]
    assert post.rows()[0]["attempts"] == 2


def test_who_is_refused_bounces_and_the_address_is_opted_out_when_it_does_not_exist(
    post: Post, carrier: FakeCarrier
) -> None:
    nobody = "nobody@gmail.com"
    carrier.answers = {nobody: REFUSED}
    post.waiting(post.campaign(), nobody, BOB)

    post.deliver()

    assert post.states() == [MessageState.FAILED, MessageState.SENT]
    (bounce,) = post.events(EventType.BOUNCED)
    assert bounce.attributes["bounceType"] == "HARD"
    assert bounce.attributes["bounceCategory"] == "UNKNOWN_USER"
    assert "sentMoment" in bounce.attributes
    assert post.writer.optout(nobody) is OptOutReason.HARD_BOUNCE


def test_where_no_relay_is_messages_wait_without_an_attempt_and_the_others_are_not_touched(
    post: Post, carrier: FakeCarrier
) -> None:
    carrier.otherwise = NOBODY_THERE
    post.many(post.campaign(), BATCH + 1)

    post.deliver()

    assert post.counts() == {"waiting": BATCH + 1}
    assert {row["attempts"] for row in post.rows()} == {0}
    assert len(carrier.letters) == post.mailroom.at_once
    assert post.claims() == 0
    assert post.jobs()[-1][1] == START + timedelta(seconds=60)


def test_relays_that_never_come_back_are_a_bounce_in_the_end(post: Post, carrier: FakeCarrier) -> None:
    carrier.otherwise = NOBODY_THERE
    post.waiting(post.campaign(), BOB)
    post.deliver()

    post.clock.pass_by(days=4)
    post.deliver()

    assert post.states() == [MessageState.FAILED]
    (event,) = post.events()
    assert (event.type, event.attributes["bounceType"]) == (EventType.BOUNCED, "SOFT")


def test_a_handover_in_doubt_is_not_repeated(post: Post, carrier: FakeCarrier) -> None:
    carrier.answers = {BOB: Handover(Fate.IN_DOUBT, "fake", answer="connection lost")}
    post.waiting(post.campaign(), BOB)

    post.deliver()
    post.clock.pass_by(days=10)
    post.deliver()

    assert post.states() == [MessageState.IN_DOUBT]
    assert carrier.addresses() == [BOB]
    assert post.events() == []


def test_what_a_carrier_does_not_tell_of_is_in_doubt(post: Post, carrier: FakeCarrier) -> None:
    def fail() -> None:
        raise RuntimeError("a bug")

    carrier.before = fail
    post.waiting(post.campaign(), BOB)

    post.deliver()

    assert post.states() == [MessageState.IN_DOUBT]
    assert post.claims() == 0


def test_without_a_carrier_messages_wait(post: Post) -> None:
    post.waiting(post.campaign(), BOB)
    post.options = {"carriers": {}}

    assert post.deliver() == 0
    assert post.states() == [MessageState.WAITING]


def test_charlies_messages_are_not_alices(
    post: Post, room: Room, charlie: Person, carrier: FakeCarrier
) -> None:
    charlies = Post(room, charlie, carrier)
    charlies.waiting(charlies.campaign(), BOB)

    assert post.deliver() == 0
    assert charlies.states() == [MessageState.WAITING]


def test_several_at_a_time_share_the_messages_and_nobody_gets_two(post: Post, carrier: FakeCarrier) -> None:
    post.many(post.campaign(), 3 * BATCH)
    failures: list[BaseException] = []

    def work(lane: int) -> None:
        try:
            while post.deliver(lane):
                pass
        except BaseException as failure:  # noqa: BLE001  # the test looks at it
            failures.append(failure)

    workers = [threading.Thread(target=work, args=(lane,)) for lane in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failures == []
    assert len(carrier.addresses()) == len(set(carrier.addresses())) == 3 * BATCH
    assert post.counts() == {"sent": 3 * BATCH}
    assert len(post.events(EventType.SENT)) == 3 * BATCH


def test_much_work_is_shared_with_another_lane(post: Post) -> None:
    post.many(post.campaign(), BATCH)

    post.deliver()

    assert (1, None) in post.jobs()


def test_who_dies_leaves_what_was_claimed_behind(post: Post, carrier: FakeCarrier) -> None:
    for step, sent in {"claimed": 0, "composed": 0, "handing over": 0, "handed over": 1}.items():
        post.waiting(post.campaign(name=step), BOB)
        with pytest.raises(KeyboardInterrupt):
            post.dying_at(step).deliver()
        assert len(carrier.letters) == sent

    assert set(post.states()) == {MessageState.CLAIMED}
    assert post.events() == []
