from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.dates import birth_date


@pytest.mark.parametrize(
    "raw",
    [
        "03/12/1975",
        "3/12/1975",
        "03-12-1975",
        "03.12.1975",
        "03/12/75",
        "1975-12-03",
        "1975/12/03",
        "19751203",
        "03/12/1975 00:00:00",
        "1975-12-03T00:00:00Z",
        "1975-12-03 23:59:59.999+01:00",
        "\u00a01975-12-03 ",
    ],
)
def test_a_day_is_written_in_many_ways(raw: str) -> None:
    assert birth_date(raw) == date(1975, 12, 3)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "n/c",
        "12/31/1975",
        "31/02/1975",
        "29/02/1975",
        "00/00/0000",
        "0000-00-00",
        "03/12-1975",
        "03/12/1799",
        "03/12/2101",
        "03121975",
        "03 décembre 1975",
        "1975",
        "197512",
        "03/12/197",
        "27731",
        "٠٣/١٢/١٩٧٥",
    ],
)
def test_what_is_no_day_is_none(raw: str) -> None:
    assert birth_date(raw) is None


@pytest.mark.parametrize(("raw", "year"), [("01/01/25", 2025), ("01/01/26", 1926), ("01/01/00", 2000)])
def test_a_year_of_two_digits_is_in_the_past(raw: str, year: int) -> None:
    assert birth_date(raw) == date(year, 1, 1)


@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2100, 12, 31)), st.sampled_from("/-."))
def test_every_day_can_be_read_back(day: date, separator: str) -> None:
    assert birth_date(day.strftime(f"%d{separator}%m{separator}%Y")) == day
    assert birth_date(day.strftime("%Y%m%d")) == day
    assert birth_date(day.isoformat()) == day
