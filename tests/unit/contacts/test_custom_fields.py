from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.custom_fields import (
    TEXTS,
    TYPE_NAMES,
    FieldType,
    cell_value,
    is_field_name,
    typed_value,
)
from postroom.contacts.fields import (
    CONTACT_FIELDS,
    CUSTOM_FIELDS,
    DOCUMENTED_FIELDS,
    EXTRA_FIELDS,
    MAX_VALUE_CHARACTERS,
)
from postroom.contacts.verdicts import Verdict


def test_custom_fields_come_after_those_of_the_documents() -> None:
    assert (*DOCUMENTED_FIELDS, *EXTRA_FIELDS) == CONTACT_FIELDS
    assert len(DOCUMENTED_FIELDS) == 16 + 15 + 2
    assert set(CUSTOM_FIELDS) < set(DOCUMENTED_FIELDS)
    assert (EXTRA_FIELDS[0], EXTRA_FIELDS[-1], len(EXTRA_FIELDS)) == ("extra01", "extra45", 45)


def test_every_type_has_a_name() -> None:
    assert {kind.value: TYPE_NAMES[kind] for kind in FieldType} == {
        0: "number",
        1: "text",
        2: "date",
        3: "large-text",
        6: "unicode-text",
        7: "float",
    }


@pytest.mark.parametrize("name", ["age", "Age", "shoe size", "item.SKU", "Pointure (EU)", "é", "x" * 100])
def test_a_field_may_be_named_so(name: str) -> None:
    assert is_field_name(name)


@pytest.mark.parametrize("name", ["", " age", "age ", "x" * 101, "a\tb", "a\0b", "\ud800", "\u202e"])
@pytest.mark.parametrize("before", ["", "x"])
def test_what_cannot_be_seen_is_no_name(name: str, before: str) -> None:
    assert not is_field_name(name) or (before and is_field_name(before + name))


@pytest.mark.parametrize("mark", list('^&=,|"<>;'))
def test_what_ends_a_name_in_a_file_is_in_none(mark: str) -> None:
    assert not is_field_name(f"a{mark}b")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("03/27/2019", "2019-03-27"),
        ("2019-03-27", "2019-03-27"),
        ("02/29/2024", "2024-02-29"),
        ("12/31/0001", "0001-12-31"),
        ("27/03/2019", None),
        ("3/27/2019", None),
        ("03/7/2019", None),
        ("03/27/19", None),
        ("03-27-2019", None),
        ("2019/03/27", None),
        ("02/29/2023", None),
        ("00/10/2023", None),
        ("01/01/0000", None),
        ("2019-3-27", None),
        ("2019-03-27T10:00:00Z", None),
        ("٠٣/٢٧/٢٠١٩", None),
        ("today", None),
    ],
)
def test_a_date_is_month_first_or_iso_and_stored_as_iso(text: str, stored: str | None) -> None:
    assert typed_value(FieldType.DATE, text) == (stored or Verdict.BAD_DATE)


@pytest.mark.parametrize("text", ["0", "36", "-4", "+4", "007", "9" * 18])
def test_a_number_is_whole(text: str) -> None:
    assert typed_value(FieldType.NUMBER, text) == text
    assert typed_value(FieldType.FLOAT, text) == text


@pytest.mark.parametrize("text", ["1.5", "-0.25", ".5", "5.", "1e10", "2.5E-3"])
def test_a_float_may_have_a_fraction_and_an_exponent(text: str) -> None:
    assert typed_value(FieldType.FLOAT, text) == text
    assert typed_value(FieldType.NUMBER, text) is Verdict.BAD_VALUE


@pytest.mark.parametrize(
    "text", ["abc", "1,5", "1 000", "--1", "0x10", ".", "e5", "nan", "inf", "1e9999", "٣٦", "9" * 41, "1_000"]
)
def test_what_is_no_number_is_neither(text: str) -> None:
    assert typed_value(FieldType.NUMBER, text) is Verdict.BAD_VALUE
    assert typed_value(FieldType.FLOAT, text) is Verdict.BAD_VALUE


@pytest.mark.parametrize("kind", [FieldType.TEXT, FieldType.LARGE_TEXT, FieldType.UNICODE_TEXT])
def test_text_is_stored_as_it_is_up_to_a_length(kind: FieldType) -> None:
    longest = "é" * MAX_VALUE_CHARACTERS

    assert typed_value(kind, longest) == longest
    assert typed_value(kind, longest + "é") is Verdict.VALUE_TOO_LONG
    assert typed_value(kind, "\ud800") is Verdict.BAD_VALUE


@given(kind=st.sampled_from(FieldType), text=st.text(min_size=1) | st.from_regex(r"[0-9/.eE+-]{1,14}"))
def test_what_is_stored_would_be_stored_again_as_it_is(kind: FieldType, text: str) -> None:
    stored = typed_value(kind, text)

    assert isinstance(stored, Verdict) or typed_value(kind, stored) == stored


@pytest.mark.parametrize(
    ("kind", "cell", "stored"),
    [
        (FieldType.DATE, "27/03/2019", "2019-03-27"),
        (FieldType.DATE, "03/04/2019", "2019-04-03"),
        (FieldType.DATE, "2019-03-27", "2019-03-27"),
        (FieldType.DATE, "1.2.75", "1975-02-01"),
        (FieldType.DATE, "03/27/2019", None),
        (FieldType.DATE, "soon", None),
        (FieldType.FLOAT, "36,5", "36.5"),
        (FieldType.FLOAT, "36.5", "36.5"),
        (FieldType.FLOAT, "1,234.5", None),
        (FieldType.FLOAT, "1,2,3", None),
        (FieldType.NUMBER, "36", "36"),
        (FieldType.NUMBER, "36,5", None),
        (FieldType.TEXT, "36,5", "36,5"),
    ],
)
def test_a_cell_of_a_contact_file_is_read_as_such_files_are_written(
    kind: FieldType, cell: str, stored: str | None
) -> None:
    assert cell_value(kind, cell) == stored


@given(kind=st.sampled_from(FieldType), text=st.text(min_size=1) | st.from_regex(r"[0-9/.eE+-]{1,14}"))
def test_what_a_batch_has_stored_is_as_good_in_a_contact_file(kind: FieldType, text: str) -> None:
    stored = typed_value(kind, text)

    assert isinstance(stored, Verdict) or cell_value(kind, stored) == stored


def test_texts_are_the_types_that_hold_anything() -> None:
    assert {kind for kind in FieldType if typed_value(kind, "anything") == "anything"} == TEXTS
