from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import (
    SUPPORTED_REGIONS,
    PhoneMetadata,
    PhoneNumberFormat,
    PhoneNumberType,
    country_code_for_region,
    example_number_for_type,
    format_number,
    national_significant_number,
)

from postroom.contacts.addresses import phone
from postroom.contacts.fields import PhoneKind
from postroom.ingest.dialling import read_by_plan
from postroom.ingest.phones import Phones, compact_phones

KINDS: list[PhoneKind] = ["phone", "mobile"]
REGIONS = sorted(SUPPORTED_REGIONS)
SENDERS = [
    *("FR", "BE", "CH", "LU", "DE", "ES", "IT", "PT", "NL", "GB", "IE", "AT", "PL", "US", "CA"),
    *("MA", "TN", "DZ", "SN", "CI", "RE", "GP", "MQ", "GF", "PM", "NC", "PF"),
]
CUT_PREFIXES = "0", "1", "8", "06", "011", "00"
STRAYS = ["06 1234 567O", "0612345678 x12", "+32 475 12 34 5é", "0", "+", "+3", "+33", "00", "+0612345678"]


@cache
def published(region: str) -> dict[int, tuple[str, str, str, str]]:
    """Example numbers by type: national, E.164, and how people there write both."""
    found = {}
    for kind in PhoneNumberType.values():
        if number := example_number_for_type(region, kind):
            national = national_significant_number(number)
            written = (
                format_number(number, style)
                for style in (
                    PhoneNumberFormat.E164,
                    PhoneNumberFormat.INTERNATIONAL,
                    PhoneNumberFormat.NATIONAL,
                )
            )
            found[kind] = (national, *written)
    return found  # type: ignore[return-value]  # mypy cannot count a star


def right_and_wrong(region: str) -> Iterator[str]:
    """Yield the published numbers as they should be written, and as they should not."""
    code = country_code_for_region(region)
    for national, e164, international, usual in published(region).values():
        yield from (e164, "00" + e164[1:], international, usual, national)
        yield from (prefix + national for prefix in CUT_PREFIXES)
        yield from (f"{code}{national}", f"{code}0{national}", f"+{code}0{national}", f"011{code}{national}")
        yield from (national + "7", national[:-1], national[1:], f"0{national}7", f"0{national[:-1]}")
        yield from (national[-7:], national[-6:])


def digits_around_the_plan(region: str) -> Iterator[str]:
    """Yield made-up digits with about as many places as the numbers of the region have."""
    chance = random.Random(region)
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    assert metadata.general_desc is not None
    for length in metadata.general_desc.possible_length:
        for places in (length - 1, length, length, length + 1):
            digits = "".join(chance.choices("0123456789", k=places))
            yield from (
                digits,
                f"0{digits}",
                f"{metadata.country_code}{digits}",
                f"+{metadata.country_code}{digits}",
            )


def assert_equals_law(texts: list[str], region: str, kind: PhoneKind) -> None:
    column = Phones(region, kind, worth=1).normalised(pl.Series(kind, texts))

    law = [phone(text, region, kind) for text in texts]
    assert list(zip(texts, column, strict=True)) == list(zip(texts, law, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_at_home_the_numbers_of_every_region_are_read_as_the_law_reads(kind: PhoneKind) -> None:
    for region in REGIONS:
        assert_equals_law([*right_and_wrong(region), *digits_around_the_plan(region), *STRAYS], region, kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("account", ["FR", "BE", "US"])
def test_abroad_the_numbers_of_every_region_are_read_as_the_law_reads(account: str, kind: PhoneKind) -> None:
    texts = [text for region in REGIONS for text in right_and_wrong(region)]

    assert_equals_law(texts, account, kind)


@settings(max_examples=300)
@given(
    st.sampled_from(REGIONS),
    st.sampled_from(KINDS),
    st.lists(
        st.tuples(st.integers(0, 5), st.text(alphabet="0123456789", min_size=3, max_size=14)), min_size=1
    ),
)
def test_whatever_is_dialled_is_read_as_the_law_reads(
    region: str, kind: PhoneKind, numbers: list[tuple[int, str]]
) -> None:
    code = str(country_code_for_region(region))
    before = ["", "", "0", "1", code, "+" + code]

    assert_equals_law([before[choice] + digits for choice, digits in numbers], region, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("region", [region for region in SENDERS if region != "FR"])
def test_usual_numbers_of_the_senders_countries_need_no_law(region: str, kind: PhoneKind) -> None:
    usual = [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE]
    texts = [text for each in usual if each in published(region) for text in published(region)[each]]

    numbers, open_rows = read_by_plan(compact_phones(pl.Series(texts)), region, kind, worth=1)

    assert not open_rows.any()
    assert numbers.to_list() == [phone(text, region, kind) for text in texts]


def test_numbers_of_many_countries_in_one_column_find_their_own_plan() -> None:
    foreign = [published(region)[PhoneNumberType.MOBILE][2] for region in SENDERS if region != "US"]

    numbers, open_rows = read_by_plan(compact_phones(pl.Series(foreign)), "US", "mobile", worth=1)

    asked = compact_phones(pl.Series(foreign))
    assert [asked[row][:3] for row in open_rows.arg_true()] == ["+33"]
    assert numbers.null_count() == 1


def test_few_numbers_of_a_country_are_left_to_the_law() -> None:
    belgian = pl.Series(["+32475123456"] * 3)

    assert read_by_plan(belgian, "FR", "phone", worth=4).open_rows.all()
    assert not read_by_plan(belgian, "FR", "phone", worth=3).open_rows.any()


def test_what_was_dialled_stays_as_it_is() -> None:
    dialled = pl.Series(["32475123456", "0475123456", "+32475123456"])

    read_by_plan(dialled, "BE", "phone")

    assert dialled.to_list() == ["32475123456", "0475123456", "+32475123456"]


def test_an_unknown_region_reads_what_carries_a_country_code_alone() -> None:
    texts = ["+32 475 12 34 56", "0475 12 34 56", "+33 6 12 34 56 78"]

    column = Phones("ZZ", "mobile", worth=1).normalised(pl.Series(texts))

    assert column.to_list() == ["+32475123456", None, "+33612345678"]
