from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.dialects.flows.cells import CUT, NOT_A_NUMBER, NUL, REPLACED, Spelling
from postroom.dialects.flows.columns import Column, Kind
from postroom.dialects.flows.writing import FlowWriter, zip_file

TEXT = Column("a")
MULTI = Column("a", Kind.MULTI)


def written(columns: list[Column], *rows: list[Any], spelling: Spelling | None = None) -> bytes:
    """Return a whole file."""
    stream = io.BytesIO()
    FlowWriter(stream, columns, spelling).write_all(rows)
    return stream.getvalue()


def line(column: Column, value: Any, **spelling: Any) -> str:
    """Return how a value is written beside another column, whose null is left away."""
    content = written([column, Column("other")], [value, None], spelling=Spelling(**spelling))
    return content.decode().removeprefix(f"{column.name};other\n").removesuffix(";\n")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a;b", '"a;b"'),
        ('say "hi"', '"say ""hi"""'),
        ('"', '""""'),
        ("x\ry", '"x\ry"'),
        ("x\r\ny", '"x\r\ny"'),
        ("x\ny", '"x\ny"'),
        ("a,b", "a,b"),
        ("", '""'),
        (" a ", " a "),
        ("héé", "héé"),
        ("=1+1", "=1+1"),
    ],
)
def test_text_is_quoted_where_it_must_be_and_never_trimmed(value: str, expected: str) -> None:
    assert line(TEXT, value) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["red", "blue"], "red,blue"),
        (["red", "dark, blue"], '"red,""dark, blue"""'),
        (['5" nails'], '"""5"""" nails"""'),
        (["a;b", "c"], '"a;b,c"'),
        ([""], '""""""'),
        ([], ""),
        (["red", "red"], "red,red"),
        (["a\nb"], '"""a\nb"""'),
    ],
)
def test_values_of_a_list_are_quoted_by_themselves_before_their_cell_is(
    values: list[str], expected: str
) -> None:
    assert line(MULTI, values) == expected


def test_null_is_nothing_and_the_empty_string_is_two_quotes() -> None:
    assert written([TEXT, Column("b")], [None, ""]) == b'a;b\n;""\n'


def test_a_lonely_null_is_not_a_blank_line_which_readers_skip() -> None:
    assert written([TEXT], [None]) == b'a\n""\n'


def test_a_file_without_rows_has_its_header() -> None:
    assert written([TEXT, Column("profile.email"), Column("q.colour-1")]) == b"a;profile.email;q.colour-1\n"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Kind.INTEGER, -12, "-12"),
        (Kind.INTEGER, 1_000_000, "1000000"),
        (Kind.DECIMAL, Decimal("10.50"), "10.50"),
        (Kind.DECIMAL, Decimal("1E+3"), "1000"),
        (Kind.DECIMAL, Decimal("-0.0000001"), "-0.0000001"),
        (Kind.BOOLEAN, True, "true"),
        (Kind.BOOLEAN, False, "false"),
        (Kind.DATE, date(987, 1, 2), "0987-01-02"),
        (Kind.MOMENT, datetime(2026, 11, 29, 14, 30, 0, 999_999, tzinfo=UTC), "2026-11-29 14:30:00"),
    ],
)
def test_each_kind_of_value_has_one_spelling(kind: Kind, value: Any, expected: str) -> None:
    assert line(Column("a", kind), value) == expected


def test_moments_are_told_in_the_zone_of_the_account() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)

    assert line(Column("a", Kind.MOMENT), noon, zone=ZoneInfo("Europe/Paris")) == "2026-07-01 14:00:00"


def test_the_hour_that_is_there_twice_is_told_apart_by_its_offset() -> None:
    paris, moment = ZoneInfo("Europe/Paris"), Column("a", Kind.MOMENT)
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)

    told = [line(moment, each, zone=paris, iso_moments=True) for each in (first, first + timedelta(hours=1))]

    assert told == ["2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00"]


def test_a_moment_without_zone_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="zone"):
        line(Column("a", Kind.MOMENT), datetime(2026, 1, 1))  # noqa: DTZ001  # this is the mistake


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1E+5000"])
def test_what_is_no_number_is_null_and_counted(value: str) -> None:
    stream = io.BytesIO()
    writer = FlowWriter(stream, [Column("a", Kind.DECIMAL), Column("b")])

    writer.write([Decimal(value), "x"])

    assert stream.getvalue().endswith(b"\n;x\n")
    assert writer.remarks == {NOT_A_NUMBER: 1}


def test_long_texts_are_cut_between_characters_and_counted() -> None:
    stream = io.BytesIO()
    writer = FlowWriter(stream, [Column("a", length=3)])

    writer.write_all([["éàüö"], ["éàü"]])

    assert stream.getvalue().decode() == "a\néàü\néàü\n"
    assert writer.remarks == {CUT: 1}


def test_nul_goes_and_half_a_character_is_replaced() -> None:
    stream = io.BytesIO()
    writer = FlowWriter(stream, [TEXT])

    writer.write_all([["a\0b"], ["é\ud800"]])

    assert stream.getvalue().decode() == "a\nab\né\ufffd\n"
    assert writer.remarks == {NUL: 1}


def test_formulas_are_altered_only_where_that_was_asked_for() -> None:
    assert line(TEXT, "+3212345") == "+3212345"
    assert line(TEXT, "=cmd|' /C calc'!A0", spreadsheet_safe=True) == "'=cmd|' /C calc'!A0"
    assert line(TEXT, "plain", spreadsheet_safe=True) == "plain"


def test_the_older_dialect_is_latin_1_with_a_fallback_that_is_counted() -> None:
    stream = io.BytesIO()
    writer = FlowWriter(stream, [TEXT, Column("b")], Spelling(separator=",", encoding="iso-8859-1"))

    writer.write(["é€", "a,b"])

    assert stream.getvalue() == 'a,b\né?,"a,b"\n'.encode("iso-8859-1")
    assert writer.remarks == {REPLACED: 1}


@pytest.mark.parametrize("name", ["", "a b", "é", "a;b", '"a"', "1a", "a\n"])
def test_a_header_that_would_need_quotes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="technical name"):
        Column(name)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="name of its own"):
        FlowWriter(io.BytesIO(), [TEXT, TEXT])


def test_a_row_has_a_value_for_every_column() -> None:
    with pytest.raises(ValueError, match="shorter"):
        written([TEXT, Column("b")], ["only one"])


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_whatever_is_written_is_read_back_by_a_strict_reader(rows: list[tuple[str, str]]) -> None:
    content = written([TEXT, Column("b")], *map(list, rows)).decode()

    read = list(csv.reader(io.StringIO(content, newline=""), delimiter=";", strict=True))

    assert read[1:] == [list(row) for row in rows]


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_lists_are_read_back_by_reading_their_cell_as_a_line(values: list[str]) -> None:
    content = written([MULTI], [values]).decode()
    (cell,) = list(csv.reader(io.StringIO(content, newline=""), delimiter=";", strict=True))[1]

    assert next(csv.reader(io.StringIO(cell, newline=""), strict=True)) == values


def test_the_same_file_makes_the_same_archive() -> None:
    moment = datetime(2026, 11, 29, 1, 2, 4, tzinfo=timezone(timedelta(hours=1)))

    archives = [zipped(b"a\n1\n", "FLOW_a_20261129.csv", moment) for _ in range(2)]

    assert archives[0] == archives[1]
    with zipfile.ZipFile(io.BytesIO(archives[0])) as archive:
        (member,) = archive.infolist()
        assert (member.filename, member.date_time) == ("FLOW_a_20261129.csv", (2026, 11, 29, 0, 2, 4))
        assert member.compress_type == zipfile.ZIP_DEFLATED
        assert archive.read(member) == b"a\n1\n"


def zipped(content: bytes, name: str, moment: datetime) -> bytes:
    """Return an archive of one file."""
    archive = io.BytesIO()
    zip_file(io.BytesIO(content), archive, name, moment)
    return archive.getvalue()
