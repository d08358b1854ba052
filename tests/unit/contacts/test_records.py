from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from postroom.contacts.cells import is_storable
from postroom.contacts.media import Medium
from postroom.contacts.reasons import Reason
from postroom.contacts.records import ContactFilter
from postroom.contacts.rows import Issue, changed_row, standing_refusal, written_row
from postroom.contacts.settings import AccountSettings

SETTINGS = AccountSettings()


@pytest.mark.parametrize(
    ("wanted", "empty"),
    [
        (ContactFilter(), True),
        (ContactFilter(optouts={}), True),
        (ContactFilter(ids=[]), False),
        (ContactFilter(email=""), False),
        (ContactFilter(list_id=0), False),
        (ContactFilter(optouts={Medium.SMS: False}), False),
        (ContactFilter(updated_since=datetime(2026, 1, 1, tzinfo=UTC)), False),
    ],
)
def test_a_filter_that_asks_anything_is_one_even_when_nobody_can_answer(
    wanted: ContactFilter, *, empty: bool
) -> None:
    assert wanted.is_empty == empty


def test_values_are_sought_as_contacts_have_them() -> None:
    wanted = ContactFilter(email=" A@Example.com", mobile="06 12 34 56 78", reference="\tR 1 ")

    assert wanted.sought(SETTINGS) == {"email": "a@example.com", "mobile": "+33612345678", "reference": "R 1"}


@pytest.mark.parametrize(
    "wanted", [ContactFilter(email="a"), ContactFilter(mobile="0472000000"), ContactFilter(reference=" ")]
)
def test_a_value_that_no_contact_can_have_is_sought_in_vain(wanted: ContactFilter) -> None:
    assert wanted.sought(SETTINGS) is None


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"email": "a@example.com", "mobile": "0612345678"}, None),
        ({"email": "a@example.com", "mobile": "12"}, (Reason.INVALID_MOBILE, "12")),
        ({"email": "a@example.com", "birth_date": "soon"}, (Reason.BAD_DATE, "soon")),
        ({"first_name": "Ann"}, (Reason.NO_MEANS, "")),
    ],
)
def test_what_warns_of_a_files_row_refuses_a_programs(
    values: dict[str, str | None], refusal: Issue | None
) -> None:
    row = written_row(values, SETTINGS)

    assert row.refusal == refusal
    assert row.warnings == ()


def test_changes_are_judged_by_themselves() -> None:
    assert changed_row({"city": " Lyon "}, SETTINGS).values == {"city": "Lyon"}
    assert changed_row({"email": " "}, SETTINGS).values == {"email": None}
    assert changed_row({"birth_date": "1980-02-29"}, SETTINGS).values == {"birth_date": date(1980, 2, 29)}


def test_who_has_no_address_or_no_reference_that_identifies_is_nobody() -> None:
    by_reference = SETTINGS.changed({"criterion": "reference"})

    assert standing_refusal({"mobile": "+33612345678"}, SETTINGS) is None
    assert standing_refusal({"first_name": "Ann"}, SETTINGS) == (Reason.NO_MEANS, "")
    assert standing_refusal({"email": "a@example.com"}, by_reference) == (Reason.MISSING_REFERENCE, "")


@pytest.mark.parametrize(
    ("text", "storable"), [("abc", True), ("é€😀", True), ("a\ud83d", False), ("\udcff", False)]
)
def test_half_a_character_cannot_be_stored(text: str, *, storable: bool) -> None:
    assert is_storable(text) == storable
