"""What texts stand for in relational tables, value by value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.table_values import as_json, day, decimal, number, typed
from postroom.contacts.tables import Field, FieldType
from postroom.contacts.verdicts import Verdict


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1234", "1234"),
        ("0", "0"),
        ("-0", "0"),
        ("007", "7"),
        ("+5", "5"),
        ("-12", "-12"),
        ("12.0", "12"),
        ("12.", "12"),
        ("999999999999999999", "999999999999999999"),
        ("1000000000000000000", None),
        ("12.5", None),
        ("1e3", None),
        ("1,234", None),
        ("1 234", None),
        ("", None),
        ("-", None),
        ("abc", None),
        ("١٢", None),
        ("0x1f", None),
    ],
)
def test_a_number_is_whole_and_has_eighteen_digits(text: str, found: str | None) -> None:
    assert number(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1.1", "1.1"),
        ("1.10", "1.1"),
        ("12", "12"),
        ("100", "100"),
        ("-0.50", "-0.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("0.0", "0"),
        ("-0", "0"),
        ("1e3", "1000"),
        ("2.5E-2", "0.025"),
        ("+1.5", "1.5"),
        ("1e30", "1" + "0" * 30),
        ("1e31", None),
        ("1e999", None),
        ("1" * 31, None),
        ("1,1", None),
        ("NaN", None),
        ("inf", None),
        ("1.1.1", None),
        (".", None),
        ("", None),
    ],
)
def test_a_float_has_a_point_and_no_surprises(text: str, found: str | None) -> None:
    assert decimal(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("03/27/2019", "2019-03-27"),
        ("2019-03-27", "2019-03-27"),
        ("1/1/2011", "2011-01-01"),
        ("2011-1-1", "2011-01-01"),
        ("02/29/2024", "2024-02-29"),
        ("02/29/2023", None),
        ("27/03/2019", None),
        ("03/27/19", None),
        ("03-27-2019", None),
        ("20190327", None),
        ("0000-01-01", None),
        ("2019-03-27 10:00", None),
        ("", None),
    ],
)
def test_a_date_has_the_month_or_the_year_first(text: str, found: str | None) -> None:
    assert day(text) == found


@pytest.mark.parametrize(
    ("type_", "text", "found"),
    [
        (FieldType.STRING, "  boating ", "boating"),
        (FieldType.STRING, "a\tb\x00", "a b"),
        (FieldType.STRING, "  ", None),
        (FieldType.STRING, "twelve chars", Verdict.VALUE_TOO_LONG),
        (FieldType.NUMBER, " 12 ", "12"),
        (FieldType.NUMBER, "twelve", Verdict.BAD_VALUE),
        (FieldType.FLOAT, "1.10", "1.1"),
        (FieldType.FLOAT, "1,10", Verdict.BAD_VALUE),
        (FieldType.DATE, "1/1/2011", "2011-01-01"),
        (FieldType.DATE, "yesterday", Verdict.BAD_DATE),
        (FieldType.DATE, "", None),
    ],
)
def test_a_field_reads_texts_by_its_type(type_: FieldType, text: str, found: str | Verdict | None) -> None:
    length = 10 if type_ is FieldType.STRING else None

    assert typed(Field("a", type_, length), text) == found


@given(st.text(), st.sampled_from(list(FieldType)))
def test_what_a_field_holds_is_json_and_says_the_same_again(text: str, type_: FieldType) -> None:
    field = Field("a", type_, 4000 if type_ is FieldType.STRING else None)
    value = typed(field, text)

    if isinstance(value, str) and not isinstance(value, Verdict):
        json.loads(as_json(field, value))
        assert typed(field, value) == value
