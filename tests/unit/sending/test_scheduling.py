"""When a campaign is to be launched, as people write it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.sending.scheduling import moment_of

PARIS = "Europe/Paris"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-12-01T09:00", PARIS, "2026-12-01T08:00+00:00"),
        ("2026-07-01T09:00", PARIS, "2026-07-01T07:00+00:00"),
        ("2026-12-01 09:00:30", PARIS, "2026-12-01T08:00:30+00:00"),
        (" 2026-12-01T09:00 ", "UTC", "2026-12-01T09:00+00:00"),
        ("2026-12-01T09:00", "Asia/Tokyo", "2026-12-01T00:00+00:00"),
        ("2026-12-01T09:00Z", PARIS, "2026-12-01T09:00+00:00"),
        ("2026-12-01T09:00-05:00", PARIS, "2026-12-01T14:00+00:00"),
        ("2026-12-01", PARIS, "2026-11-30T23:00+00:00"),
    ],
)
def test_a_time_is_the_accounts_unless_it_says_otherwise(text: str, zone: str, moment: str) -> None:
    found = moment_of(text, zone, now=NOW)

    assert found == datetime.fromisoformat(moment)
    assert found.tzinfo is UTC


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(Refused, match=r"no '2026-03-29T02:30' in Europe/Paris"):
        moment_of("2026-03-29T02:30", PARIS, now=NOW)


def test_what_is_over_is_told_as_it_was_written() -> None:
    with pytest.raises(Refused, match=r"^'2026-01-01T00:00' is in the past\.$"):
        moment_of("2026-01-01T00:00", PARIS, now=NOW)


def test_of_a_time_that_comes_twice_the_first_is_meant() -> None:
    assert moment_of("2026-10-25T02:30", PARIS, now=NOW) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "9:00", "01/12/2026 09:00", "2026-13-01T09:00", "0001-01-01T00:00+14:00"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        moment_of(text, PARIS, now=NOW)

    assert refused.value.code == "BAD_TIME"
    assert "2026-12-01T09:00" in refused.value.message


@given(st.text(max_size=60))
def test_no_text_is_anything_but_a_moment_or_refused(text: str) -> None:
    with suppress(Refused):
        assert moment_of(text, PARIS, now=NOW).tzinfo is UTC
