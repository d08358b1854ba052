from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from postroom.contacts.criteria import Criterion, dedup_key
from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.reasons import Reason
from postroom.contacts.rows import NormalisedRow, Value, collapse, normalise_row
from postroom.contacts.settings import AccountSettings

SETTINGS = AccountSettings()
STRICT = AccountSettings(strict=True)
BY_REFERENCE = AccountSettings(criterion=Criterion.REFERENCE)


def accepted(**values: Value) -> NormalisedRow:
    return NormalisedRow(dict(values), None, None, ())


def test_the_documents_own_rows_are_good() -> None:
    row = normalise_row(
        {
            "reference": "785645P",
            "civility": "M.",
            "first_name": "Michel ",
            "last_name": "DURAND ",
            "email": "michel.durand@mygmail.com ",
            "phone": "336 90 78 56 90",
        },
        SETTINGS,
    )

    assert row.refusal is None
    assert row.warnings == ()
    assert row.values == {
        "reference": "785645P",
        "civility": "M.",
        "first_name": "Michel",
        "last_name": "DURAND",
        "email": "michel.durand@mygmail.com",
        "phone": "+33690785690",
    }


def test_one_good_address_saves_the_row_and_the_bad_ones_are_blanked_with_a_warning() -> None:
    row = normalise_row({"email": "nope", "phone": "12", "mobile": "0612345678"}, SETTINGS)

    assert row.values == {"email": None, "phone": None, "mobile": "+33612345678"}
    assert row.warnings == ((Reason.INVALID_EMAIL, "nope"), (Reason.INVALID_PHONE, "12"))


def test_a_strict_account_refuses_the_row_for_any_bad_address() -> None:
    row = normalise_row({"email": "alice@free.fr", "phone": "12", "mobile": "x"}, STRICT)

    assert row == NormalisedRow({}, None, (Reason.INVALID_PHONE, "12"), ())


@pytest.mark.parametrize("settings", [SETTINGS, STRICT])
def test_a_row_without_any_address_is_refused(settings: AccountSettings) -> None:
    row = normalise_row({"email": " ", "phone": None, "last_name": "Dupont"}, settings)

    assert row.refusal == (Reason.NO_MEANS, "")


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"email": "nope", "mobile": "12"}, (Reason.INVALID_EMAIL, "nope")),
        ({"phone": "12", "mobile": "13"}, (Reason.INVALID_PHONE, "12")),
        ({"mobile": " 0286786589"}, (Reason.INVALID_MOBILE, "0286786589")),
    ],
)
def test_the_first_bad_address_says_why_none_is_good(
    values: dict[str, str | None], refusal: tuple[Reason, str]
) -> None:
    assert normalise_row(values, SETTINGS).refusal == refusal


def test_the_reference_is_asked_for_before_the_addresses_when_it_identifies() -> None:
    nothing = {"email": "nope", "reference": "\u00a0"}

    assert normalise_row(nothing, BY_REFERENCE).refusal == (Reason.MISSING_REFERENCE, "")
    assert normalise_row({"email": "alice@free.fr"}, BY_REFERENCE).refusal == (Reason.MISSING_REFERENCE, "")
    assert normalise_row({"email": "alice@free.fr"}, SETTINGS).refusal is None


def test_a_value_that_is_too_long_comes_first_and_names_its_field() -> None:
    longest = "x" * MAX_VALUE_CHARACTERS

    row = normalise_row({"field01": longest + "x", "city": longest + "x", "email": "nope"}, BY_REFERENCE)

    assert row.refusal == (Reason.VALUE_TOO_LONG, "city")
    assert normalise_row({"city": f" {longest} ", "email": "alice@free.fr"}, SETTINGS).refusal is None


def test_an_unreadable_date_is_blanked_with_a_warning_even_in_a_strict_account() -> None:
    row = normalise_row({"email": "alice@free.fr", "birth_date": "31/02/1980"}, STRICT)

    assert row.values["birth_date"] is None
    assert row.warnings == ((Reason.BAD_DATE, "31/02/1980"),)


def test_a_readable_date_is_a_date() -> None:
    row = normalise_row({"email": "alice@free.fr", "birth_date": "03/12/1975"}, SETTINGS)

    assert row.values["birth_date"] == date(1975, 12, 3)


@pytest.mark.parametrize("criterion", list(Criterion))
def test_rows_that_mean_the_same_have_the_same_key(criterion: Criterion) -> None:
    settings = replace(SETTINGS, criterion=criterion)
    one = {"email": "ALICE@free.fr", "mobile": "06 12 34 56 78", "reference": " R1", "phone": "0286786589"}
    other = {"email": "alice@FREE.fr ", "mobile": "+33612345678", "reference": "R1", "phone": "286786589"}

    key = normalise_row(one, settings).dedup_key

    assert key == normalise_row(other, settings).dedup_key
    assert (key is None) == (criterion is Criterion.NONE)


def test_a_blanked_address_does_not_count_in_the_key() -> None:
    row = normalise_row({"email": "alice@free.fr", "mobile": "n/c"}, SETTINGS)

    assert row.dedup_key == dedup_key(Criterion.TRIPLET, {"email": "alice@free.fr"})


def test_the_last_value_that_is_not_empty_wins() -> None:
    rows = [
        accepted(email="alice@free.fr", city="Lyon", company=None),
        accepted(email="alice@free.fr", city="Paris", company=None),
        accepted(email="alice@free.fr", city=None, company=None),
    ]

    assert collapse(rows) == {"email": "alice@free.fr", "city": "Paris", "company": None}


def test_where_empty_cells_erase_the_last_row_wins() -> None:
    rows = [accepted(city="Lyon", company="Roux"), accepted(city=None, company=None)]

    assert collapse(rows, frozenset({"city"})) == {"city": None, "company": "Roux"}


def test_a_row_alone_amounts_to_itself() -> None:
    row = normalise_row({"email": "alice@free.fr", "birth_date": "03/12/1975", "city": ""}, SETTINGS)

    assert collapse([row]) == row.values
