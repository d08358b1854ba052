from __future__ import annotations

import io

import pytest

from postroom.ingest.number_formats import formats_of, show_by
from tests.workbooks import Raw, Rows, ods, package, sheet, xlsx


@pytest.mark.parametrize(
    ("code", "number", "expected"),
    [
        ("00000", 1000, "01000"),
        ("00000", 75001, "75001"),
        ("00000", 0, "00000"),
        ("00000", 123456, "123456"),
        ("00000;@", 1000, "01000"),
        ("[$-40C]00000", 1000, "01000"),
        ('0#" "##" "##" "##" "##', 612345678, "06 12 34 56 78"),
        ("0#\\ ##\\ ##\\ ##\\ ##", 612345678, "06 12 34 56 78"),
        ("00 00 00 00 00", 612345678, "06 12 34 56 78"),
        ("0000-00-00", 123456, "0012-34-56"),
        ('"FR"000', 7, "FR007"),
        ('"FR"000', 12345, "FR12345"),
        ("0%", 0.5, "50%"),
        ("0.00%", 0.1234, "12.34%"),
    ],
)
def test_a_format_shows_a_number_as_a_person_sees_it(code: str, number: float, expected: str) -> None:
    show = show_by(code)

    assert show is not None
    assert show(float(number)) == expected


@pytest.mark.parametrize(
    "code",
    ["General", "0", "#", "0.00", "#,##0", "@", "", "dd/mm/yyyy", '0" €"', "[<100]00000;0", "??", "# 00"],
)
def test_other_formats_leave_a_number_its_digits(code: str) -> None:
    assert show_by(code) is None


@pytest.mark.parametrize("number", [-1.0, 1.5, 1e15])
def test_a_number_that_digits_in_places_cannot_show_keeps_its_own(number: float) -> None:
    show = show_by("00000")

    assert show is not None
    assert show(number) is None


def test_the_formats_of_a_sheet_are_found_by_cell() -> None:
    rows: Rows = [
        ["CP"],
        [Raw("1000", style=1), Raw("5", style=2)],
        [Raw("1000")],
        [None, None, Raw("0.5", style=3)],
    ]
    book = io.BytesIO(xlsx(rows, formats=["00000", "0", "0%"], more={"B": [[Raw("1", style=1)]]}))

    found = formats_of(book, "Contacts")

    assert found
    assert found.shown(1, 0, 1000.0) == "01000"
    assert found.shown(3, 2, 0.5) == "50%"
    assert [found.shown(*cell, 1.0) for cell in ((0, 0), (1, 1), (2, 0), (9, 0), (0, 99))] == [None] * 5


def test_cells_beyond_the_twenty_sixth_column_and_the_first_piece_are_found() -> None:
    rows: Rows = [[*[None] * 27, Raw(str(number), style=1)] for number in range(30_000)]

    found = formats_of(io.BytesIO(xlsx(rows, formats=["00000"])), "Contacts")

    assert [found.shown(row, 27, float(row)) for row in range(30_000)] == [
        f"{row:05}" for row in range(30_000)
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zip",
        ods([["x"]]),
        xlsx([["x"]]),
        package({"Other": sheet([[Raw("1", style=1)]])}, formats=["00"]),
    ],
    ids=["nothing", "no zip", "ods", "no formats", "another sheet"],
)
def test_without_formats_there_is_nothing_to_show(content: bytes) -> None:
    assert not formats_of(io.BytesIO(content), "Contacts")
