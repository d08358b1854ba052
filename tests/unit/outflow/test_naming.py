"""Files are named by patterns, and no day's file replaces another's."""

from __future__ import annotations

from datetime import date

import pytest

from postroom.contacts.errors import Refused
from postroom.outflow.naming import DEFAULT_PATTERN, Named, check_pattern, file_name, plain

DAY = date(2026, 3, 4)
OPENED = Named("EMAIL_OPENED", "Alice & Co", DAY)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (DEFAULT_PATTERN, "EMAIL_OPENED_Alice___Co_20260304.zip"),
        ("$yyyyMMdd-{flow}", "20260304-EMAIL_OPENED.zip"),
        ("{entity}.{yyyyMMdd}.zip", "Alice___Co.20260304.zip"),
        ("x_{yyyyMMdd}_{HHmmss}", "x_20260304_000000.zip"),
    ],
)
def test_a_pattern_is_filled_in(pattern: str, expected: str) -> None:
    assert file_name(check_pattern(pattern, dated=True), OPENED, ".zip") == expected


def test_what_comes_beside_the_file_of_a_day_bears_its_time() -> None:
    extra = Named("F", "a", DAY, "143000")

    assert file_name("{flow}_{yyyyMMdd}", extra, ".zip") == "F_20260304_143000.zip"
    assert file_name("{flow}_{HHmmss}_{yyyyMMdd}", extra, ".zip") == "F_143000_20260304.zip"


def test_the_only_file_of_a_day_has_a_time_too() -> None:
    alone = Named("F", "a", DAY, time="040000")

    assert file_name("{flow}_{yyyyMMdd}_{HHmmss}", alone, ".zip") == "F_20260304_040000.zip"
    assert file_name("{flow}_{yyyyMMdd}", alone, ".zip") == "F_20260304.zip"


def test_the_inner_name_may_be_constant() -> None:
    assert file_name(check_pattern("data", dated=False), OPENED, ".csv") == "data.csv"


@pytest.mark.parametrize("pattern", ["{flow}", "daily.zip", "{HHmmss}"])
def test_a_name_without_a_date_is_refused(pattern: str) -> None:
    with pytest.raises(Refused, match="yyyyMMdd"):
        check_pattern(pattern, dated=True)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "../{yyyyMMdd}",
        "a/b_{yyyyMMdd}",
        "a b_{yyyyMMdd}",
        "{yyyyMMdd}\n",
        "{unknown}_{yyyyMMdd}",
        "é_{yyyyMMdd}",
        ".hidden_{yyyyMMdd}",
        "-r_{yyyyMMdd}",
        "x" * 300 + "{yyyyMMdd}",
    ],
)
def test_a_name_that_could_harm_is_refused(pattern: str) -> None:
    with pytest.raises(Refused) as refused:
        check_pattern(pattern, dated=True)

    assert refused.value.code == "BAD_NAME"


@pytest.mark.parametrize("table", ["../../etc", "a/b", "naïve", "x\ny", "", " "])
def test_no_account_gets_out_of_its_folder_by_its_name(table: str) -> None:
    name = file_name(DEFAULT_PATTERN, Named("F", table, DAY), ".zip")

    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert "/" not in name


def test_plain_leaves_nothing_but_what_every_server_takes() -> None:
    assert plain("a b/c\\d:é") == "a_b_c_d__"


def test_a_long_name_keeps_what_tells_files_of_a_day_apart() -> None:
    names = [file_name(DEFAULT_PATTERN, Named("F", "t" * 500, DAY, each), ".zip") for each in ("1", "2")]

    assert [name[-7:] for name in names] == ["t_1.zip", "t_2.zip"]
    assert max(map(len, names)) <= 204


def test_a_long_name_is_bounded() -> None:
    assert len(file_name(DEFAULT_PATTERN, Named("F", "t" * 500, DAY), ".zip")) <= 204
