"""SMS over SMPP, against a centre on a loopback socket that answers as it is told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Unavailable
from postroom.sending.carrying import Fate, Handover, Letter
from postroom.sending.phone.alphabet import decode
from postroom.sending.phone.providers.described import Provider, Smpp
from postroom.sending.phone.providers.sections import Secret
from postroom.sending.phone.smpp.carrier import SmppCarrier, nobody_listens
from postroom.sending.phone.smpp.pdus import Pdu
from tests.integration.notices.receivers import make_certificate
from tests.integration.sending.phone.smsc import HANG_UP, SILENCE, Smsc, smsc

QUEUE_FULL, THROTTLED, BAD_NUMBER = 0x14, 0x58, 0x0B


@pytest.fixture
def centre() -> Iterator[Smsc]:
    with smsc() as running:
        yield running


def way_to(centre: Smsc, **changes: object) -> Smpp:
    way = Smpp("127.0.0.1", centre.port, "alice", Secret("rabbit"), per_second=5000, answer_seconds=5.0)
    return replace(way, **changes)  # type: ignore[arg-type]  # fields of Smpp


@contextmanager
def carrying(
    way: Smpp, delivered: Callable[[Pdu], int] = nobody_listens, **more: float
) -> Iterator[SmppCarrier]:
    provider = Provider("smsc", {Channel.SMS: 1}, way)
    carrier = SmppCarrier(provider, way, delivered, chance=lambda: 0.5, **more)
    try:
        yield carrier
    finally:
        carrier.close()


def letter(text: str = "Bonjour", *, number: int = 1, sender: str = "Alice") -> Letter:
    return Letter(1, number, Channel.SMS, sender, "+33612345678", text.encode())


def carried(carrier: SmppCarrier, *letters: Letter) -> list[Handover]:
    told: dict[int, Handover] = {}
    carrier.carry(letters, lambda one, handover: told.__setitem__(one.message_id, handover))
    return [told[each.message_id] for each in letters]


def test_a_short_text_goes_in_one_part_and_its_name_comes_back(centre: Smsc) -> None:
    with carrying(way_to(centre)) as carrier:
        (handover,) = carried(carrier, letter("Ça coûte 5 €".replace("û", "u")))

    assert handover == Handover(Fate.SENT, "smsc", provider_id="m1", parts=1)
    (bind,), (part,) = centre.binds, centre.parts
    assert (bind.text("system_id"), bind.number("interface_version")) == ("alice", 0x34)
    assert decode(part.octets("short_message")) == "Ça coute 5 €"
    assert (part.text("source_addr"), part.number("source_addr_ton")) == ("Alice", 5)
    assert (part.text("destination_addr"), part.number("dest_addr_ton")) == ("33612345678", 1)
    assert (part.number("data_coding"), part.number("registered_delivery")) == (0, 1)


@pytest.mark.parametrize(
    ("sender", "ton", "npi", "text"), [("+33612345678", 1, 1, "33612345678"), ("36111", 3, 0, "36111")]
)
def test_numbers_and_short_codes_are_senders_of_their_own_kinds(
    centre: Smsc, sender: str, ton: int, npi: int, text: str
) -> None:
    with carrying(way_to(centre)) as carrier:
        carried(carrier, letter(sender=sender))

    (part,) = centre.parts
    assert (part.number("source_addr_ton"), part.number("source_addr_npi")) == (ton, npi)
    assert part.text("source_addr") == text


def test_a_long_text_goes_in_numbered_parts_of_which_the_last_asks_for_a_receipt(centre: Smsc) -> None:
    with carrying(way_to(centre)) as carrier:
        (handover,) = carried(carrier, letter("a" * 152 + "€" + "b" * 200))

    assert (handover.fate, handover.parts, handover.provider_id) == (Fate.SENT, 3, "m3")
    headers = [part.octets("short_message")[:6] for part in centre.parts]
    texts = [decode(part.octets("short_message")[6:]) for part in centre.parts]
    assert [header[:3] for header in headers] == [b"\x05\x00\x03"] * 3
    assert len({header[3] for header in headers}) == 1
    assert [(header[4], header[5]) for header in headers] == [(3, 1), (3, 2), (3, 3)]
    assert "".join(texts) == "a" * 152 + "€" + "b" * 200
    assert [part.number("esm_class") for part in centre.parts] == [0x40] * 3
    assert [part.number("registered_delivery") for part in centre.parts] == [0, 0, 1]


def test_an_emoji_is_whole_in_the_part_that_has_it(centre: Smsc) -> None:
    text = "ê" * 66 + "\N{PARTY POPPER}" + "ê" * 65
    with carrying(way_to(centre)) as carrier:
        (handover,) = carried(carrier, letter(text))

    assert handover.parts == 2
    assert "".join(part.octets("short_message")[6:].decode("utf-16-be") for part in centre.parts) == text
    assert [part.number("data_coding") for part in centre.parts] == [8, 8]


def test_a_provider_that_cuts_by_itself_gets_a_long_text_whole(centre: Smsc) -> None:
    with carrying(way_to(centre, long="payload")) as carrier:
        (handover,) = carried(carrier, letter("a" * 500))

    (part,) = centre.parts
    assert (handover.provider_id, handover.parts) == ("m1", 4), "it costs what its parts cost"
    assert decode(part.octets("message_payload")) == "a" * 500
    assert part.octets("short_message") == b""


def test_texts_that_follow_one_another_have_parts_that_cannot_be_mixed_up(centre: Smsc) -> None:
    with carrying(way_to(centre)) as carrier:
        carried(carrier, letter("a" * 200))
        carried(carrier, letter("b" * 200))

    references = [part.octets("short_message")[3] for part in centre.parts]
    assert references[0] == references[1] != references[2] == references[3]


def test_how_long_a_text_is_worth_trying_goes_along(centre: Smsc) -> None:
    with carrying(way_to(centre, validity=timedelta(days=2, hours=3, minutes=4))) as carrier:
        carried(carrier, letter())

    assert centre.parts[0].text("validity_period") == "000002030400000R"


@pytest.mark.parametrize("status", [QUEUE_FULL, THROTTLED])
def test_an_overfed_provider_gets_the_text_later(centre: Smsc, status: int) -> None:
    centre.answers = [status]
    with carrying(way_to(centre)) as carrier:
        (handover,) = carried(carrier, letter())

    assert (handover.fate, handover.code) == (Fate.LATER, f"0x{status:08x}")
    assert handover.wait is not None
    assert timedelta() < handover.wait <= timedelta(seconds=1)


def test_a_refused_text_is_refused_with_what_the_provider_says(centre: Smsc) -> None:
    centre.answers = [BAD_NUMBER]
    with carrying(way_to(centre)) as carrier:
        (handover,) = carried(carrier, letter())

    assert (handover.fate, handover.code) == (Fate.REFUSED, "0x0000000b")
    assert handover.status == "Invalid Destination Address"


def test_a_provider_may_call_further_statuses_later(centre: Smsc) -> None:
    centre.answers = [0x08]
    with carrying(way_to(centre, later=frozenset({0x08}))) as carrier:
        (handover,) = carried(carrier, letter())

    assert handover.fate is Fate.LATER


def test_a_sender_that_is_none_is_refused_without_asking(centre: Smsc) -> None:
    with carrying(way_to(centre)) as carrier:
        (handover,) = carried(carrier, letter(sender="Alice et Bob et Charlie"))

    assert handover.fate is Fate.REFUSED
    assert "eleven letters" in handover.answer
    assert centre.parts == []


def test_no_answer_leaves_a_text_in_doubt(centre: Smsc) -> None:
    centre.answers = [SILENCE]
    with carrying(way_to(centre, answer_seconds=0.2)) as carrier:
        (handover,) = carried(carrier, letter())

    assert handover.fate is Fate.IN_DOUBT
    assert "no answer" in handover.answer


def test_a_connection_that_breaks_before_the_answer_leaves_a_text_in_doubt_and_is_made_again(
    centre: Smsc,
) -> None:
    centre.answers = [HANG_UP]
    with carrying(way_to(centre)) as carrier:
        (first,) = carried(carrier, letter())
        (second,) = carried(carrier, letter(number=2))

    assert (first.fate, second.fate) == (Fate.IN_DOUBT, Fate.SENT)
    assert len(centre.binds) == 2


def test_an_overfed_provider_gets_the_rest_of_a_text_whose_first_part_it_took(centre: Smsc) -> None:
    centre.answers = [0, THROTTLED, 0]
    with carrying(way_to(centre), first_rest_seconds=0.05) as carrier:
        (handover,) = carried(carrier, letter("a" * 200))

    assert (handover.fate, handover.parts) == (Fate.SENT, 2)
    assert len(centre.parts) == 3


def test_half_a_text_is_in_doubt_when_the_connection_breaks_and_refused_when_its_end_is(
    centre: Smsc,
) -> None:
    centre.answers = [0, HANG_UP, 0, BAD_NUMBER]
    with carrying(way_to(centre)) as carrier:
        (broken,) = carried(carrier, letter("a" * 200))
        (refused,) = carried(carrier, letter("a" * 200, number=2))

    assert (broken.fate, refused.fate) == (Fate.IN_DOUBT, Fate.REFUSED)
    assert broken.answer.startswith("part 2 of 2")
    assert refused.answer.startswith("part 2 of 2")


def test_no_more_parts_wait_for_answers_than_the_window_has_room_for(centre: Smsc) -> None:
    centre.hold.clear()
    results: list[Handover] = []
    with carrying(way_to(centre, window=3)) as carrier:
        letters = [letter(number=number) for number in range(10)]
        thread = threading.Thread(target=lambda: results.extend(carried(carrier, *letters)))
        thread.start()
        for _ in range(3):
            centre.next("submit_sm")
        centre.hold.set()
        thread.join(30)

    assert [each.fate for each in results] == [Fate.SENT] * 10
    assert centre.most_waiting == 3
    assert len(centre.binds) == 1
    assert len({each.provider_id for each in results}) == 10


def test_a_provider_that_is_away_gets_the_text_later_and_is_left_alone_for_a_while() -> None:
    with smsc() as gone:
        way = way_to(gone)
    with carrying(way, first_rest_seconds=20.0) as carrier:
        (first,) = carried(carrier, letter())
        (second,) = carried(carrier, letter(number=2))

    assert first.fate is second.fate is Fate.LATER
    assert "no connection" in first.answer
    assert "a moment ago" in second.answer
    assert second.wait is not None
    assert second.wait > timedelta(seconds=15)


def test_a_wrong_password_is_no_reason_to_lose_texts_and_is_shown_nowhere(
    centre: Smsc, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    way = way_to(centre, password=Secret("turtle"))
    with carrying(way) as carrier:
        (handover,) = carried(carrier, letter())
        with pytest.raises(Unavailable):
            carrier.check()

    assert handover.fate is Fate.LATER
    assert "Invalid Password" in handover.answer
    assert "turtle" not in caplog.text + repr(way) + handover.answer


def test_check_says_that_the_provider_answers(centre: Smsc) -> None:
    with carrying(way_to(centre)) as carrier:
        said = carrier.check()

    assert said.startswith("bound as alice, answered in ")
    assert centre.parts == []


def test_under_tls_only_a_centre_whose_certificate_is_trusted_gets_the_password(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=certificate)
    with smsc(certificate) as centre:
        with carrying(way_to(centre, trust=ssl.create_default_context())) as carrier:
            (untrusted,) = carried(carrier, letter())
        with carrying(way_to(centre, trust=trust, window=8)) as carrier:
            trusted = carried(carrier, *[letter("a" * 200, number=number) for number in range(20)])

    assert untrusted.fate is Fate.LATER
    assert "certificate" in untrusted.answer
    assert [each.fate for each in trusted] == [Fate.SENT] * 20
    assert len(centre.binds) == 1


def test_a_centre_that_does_not_answer_a_bind_gets_the_text_later(centre: Smsc) -> None:
    centre.bind_status = 0x0D
    with carrying(way_to(centre)) as carrier:
        (handover,) = carried(carrier, letter())

    assert handover.fate is Fate.LATER
    assert handover.answer.startswith("bind refused: 0x0000000d")


def test_a_carrier_that_is_closed_takes_no_more_texts(centre: Smsc) -> None:
    with carrying(way_to(centre)) as carrier:
        carried(carrier, letter())
        carrier.close()
        (handover,) = carried(carrier, letter(number=2))

    assert (handover.fate, handover.answer) == (Fate.LATER, "smsc is closed")
    assert len(centre.parts) == 1
