from __future__ import annotations

import pytest

from postroom.contacts.batches import FileRefused
from postroom.ingest.records import (
    MAX_RECORD_CHARACTERS,
    CarefulReader,
    Record,
    bent_cells,
    cells_of,
    is_blank,
)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("", ("",)),
        ("a;b", ("a", "b")),
        (";", ("", "")),
        ('"a"b;c', ("ab", "c")),
        ('"a""b"c', ('a"bc',)),
        ('a"b;c"', ('a"b', 'c"')),
        ('""x;""', ("x", "")),
        ('"a";"b', None),
        ('"a""b', None),
        ('"', None),
    ],
)
def test_bent_quotes_are_read_as_people_mean_them(line: str, cells: tuple[str, ...] | None) -> None:
    assert bent_cells(line, ";") == cells


def test_records_know_their_line_and_their_text() -> None:
    reader = CarefulReader('a;b\n"c\nd";e\n\nf', ";", 7)

    assert list(reader) == [
        Record(7, "a;b", ("a", "b")),
        Record(8, '"c\nd";e', ("c\nd", "e")),
        Record(10, "", ()),
        Record(11, "f", ("f",)),
    ]
    assert reader.tail == ""


def test_an_open_record_is_kept_for_the_next_block() -> None:
    reader = CarefulReader('a\n"b\nc\n', ";", 1)

    assert [record.cells for record in reader] == [("a",)]
    assert reader.tail == '"b\nc\n'
    with pytest.raises(FileRefused) as caught:
        reader.refuse_open()
    assert caught.value.value == "2"


def test_an_open_record_is_not_kept_for_ever() -> None:
    lines = ('"' + "x" * 1000 + '";') * 100
    reader = CarefulReader((lines + '"\n";') * 11 + '"', ";", 1)

    with pytest.raises(FileRefused):
        list(reader)
    assert len(lines) * 11 > MAX_RECORD_CHARACTERS


def test_a_record_counts_its_lines() -> None:
    assert [record.line_count for record in CarefulReader('a\n"b\n\nc"\n', ";", 1)] == [1, 3]


def test_the_text_of_a_record_is_split_again_alike() -> None:
    assert cells_of('"b\nc";d', ";") == ("b\nc", "d")
    assert cells_of("", ";") == ()


@pytest.mark.parametrize(
    ("cells", "blank"), [((), True), (("", " \u00a0"), True), (("", "x"), False), ((";",), False)]
)
def test_a_record_of_blanks_says_nothing(cells: tuple[str, ...], *, blank: bool) -> None:
    assert is_blank(cells) is blank
