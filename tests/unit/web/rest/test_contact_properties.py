from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.web.api.operations.contacts import ContactRecord
from postroom.web.api.rest.contact_properties import FIELDS, PROPERTIES, READ, written

JOHN = ContactRecord(
    contact_id=123456789,
    created_at=datetime(2013, 1, 1, 12, tzinfo=UTC),
    updated_at=datetime(2013, 1, 2, 14, tzinfo=UTC),
    values={"email": "john.doo@domain.com", "first_name": "John", "birth_date": date(1980, 2, 29)},
    list_ids=(2, 9, 12),
    optouts={Medium.EMAIL: OptOutReason.HARD_BOUNCE, Medium.VOICEMAIL: OptOutReason.ACCOUNT},
)


def test_a_contact_is_read_as_the_documents_print_it() -> None:
    read = {name: READ[name](JOHN) for name in PROPERTIES}

    assert {name: value for name, value in read.items() if value is not None} == {
        "id": "123456789",
        "listIds": ["2", "9", "12"],
        "dateUpdated": "2013-01-02 14:00:00",
        "dateCreated": "2013-01-01 12:00:00",
        "email": "john.doo@domain.com",
        "firstName": "John",
        "birthDate": "1980-02-29",
        "emailOptout": "hardbounced",
        "voicemailOptout": "user",
    }


def test_every_property_can_be_read() -> None:
    assert set(PROPERTIES) == set(READ)
    assert list(FIELDS.values()) == list(DOCUMENTED_FIELDS)
    assert {"firstName", "lastName", "zipcode", "birthDate", "facebookId", "field01", "field15"} < set(FIELDS)


@pytest.mark.parametrize("name", ["firstName", "firstname", "FIRSTNAME"])
def test_names_are_written_in_any_case(name: str) -> None:
    assert written({name: "John"}, "contact") == {"first_name": "John"}


def test_values_are_handed_on_as_they_are_and_strange_ones_of_other_programs_are_left_out() -> None:
    row = written({"email": " A@B.FR ", "mobile": None, "locale": "fr", "longitude": "1.5"}, "contact")

    assert row == {"email": " A@B.FR ", "mobile": None}


@pytest.mark.parametrize("none", [None, "", "null"])
def test_opt_outs_are_reasons_or_nothing(none: Any) -> None:
    row = written({"emailOptout": "spam", "smsoptout": "contact", "voiceOptout": none}, "contact")

    assert row == {
        "optouts": {
            Medium.EMAIL: OptOutReason.SPAM,
            Medium.SMS: OptOutReason.CONTACT,
            Medium.VOICE: None,
        }
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"emial": "a"}, r"contacts\[3\]\.emial is no property"),
        ({"id": "12"}, r"contacts\[3\]\.id cannot be set"),
        ({"email": "a", "Email": "b"}, r"contacts\[3\]\.Email is there twice"),
        ({"email": ["a", "b"]}, r"contacts\[3\]\.email must be one text"),
        ({"email": True}, r"contacts\[3\]\.email must be one text"),
        ({"smsOptout": "spam"}, r'contacts\[3\]\.smsOptout must be null, contact or user, not "spam"'),
        ({"emailOptout": True}, r"contacts\[3\]\.emailOptout must be null, user or .*spam\."),
    ],
)
def test_what_is_wrong_is_refused_by_its_place(values: Any, message: str) -> None:
    with pytest.raises(Refused, match=message):
        written(values, "contacts[3]")


@given(
    st.dictionaries(
        st.sampled_from([*PROPERTIES, "emial", ""]),
        st.one_of(st.none(), st.booleans(), st.text("ab1@ ", max_size=5), st.lists(st.just("a"), max_size=2)),
    )
)
def test_any_contact_is_understood_or_refused(values: Any) -> None:
    with suppress(Refused):
        assert isinstance(written(values, "contact"), dict)
