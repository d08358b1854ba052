"""Several providers at once: whose turn it is, and what they bring back over SMPP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing
from postroom.contacts.events import EventType
from postroom.sending.carrying import Fate, Handover, Letter
from postroom.sending.phone.listening import take_delivered
from postroom.sending.phone.phones import Delivered, Phones
from postroom.sending.phone.providers.reading import parse_providers
from tests.integration.sending.phone.conftest import NUMBER, Exchange
from tests.integration.sending.phone.smsc import Smsc, smsc
from tests.integration.sending.phone.web_provider import WebProvider, web_provider

ALICE, CHARLIE = 1, 2
TICKS = [0.05, 0.3, 0.55, 0.8]


@pytest.fixture
def centre() -> Iterator[Smsc]:
    with smsc() as running:
        yield running


@pytest.fixture
def web() -> Iterator[WebProvider]:
    with web_provider() as running:
        yield running


def by_smpp(name: str, centre: Smsc, more: str = "") -> str:
    return f"""
        [providers.{name}]
        kind = "smpp"
        channels = ["SMS"]
        host = "127.0.0.1"
        port = {centre.port}
        system_id = "{name}"
        password.env = "PASSWORD"
        per_second = 5000
        answer_seconds = 5
        {more}
    """


def by_http(name: str, web: WebProvider, more: str = "") -> str:
    return f"""
        [providers.{name}]
        kind = "http"
        channels = ["SMS", "VOICE", "VOICEMAIL"]
        url = "{web.url}"
        form = {{ text = "{{text}}", name = "{name}" }}
        {more}
    """


@contextmanager
def phones(*texts: str, delivered: Delivered | None = None) -> Iterator[Phones]:
    chances = cycle(TICKS)
    opened = Phones(
        parse_providers("\n".join(texts), {"PASSWORD": "rabbit"}),
        agent="Postroom/test",
        account_named={"alice": ALICE, "charlie": CHARLIE}.get,
        delivered=delivered,
        chance=lambda: next(chances),
    )
    try:
        yield opened
    finally:
        opened.close()


def carry(
    opened: Phones, *, count: int = 4, account: int = ALICE, channel: Channel = Channel.SMS
) -> list[Handover]:
    letters = [Letter(account, number, channel, "Alice", NUMBER, b"Bonjour") for number in range(count)]
    told: list[Handover] = []
    opened.carriers()[channel].carry(letters, lambda _letter, handover: told.append(handover))
    return told


def test_letters_are_shared_by_weight(centre: Smsc, web: WebProvider) -> None:
    with phones(by_smpp("one", centre, "weights.SMS = 3"), by_http("two", web)) as opened:
        told = carry(opened, count=8)

    assert Counter(each.provider for each in told) == {"one": 6, "two": 2}
    assert {each.fate for each in told} == {Fate.SENT}
    assert (len(centre.parts), len(web.calls)) == (6, 2)


def test_a_channel_goes_by_those_that_carry_it(centre: Smsc, web: WebProvider) -> None:
    with phones(by_smpp("one", centre), by_http("two", web)) as opened:
        assert list(opened.carriers()) == [Channel.SMS, Channel.VOICE, Channel.VOICEMAIL]
        told = carry(opened, channel=Channel.VOICE)

    assert {each.provider for each in told} == {"two"}


def test_an_account_with_a_provider_of_its_own_uses_no_other_and_nobody_else_uses_it(
    centre: Smsc, web: WebProvider
) -> None:
    asked: list[str] = []
    with phones(by_smpp("one", centre, 'account = "alice"'), by_http("two", web)) as opened:
        named = opened._account_named

        def asking(name: str) -> int | None:
            asked.append(name)
            return named(name)

        opened._account_named = asking
        hers = carry(opened, account=ALICE)
        his = carry(opened, account=CHARLIE)

    assert {each.provider for each in hers} == {"one"}
    assert asked == ["alice", "alice"], "once for each lot of letters, not for each letter"
    assert {each.provider for each in his} == {"two"}


def test_a_provider_that_cannot_be_reached_is_passed_by_while_there_is_another(web: WebProvider) -> None:
    with smsc() as gone:
        away = by_smpp("one", gone, "weights.SMS = 1000")
    with phones(away, by_http("two", web)) as opened:
        first = carry(opened, count=1)
        second = carry(opened, count=4)

    assert [each.fate for each in first] == [Fate.LATER]
    assert {(each.provider, each.fate) for each in second} == {("two", Fate.SENT)}


def test_nobody_who_carries_a_channel_is_for_later(web: WebProvider) -> None:
    with phones(by_http("two", web, 'account = "charlie"\nweights = { SMS = 0 }')) as opened:
        (none_for_alice,) = carry(opened, count=1, account=ALICE)
        (none_by_weight,) = carry(opened, count=1, account=CHARLIE)

    assert none_for_alice.fate is none_by_weight.fate is Fate.LATER
    assert none_for_alice.answer == "no provider carries SMS"
    assert web.calls == []


def test_a_provider_is_found_by_its_name(centre: Smsc) -> None:
    with phones(by_smpp("one", centre)) as opened:
        assert opened.carrier_of("one").check().startswith("bound as one")
        with pytest.raises(Missing, match="Known: one"):
            opened.carrier_of("two")


def test_receipts_and_stop_come_in_over_smpp_and_are_answered_once_they_are_recorded(
    exchange: Exchange, centre: Smsc
) -> None:
    message = exchange.sent(exchange.alice, provider="one", provider_id="m1")
    with phones(by_smpp("one", centre), delivered=partial(take_delivered, exchange.mailroom)) as opened:
        opened.listen()
        centre.next("bind_transceiver")
        centre.deliver(esm_class=4, short_message=b"id:m1 stat:DELIVRD err:000")
        assert centre.next("deliver_sm_resp").status == 0
        centre.deliver(source_addr_ton=1, source_addr=NUMBER[1:], short_message=b"Stop")
        assert centre.next("deliver_sm_resp").status == 0

        assert [each.type for each in exchange.events(exchange.alice)] == [
            EventType.DELIVERED,
            EventType.UNSUBSCRIBED,
        ]
        assert {each.message_id for each in exchange.events(exchange.alice)} == {message.message_id}
    assert exchange.opted_out(exchange.alice)


def test_what_could_not_be_recorded_is_left_with_the_provider(centre: Smsc) -> None:
    def broken(*_: object) -> int:
        raise OSError("no database")

    with phones(by_smpp("one", centre), delivered=broken) as opened:
        opened.listen()
        centre.next("bind_transceiver")
        centre.deliver(esm_class=4, short_message=b"id:m1 stat:DELIVRD")

        assert centre.next("deliver_sm_resp").status == 0x64


def test_who_does_not_record_leaves_everything_with_the_provider(centre: Smsc) -> None:
    with phones(by_smpp("one", centre)) as opened:
        carry(opened, count=1)
        centre.deliver(source_addr=NUMBER[1:], short_message=b"STOP")

        assert centre.next("deliver_sm_resp").status == 0x64


def test_a_listener_comes_back_when_the_provider_hangs_up(centre: Smsc) -> None:
    with phones(by_smpp("one", centre)) as opened:
        opened.listen()
        centre.next("bind_transceiver")
        centre.hang_up()
        centre.next("bind_transceiver")
        centre.ask("unbind")
        centre.next("unbind_resp")
        centre.next("bind_transceiver")

    assert len(centre.binds) == 3


def test_a_silent_provider_is_asked_for_a_sign_of_life_and_left_when_it_gives_none(centre: Smsc) -> None:
    with phones(by_smpp("one", centre, "enquire_seconds = 0.1")) as opened:
        opened.listen()
        centre.next("enquire_link")
        centre.next("enquire_link")
        assert len(centre.binds) == 1
    centre.answers_enquiries = False
    quick = by_smpp("one", centre, "enquire_seconds = 0.1").replace(
        "answer_seconds = 5", "answer_seconds = 0.2"
    )
    with phones(quick) as opened:
        opened.listen()
        for _ in range(2):
            centre.next("bind_transceiver")


def test_a_provider_that_asks_gets_a_sign_of_life_and_nonsense_is_told_so(centre: Smsc) -> None:
    with phones(by_smpp("one", centre)) as opened:
        opened.listen()
        centre.next("bind_transceiver")
        centre.ask("enquire_link")
        centre.next("enquire_link_resp")
        centre.write(bytes.fromhex("00000010000000990000000000000007"))
        assert centre.next("generic_nack").sequence == 7
        centre.write(bytes.fromhex("ffffffff"))
        centre.next("bind_transceiver")


def test_a_centre_that_changes_bases_between_answer_and_receipt_is_understood(
    exchange: Exchange, centre: Smsc
) -> None:
    centre.names = ["00ab12"]
    text = by_smpp("one", centre, 'receipt_names = "decimal"')
    with phones(text, delivered=partial(take_delivered, exchange.mailroom)) as opened:
        (handover,) = carry(opened, count=1)
        exchange.sent(exchange.alice, provider="one", provider_id=handover.provider_id)
        centre.deliver(esm_class=4, short_message=b"id:0000043794 stat:DELIVRD err:000")
        centre.next("deliver_sm_resp")

    assert handover.provider_id == str(0xAB12) == "43794"
    assert [each.type for each in exchange.events(exchange.alice)] == [EventType.DELIVERED]
