"""Receipts and texts as centres write them: each in its own way."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.sending.phone import alphabet
from postroom.sending.phone.inbound import Inbound
from postroom.sending.phone.providers.described import Meanings, Outcome
from postroom.sending.phone.providers.reading import _BY_SMPP
from postroom.sending.phone.receipts import Receipt
from postroom.sending.phone.smpp import pdus
from postroom.sending.phone.smpp.incoming import inbound_of, is_receipt, receipt_of
from postroom.sending.phone.smpp.pdus import BrokenPduError, Pdu

APPENDIX_B = (
    b"id:0123456789 sub:001 dlvrd:001 submit date:2603041200 done date:2603041201 stat:DELIVRD err:000"
    b" text:Bonjour Alice, voil"
)


def receipt(text: bytes = APPENDIX_B, *, meanings: Meanings = _BY_SMPP, **fields: object) -> Receipt | None:
    whole = {"esm_class": 4, "short_message": text, **fields}
    return receipt_of(pdus.read(pdus.written("deliver_sm", 1, fields=whole)), meanings)


def test_a_receipt_as_the_specification_has_it() -> None:
    assert receipt() == Receipt(
        Outcome.DELIVERED,
        "0123456789",
        status="DELIVRD",
        at=datetime(2026, 3, 4, 12, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("DELIVRD", Outcome.DELIVERED),
        ("EXPIRED", Outcome.SOFT),
        ("UNDELIV", Outcome.UNKNOWN),
        ("REJECTD", Outcome.UNKNOWN),
        ("DELETED", Outcome.UNKNOWN),
        ("UNKNOWN", Outcome.UNKNOWN),
    ],
)
def test_each_end_of_the_specification_has_its_meaning(status: str, outcome: Outcome) -> None:
    found = receipt(b"id:7 stat:" + status.encode() + b" err:000")

    assert found is not None
    assert (found.outcome, found.status, found.provider_id, found.code) == (outcome, status, "7", "")


@pytest.mark.parametrize("status", [b"ENROUTE", b"ACCEPTD", b""])
def test_a_message_on_its_way_is_no_news(status: bytes) -> None:
    assert receipt(b"id:7 stat:" + status) is None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(b"\x03\x00\x01", Outcome.HARD), (b"\x03\x00\x1b", Outcome.SOFT), (b"\x02\x00\x01", Outcome.UNKNOWN)],
)
def test_the_error_of_a_gsm_network_says_whether_it_is_for_good(error: bytes, outcome: Outcome) -> None:
    found = receipt(b"id:7 stat:UNDELIV err:034", network_error_code=error)

    assert found is not None
    assert (found.outcome, found.code) == (outcome, "034")


def test_codes_mean_what_the_description_of_the_provider_says() -> None:
    meanings = Meanings(hard=frozenset({"034"}), unknown=frozenset({"UNDELIV"}))

    found = receipt(b"id:7 stat:UNDELIV err:034 text:no such number", meanings=meanings)

    assert found is not None
    assert (found.outcome, found.text) == (Outcome.HARD, "no such number")


def test_a_receipt_may_stand_in_fields_alone() -> None:
    written = pdus.written("deliver_sm", 1, fields={"esm_class": 4, "message_state": 5})
    # smpplib cannot write the field that it can read.
    tlv = struct.pack(">HH", 0x001E, 4) + b"abc\0"
    whole = struct.pack(">L", len(written) + len(tlv)) + written[4:] + tlv

    found = receipt_of(pdus.read(whole), _BY_SMPP)

    assert found is not None
    assert (found.provider_id, found.status, found.outcome) == ("abc", "UNDELIV", Outcome.UNKNOWN)


@pytest.mark.parametrize(
    "text",
    [
        b"ID:7 Sub:001 Dlvrd:001 Submit Date:260304120000 Done Date:260304120101 Stat:DELIVRD Err:0 Text:",
        b"id:7 stat:DELIVRD done date:260304120101",
        b"id:7  submit date:2603041200\n done date:260304120101\n stat:DELIVRD",
    ],
    ids=["capitals, seconds", "other order", "line ends"],
)
def test_centres_write_receipts_each_in_their_own_way(text: bytes) -> None:
    found = receipt(text)

    assert found is not None
    assert (found.provider_id, found.status) == ("7", "DELIVRD")
    assert found.at == datetime(2026, 3, 4, 12, 1, 1, tzinfo=UTC)


def inbound(octets: bytes, **fields: object) -> Inbound:
    whole = {"source_addr_ton": 1, "source_addr": "33612345678", "destination_addr": "36111", **fields}
    pdu = pdus.read(pdus.written("deliver_sm", 1, fields={**whole, "short_message": octets}))
    assert not is_receipt(pdu)
    return inbound_of(pdu)


@pytest.mark.parametrize(
    ("octets", "coding", "text"),
    [
        (alphabet.encode("Arréter €"), 0, "Arréter €"),
        ("ARRÊT".encode("utf-16-be"), 8, "ARRÊT"),
        ("ARRÊT".encode("latin-1"), 3, "ARRÊT"),
        ("ARRÊT".encode("latin-1"), 0, "ARRÊT"),
        (b"", 0, ""),
    ],
)
def test_what_somebody_wrote_is_read_in_its_encoding(octets: bytes, coding: int, text: str) -> None:
    assert inbound(octets, data_coding=coding) == Inbound("+33612345678", text, "36111")


def test_the_header_of_a_part_is_no_text() -> None:
    assert inbound(b"\x05\x00\x03\x01\x02\x01STOP", esm_class=0x40).text == "STOP"


def test_a_national_number_is_left_as_it_is() -> None:
    assert inbound(b"STOP", source_addr_ton=2, source_addr="0612345678").number == "0612345678"


@pytest.mark.parametrize("length", [0, 15, 70_001, 2**32 - 1])
def test_a_length_that_cannot_be_is_refused_before_anything_is_read(length: int) -> None:
    with pytest.raises(BrokenPduError):
        pdus.length_of(struct.pack(">L", length))


@given(st.binary(max_size=300), st.sampled_from([0x05, 0x80000004, 0x15, 0x103, 0x99]))
def test_whatever_comes_is_a_unit_or_is_refused(data: bytes, command: int) -> None:
    whole = struct.pack(">LLLL", 16 + len(data), command, 0, 7) + data
    try:
        pdu = pdus.read(whole)
    except BrokenPduError:
        return

    assert pdu.sequence == pdus.sequence_of(whole) == 7
    if pdu.command == "deliver_sm":
        assert isinstance(inbound_of(pdu), Inbound)
        receipt_of(pdu, _BY_SMPP)


def test_fields_that_are_not_there_are_empty() -> None:
    pdu = Pdu("deliver_sm", 0, 1)

    assert (pdu.text("source_addr"), pdu.octets("short_message"), pdu.number("esm_class")) == ("", b"", 0)
