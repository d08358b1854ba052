"""What a file of odd rows promises is what the law of rows says of it."""

from __future__ import annotations

import io

import pytest

from demo.oddities import ODDITIES, Expected, Oddity
from demo.people import People, write_file
from tests.unit.demo.readings import read

PLAIN = People(1).cells(1)
EARLIER = People(1).cells(0)


def odd_file(count: int, share: float, seed: int = 1) -> tuple[bytes, Expected]:
    file = io.BytesIO()
    expected = write_file(file, count, seed=seed, bad_share=share)
    return file.getvalue(), expected


@pytest.mark.parametrize(("count", "share"), [(130, 0.5), (1000, 0.1), (5000, 0.02), (7, 0.02)])
def test_the_law_says_of_a_file_what_was_expected_of_it(count: int, share: float) -> None:
    content, expected = odd_file(count, share)

    assert read(content).said == expected


def test_every_kind_takes_its_turn() -> None:
    _content, expected = odd_file(2 * len(ODDITIES), 0.5)

    refusing = {kind.reason for kind in ODDITIES if kind.fate == "refused"}
    assert set(expected.refused) == refusing
    assert expected.refused.total() == len(refusing)
    assert expected.duplicates == 1
    assert expected.warnings == {"INVALID_EMAIL": 1, "BAD_DATE": 1}


def test_every_row_has_an_end() -> None:
    _content, expected = odd_file(3000, 0.3)

    assert expected.lines == 3000
    assert expected.lines == expected.created + expected.duplicates + expected.refused.total()


def test_a_line_of_separators_comes_on_top_of_the_rows() -> None:
    blank = next(number for number, kind in enumerate(ODDITIES) if kind.fate == "nothing")
    content, expected = odd_file(2 * len(ODDITIES), 0.5)

    assert expected.lines == 2 * len(ODDITIES)
    assert b"\n;;;;;;;;;;;\n" in content
    assert blank > 0


@pytest.mark.parametrize("kind", [kind for kind in ODDITIES if kind.fate != "nothing"], ids=lambda k: k.name)
def test_an_odd_row_meets_its_fate(kind: Oddity) -> None:
    lines = ["header", EARLIER.line(), kind.line(PLAIN, EARLIER)]

    said = read("\n".join(lines).encode("cp1252")).said

    assert said.refused == ({kind.reason: 1} if kind.fate == "refused" else {})
    assert said.warnings == ({kind.reason: 1} if kind.fate == "created" and kind.reason else {})
    assert said.duplicates == (kind.fate == "duplicate")
    assert said.created == 1 + (kind.fate == "created")


def test_a_euro_needs_what_windows_calls_iso_8859_1() -> None:
    content, _expected = odd_file(2 * len(ODDITIES), 0.5)

    assert b"10 \x80" in content
