"""What a provider's web server calls us with: receipts and answers, in shapes of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.sending.phone.http.callbacks import (
    MOST_AT_ONCE,
    MOST_BYTES,
    inbound_of,
    may_enter,
    moment,
    read_call,
    receipts_of,
)
from postroom.sending.phone.inbound import Inbound
from postroom.sending.phone.providers.described import Door, Meanings, Outcome
from postroom.sending.phone.providers.finding import finder
from postroom.sending.phone.providers.sections import Secret
from postroom.sending.phone.receipts import Receipt

SECRET = Secret("token-of-16-letters")
MEANINGS = Meanings(frozenset({"DELIVERED"}), frozenset({"9"}), frozenset({"EXPIRED"}), frozenset({"FAILED"}))


def door(each: str | None = None, **fields: str) -> Door:
    found = {name.rstrip("_"): finder(path) for name, path in fields.items()}
    return Door(SECRET, None, finder(each) if each else None, found)


NESTED = door(
    "results", id="messageId", status="status.name", code="error.id", text="error.name", at="doneAt"
)
FLAT = door(id="id", status="status")
ANSWERS = door(from_="msisdn", text="text", to="to", id="id", at="at")


def by_json(value: object) -> object:
    return read_call(json.dumps(value).encode(), "application/json; charset=utf-8", "")


def test_several_receipts_of_one_call_are_read_from_where_they_stand() -> None:
    called = by_json(
        {
            "results": [
                {"messageId": "a", "status": {"name": "Delivered"}, "doneAt": "2026-03-04T13:00:00+01:00"},
                {
                    "messageId": "b",
                    "status": {"name": "failed"},
                    "error": {"id": 9, "name": "no such number"},
                },
                {"messageId": "c", "status": {"name": "PENDING"}},
                {"status": {"name": "DELIVERED"}},
                "nonsense",
            ]
        }
    )

    assert receipts_of(NESTED, MEANINGS, called) == [
        Receipt(Outcome.DELIVERED, "a", status="Delivered", at=datetime(2026, 3, 4, 12, tzinfo=UTC)),
        Receipt(Outcome.HARD, "b", status="failed", code="9", text="no such number"),
    ]


@pytest.mark.parametrize(
    ("body", "content_type", "query"),
    [
        (b'{"id": "a", "status": "EXPIRED"}', "application/json", ""),
        (b'{"id": "a", "status": "EXPIRED"}', "", ""),
        (b"id=a&status=EXPIRED&other=", "application/x-www-form-urlencoded", ""),
        (b"", "", "id=a&status=EXPIRED"),
        (b'[{"id": "a", "status": "EXPIRED"}]', "application/json", ""),
    ],
    ids=["json", "json without a type", "form", "query", "list"],
)
def test_a_receipt_comes_as_json_as_a_form_or_in_the_address(
    body: bytes, content_type: str, query: str
) -> None:
    called = read_call(body, content_type, query)

    assert receipts_of(FLAT, MEANINGS, called) == [Receipt(Outcome.SOFT, "a", status="EXPIRED")]


def test_a_form_may_have_names_with_full_stops() -> None:
    called = read_call(b"status.name=failed&messageId=a", "application/x-www-form-urlencoded", "")

    (receipt,) = receipts_of(door(id="messageId", status="status.name"), MEANINGS, called)
    assert receipt.outcome is Outcome.UNKNOWN


def test_our_own_name_is_enough() -> None:
    (receipt,) = receipts_of(door(reference="ref", status="s"), MEANINGS, {"ref": "3-7", "s": "delivered"})

    assert (receipt.reference, receipt.provider_id) == ("3-7", "")


def test_what_somebody_wrote_is_read() -> None:
    called = by_json({"msisdn": 33612345678, "text": "Stop", "to": "36111", "id": "i1", "at": 1772625600})

    assert inbound_of(ANSWERS, called) == [
        Inbound("33612345678", "Stop", "36111", "i1", datetime(2026, 3, 4, 12, tzinfo=UTC))
    ]
    assert inbound_of(ANSWERS, {"text": "Stop"}) == []


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"[" * 200_000, b"<xml/>"], ids=["{", "no text", "[", "xml"]
)
def test_what_is_neither_json_nor_a_form_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_call(body, "application/json", "")

    assert refused.value.code == "BAD_CALL"


def test_calls_that_are_too_large_are_refused() -> None:
    with pytest.raises(Refused, match="bytes"):
        read_call(b" " * (MOST_BYTES + 1), "", "")
    with pytest.raises(Refused, match="at most 1000"):
        receipts_of(FLAT, MEANINGS, [{}] * (MOST_AT_ONCE + 1))
    with pytest.raises(Refused):
        read_call(b"", "", "&".join(f"a{number}=1" for number in range(300)))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-03-04T12:00:00Z", datetime(2026, 3, 4, 12, tzinfo=UTC)),
        ("2026-03-04 12:00:00", datetime(2026, 3, 4, 12, tzinfo=UTC)),
        ("1772625600", datetime(2026, 3, 4, 12, tzinfo=UTC)),
        ("1772625600000", datetime(2026, 3, 4, 12, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_read_as_providers_write_them(text: str, read: datetime | None) -> None:
    assert moment(text) == read


@pytest.mark.parametrize("given", [None, "", "token-of-16-letter", "token-of-16-letters ", "é"])
def test_only_the_secret_opens_a_door(given: str | None) -> None:
    assert may_enter(FLAT, "token-of-16-letters")
    assert not may_enter(FLAT, given)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["results", "status", "messageId", "name", "msisdn"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_shape_a_call_has_it_is_read_or_left_out(value: object) -> None:
    for receipt in receipts_of(NESTED, MEANINGS, value):
        assert receipt.provider_id
    for inbound in inbound_of(ANSWERS, value):
        assert inbound.number
