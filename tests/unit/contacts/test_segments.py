"""Saved filters: what they say, and where one that cannot be read goes wrong."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.contacts.segments import (
    MOST_CHARACTERS,
    MOST_CONDITIONS,
    MOST_DEPTH,
    Comparison,
    Condition,
    Filter,
    Group,
    fields_of,
    parse_filter,
)

PARIS = Condition("city", Comparison.EQUAL, "Paris")
OLD = Condition("custom_age", Comparison.MORE, "30")
FREE = Condition("company", Comparison.EMPTY)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("city = Paris", PARIS),
        ('city="Paris"', PARIS),
        ("  city  =\n'Paris' ", PARIS),
        ("custom_age > 30", OLD),
        ("custom_age >= 30", Condition("custom_age", Comparison.AT_LEAST, "30")),
        ("custom_age < -1.5", Condition("custom_age", Comparison.LESS, "-1.5")),
        ("custom_age <= 30", Condition("custom_age", Comparison.AT_MOST, "30")),
        ("city != Paris", Condition("city", Comparison.OTHER, "Paris")),
        ("city contains ari", Condition("city", Comparison.CONTAINS, "ari")),
        ("company is empty", FREE),
        ("company IS NOT Empty", Condition("company", Comparison.FILLED)),
        (r'city = "Cit\"y \\ x"', Condition("city", Comparison.EQUAL, 'Cit"y \\ x')),
        ('"custom_shoe size" = 42', Condition("custom_shoe size", Comparison.EQUAL, "42")),
        ("email = jane+x@domain.com", Condition("email", Comparison.EQUAL, "jane+x@domain.com")),
        ("city = 'and'", Condition("city", Comparison.EQUAL, "and")),
        ("ville = Orléans", Condition("ville", Comparison.EQUAL, "Orléans")),
        ("city = ''", Condition("city", Comparison.EQUAL, "")),
    ],
)
def test_a_condition_is_a_field_a_test_and_a_value(text: str, found: Condition) -> None:
    assert parse_filter(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("city = Paris and company is empty", Group(every=True, parts=(PARIS, FREE))),
        ("city = Paris OR company is empty", Group(every=False, parts=(PARIS, FREE))),
        (
            "city = Paris and custom_age > 30 or company is empty",
            Group(every=False, parts=(Group(every=True, parts=(PARIS, OLD)), FREE)),
        ),
        (
            "city = Paris and (custom_age > 30 or company is empty)",
            Group(every=True, parts=(PARIS, Group(every=False, parts=(OLD, FREE)))),
        ),
        ("((city = Paris))", PARIS),
    ],
)
def test_and_binds_closer_than_or(text: str, found: Filter) -> None:
    assert parse_filter(text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a field expected at the end"),
        ("city", "a test expected at the end"),
        ("city =", "a value expected at the end"),
        ("city Paris", "a test expected at character 6"),
        ("city is full", "a test expected at character 6"),
        ("city is", "'empty' expected at the end"),
        ("= Paris", "a field expected at character 1, not '='"),
        ("city = =", "a value expected at character 8, not '='"),
        ("city = Paris company", "'and' or 'or' expected at character 14"),
        ("(city = Paris", "')' expected at the end"),
        ("(city = Paris city", "')' expected at character 15"),
        ("city = Paris)", "'and' or 'or' expected at character 13"),
        ("city = La Rochelle", ': a value of several words stands in quotes, as "La Rochelle".'),
        ("(city = La Rochelle)", ': a value of several words stands in quotes, as "La Rochelle".'),
        ("city is empty company", "not 'company'."),
        ("city == Paris", "a value expected at character 7, not '=': equality is a single '='."),
        ('city = "Paris', "unreadable from character 7"),
        ("city = Paris; drop table contacts", "unreadable from character 13"),
        ("city = Paris and", "a field expected at the end"),
        ("city = \x00", "unreadable from character 7"),
        ("city = '\ud800'", "half a character"),
        ("x" * (MOST_CHARACTERS + 1), "at most 10000 characters"),
        ("city = " + "x" * 4001, "a value has at most 4000 characters"),
        (" or ".join(["a = 1"] * (MOST_CONDITIONS + 1)), "at most 50 conditions"),
        ("(" * (MOST_DEPTH + 1) + "a = 1" + ")" * (MOST_DEPTH + 1), "at most 10 deep"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_filter(text)

    assert said in refused.value.message
    assert refused.value.code == "BAD_FILTER"


def test_the_bounds_themselves_are_allowed() -> None:
    assert len(fields_of(parse_filter(" or ".join(f"f{n} = 1" for n in range(MOST_CONDITIONS))))) == 50
    parse_filter("(" * MOST_DEPTH + "a = 1" + ")" * MOST_DEPTH)


def test_fields_are_named_once_in_their_order() -> None:
    assert fields_of(parse_filter("b = 1 and (a = 2 or b = 3)")) == ["b", "a"]


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Refused):
        parse_filter(text)


_PIECES = st.sampled_from(
    ["city", "=", "(", ")", "and", "or", "is", "empty", "not", "contains", '"a"', "<", " "]
)


@given(st.lists(_PIECES, max_size=40).map(" ".join))
def test_any_sequence_of_its_words_is_read_or_refused(text: str) -> None:
    with suppress(Refused):
        parse_filter(text)
