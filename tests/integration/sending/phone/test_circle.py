"""The whole way of an SMS: handed over to a centre, told by a receipt, answered with STOP."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from postroom.contacts.campaigns import MessageState
from postroom.contacts.channels import Channel
from postroom.contacts.events import REQUIRED_ATTRIBUTES, EventType
from postroom.contacts.templates import Content, Variant
from postroom.drops.room import Room
from postroom.sending.mailroom import Mailroom
from postroom.sending.phone.listening import take_delivered
from postroom.sending.phone.phones import Phones
from postroom.sending.phone.providers.reading import parse_providers
from tests.conftest import MakePerson
from tests.integration.sending.going_out import Post
from tests.integration.sending.phone.smsc import HANG_UP, Smsc, smsc

NUMBER = "+33612345678"
TEXT = "Bonjour {{ first_name }}, " + "a" * 150
SALE = Content(Channel.SMS, {"": Variant(text=TEXT)}, sender="Boutique", defaults={"first_name": "vous"})


@pytest.fixture
def centre() -> Iterator[Smsc]:
    with smsc() as running:
        yield running


@pytest.fixture
def phones(room: Room, centre: Smsc) -> Iterator[Phones]:
    """Return the centre as the part that sends has it: what phones send is recorded."""
    description = f"""
        [providers.centre]
        kind = "smpp"
        channels = ["SMS"]
        host = "127.0.0.1"
        port = {centre.port}
        system_id = "postroom"
        password.env = "PASSWORD"
        sender = "36111"
    """
    mailroom = Mailroom(room.database, room.blobs, room.queue, room.sealer, room.clock)
    opened = Phones(
        parse_providers(description, {"PASSWORD": "rabbit"}),
        agent="Postroom/test",
        account_named=lambda _name: None,
        delivered=partial(take_delivered, mailroom),
    )
    try:
        yield opened
    finally:
        opened.close()


def test_an_sms_goes_out_arrives_and_is_answered_with_stop(
    room: Room, make_person: MakePerson, centre: Smsc, phones: Phones
) -> None:
    alice = make_person("alice", sms_stop="36111")
    post = Post(room, alice, phones.carriers()[Channel.SMS], channel=Channel.SMS)
    (message_id,) = post.waiting(post.campaign(SALE), NUMBER, first_name="Bob")

    post.deliver()

    (sent,) = post.events(EventType.SENT)
    assert sent.attributes["parts"] == 2
    assert (sent.attributes["provider"], sent.attributes["providerMessageId"]) == ("centre", "m2")
    assert sent.attributes["sender"] == "Boutique"
    assert REQUIRED_ATTRIBUTES[sent.type] <= set(sent.attributes)
    said = b"".join(part.octets("short_message")[6:] for part in centre.parts).decode()
    assert said == "Bonjour Bob, " + "a" * 150 + "\nSTOP au 36111"

    centre.deliver(esm_class=4, short_message=b"id:m2 stat:DELIVRD err:000")
    assert centre.next("deliver_sm_resp").status == 0
    centre.deliver(source_addr_ton=1, source_addr=NUMBER[1:], short_message=b"Stop.")
    assert centre.next("deliver_sm_resp").status == 0

    (arrived,) = post.events(EventType.DELIVERED)
    (stopped,) = post.events(EventType.UNSUBSCRIBED)
    assert arrived.message_id == stopped.message_id == message_id
    assert stopped.attributes["method"] == "REPLY"


def test_a_text_above_the_limit_is_not_sent_and_says_why(
    room: Room, make_person: MakePerson, centre: Smsc, phones: Phones
) -> None:
    alice = make_person("alice")
    carrier = phones.carriers()[Channel.SMS]
    post = Post(room, alice, carrier, channel=Channel.SMS, options={"sms_parts": 1})
    post.waiting(post.campaign(SALE), NUMBER)

    post.deliver()

    (left_out,) = post.events(EventType.NOT_SENT)
    assert left_out.attributes["reason"] == "MESSAGE_TOO_LONG"
    assert "2 parts of GSM-7" in left_out.attributes["reasonDetail"]
    assert centre.parts == []


def test_what_a_centre_refuses_is_not_sent_and_what_it_leaves_open_is_in_doubt(
    room: Room, make_person: MakePerson, centre: Smsc, phones: Phones
) -> None:
    alice = make_person("alice", sms_stop="off")
    post = Post(room, alice, phones.carriers()[Channel.SMS], channel=Channel.SMS)
    short = Content(Channel.SMS, {"": Variant(text="Bonjour")}, sender="Boutique")
    centre.answers = [0x0B]
    post.waiting(post.campaign(short), NUMBER)

    post.deliver()
    centre.answers = [HANG_UP]
    post.waiting(post.campaign(short), "+33612345679")
    post.deliver()

    (left_out,) = post.events(EventType.NOT_SENT)
    assert left_out.attributes["reason"] == "PROVIDER_REJECTED"
    assert "Invalid Destination Address" in left_out.attributes["reasonDetail"]
    assert post.states() == [MessageState.FAILED, MessageState.IN_DOUBT]


def test_where_the_template_names_nobody_the_event_tells_who_the_provider_says_it_is(
    room: Room, make_person: MakePerson, centre: Smsc, phones: Phones
) -> None:
    post = Post(room, make_person("alice"), phones.carriers()[Channel.SMS], channel=Channel.SMS)
    post.waiting(post.campaign(Content(Channel.SMS, {"": Variant(text="Bonjour")})), NUMBER)

    post.deliver()

    (sent,) = post.events(EventType.SENT)
    assert sent.attributes["sender"] == centre.parts[0].text("source_addr") == "36111"
