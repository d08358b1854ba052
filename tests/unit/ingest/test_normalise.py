from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from postroom.contacts.criteria import Criterion
from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.settings import AccountSettings
from postroom.ingest.memo import Memo
from postroom.ingest.normalise import Normaliser, normalise

SETTINGS = AccountSettings()


def frame(**columns: list[str | None]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    lines = pl.Series("line", range(2, 2 + height), dtype=pl.Int64)
    return pl.DataFrame(
        [lines, *(pl.Series(name, cells, dtype=pl.String) for name, cells in columns.items())]
    )


def test_good_rows_pass_and_bad_ones_are_told_apart() -> None:
    result = normalise(
        frame(
            email=["Alice@free.fr ", "nope", "nope", None],
            mobile=["06 12 34 56 78", "0698765432", "12", ""],
            birth_date=["03/12/1975", "31/02/1980", None, None],
        ),
        SETTINGS,
    )

    assert result.accepted.drop("dedup_key").rows() == [
        (2, "alice@free.fr", "+33612345678", date(1975, 12, 3)),
        (3, None, "+33698765432", None),
    ]
    assert result.refused.rows() == [(4, "INVALID_EMAIL", "nope"), (5, "NO_MEANS", "")]
    assert result.warnings.rows() == [(3, "INVALID_EMAIL", "nope"), (3, "BAD_DATE", "31/02/1980")]


def test_frames_have_the_same_types_whatever_is_in_them() -> None:
    texts = pl.Schema({"line": pl.Int64(), "reason": pl.String(), "value": pl.String()})
    columns: list[list[str | None]] = [["alice@free.fr"], ["nope"], [None], []]
    for emails in columns:
        result = normalise(frame(email=emails, phone=[None] * len(emails), birth_date=emails), SETTINGS)

        assert result.refused.schema == texts
        assert result.warnings.schema == texts
        assert result.accepted.schema == pl.Schema(
            {
                "line": pl.Int64(),
                "dedup_key": pl.String(),
                "email": pl.String(),
                "phone": pl.String(),
                "birth_date": pl.Date(),
            }
        )


def test_a_file_without_any_column_of_addresses_is_refused_row_for_row() -> None:
    result = normalise(frame(city=["Lyon", None]), SETTINGS)

    assert result.accepted.is_empty()
    assert result.refused["reason"].to_list() == ["NO_MEANS", "NO_MEANS"]
    assert result.warnings.is_empty()


def test_a_file_without_the_reference_that_identifies_is_refused_row_for_row() -> None:
    result = normalise(frame(email=["alice@free.fr", "nope"]), AccountSettings(criterion=Criterion.REFERENCE))

    assert result.refused["reason"].to_list() == ["MISSING_REFERENCE", "MISSING_REFERENCE"]


def test_columns_come_out_in_the_order_of_the_fields_and_unknown_ones_not_at_all() -> None:
    result = normalise(frame(field02=["x"], city=["Lyon"], nonsense=["y"], email=["a@b.fr"]), SETTINGS)

    assert result.accepted.columns == ["line", "dedup_key", "email", "city", "field02"]


def test_lines_keep_the_type_that_they_came_with() -> None:
    result = normalise(frame(email=["alice@free.fr"]).cast({"line": pl.Int32}), SETTINGS)

    assert result.accepted.schema["line"] == pl.Int32()
    assert result.refused.schema["line"] == pl.Int32()


def test_a_value_that_is_too_long_refuses_its_row_alone() -> None:
    longest = "é" * MAX_VALUE_CHARACTERS

    result = normalise(frame(email=["a@b.fr", "b@b.fr"], city=[longest, longest + "x"]), SETTINGS)

    assert result.accepted["city"].to_list() == [longest]
    assert result.refused.rows() == [(3, "VALUE_TOO_LONG", "city")]


def test_one_normaliser_says_the_same_of_every_frame() -> None:
    normaliser = Normaliser(SETTINGS)
    odd = frame(email=["élodie@société.fr", "nope"], mobile=["+32 475 12 34 56", "+32 2 555 12 12"])

    first, second = normaliser.normalise(odd), normaliser.normalise(odd)

    assert first.accepted.equals(second.accepted)
    assert first.refused.equals(second.refused)
    assert first.accepted["mobile"].to_list() == ["+32475123456"]


def test_a_memo_asks_the_law_once_and_never_grows_over_its_bound() -> None:
    asked: list[str] = []

    def law(text: str) -> str:
        asked.append(text)
        return text.upper()

    memo = Memo(law, entries=2)

    assert [memo(text) for text in "aabbab"] == list("AABBAB")
    assert asked == ["a", "b"]
    assert [memo(text) for text in "cde"] == list("CDE")
    assert len(memo) <= 2


@pytest.mark.parametrize("region", ["BE", "ES", "IT", "US"])
def test_other_regions_are_read_by_their_own_plan(region: str) -> None:
    numbers: dict[str, tuple[str, str]] = {
        "BE": ("0475 12 34 56", "+32475123456"),
        "ES": ("612 345 678", "+34612345678"),
        "IT": ("347 123 4567", "+393471234567"),
        "US": ("(202) 555-0123", "+12025550123"),
    }
    raw, number = numbers[region]

    result = normalise(frame(mobile=[raw]), AccountSettings(region=region))

    assert result.accepted["mobile"].to_list() == [number]
