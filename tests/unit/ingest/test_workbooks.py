from __future__ import annotations

import io

import pytest

from postroom.contacts.batches import FileRefused
from postroom.contacts.dates import birth_date
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders.headers import map_columns
from postroom.ingest.frames import Frame
from postroom.ingest.inspect import Inspection
from postroom.ingest.sources import opened_table
from tests.workbooks import Cell, Raw, Rows, ods, package, sheet, xlsx, zipped

SETTINGS = AccountSettings()


def frames(content: bytes, name: str = "a.xlsx") -> tuple[Inspection, list[Frame]]:
    with opened_table(
        lambda: io.BytesIO(content), name, SETTINGS, lambda _, cells: map_columns(cells, SETTINGS)
    ) as table:
        return table.inspection, list(table.frames())


def shown(cell: Cell, formats: tuple[str, ...] = ()) -> str | None:
    """Return what is read of a cell under `Champ 1`."""
    _, (frame,) = frames(xlsx([["Email", "Champ 1"], ["a@example.fr", cell]], formats=formats))
    value = frame.data["field01"][0]
    assert value is None or isinstance(value, str)
    return value


def refusal(content: bytes, name: str = "a.xlsx") -> tuple[Reason, str]:
    with pytest.raises(FileRefused) as caught:
        frames(content, name)
    return caught.value.reason, caught.value.value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("0612345678", "0612345678"),
        ("  Dupont ", "  Dupont "),
        (612345678.0, "612345678"),
        (-3.0, "-3"),
        (0.0, "0"),
        (12.5, "12.5"),
        (Raw("0.30000000000000004"), "0.3"),
        (Raw("33612345678"), "33612345678"),
        (Raw("123456789012345"), "123456789012345"),
        (Raw("1E+20"), "100000000000000000000"),
        (Raw("1.5E-7"), "0.00000015"),
        (True, "TRUE"),
        (False, "FALSE"),
        (Raw("#N/A", "e"), None),
        (Raw("", "str"), None),
        (Raw("cached result", "str"), "cached result"),
        (None, None),
        ("two\r\nlines", "two\nlines"),
    ],
)
def test_a_cell_is_read_as_a_person_sees_it(cell: Cell, expected: str | None) -> None:
    assert shown(cell) == expected


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        ("29416", "dd/mm/yyyy", "1980-07-14"),
        ("29416", "d mmmm yyyy", "1980-07-14"),
        ("29416.4375", "dd/mm/yyyy hh:mm", "1980-07-14 10:30:00"),
        ("29416.999999999", "dd/mm/yyyy", "1980-07-15"),
        ("0.4375", "hh:mm", "10:30:00"),
        ("1.25", "[h]:mm", "30:00:00"),
    ],
)
def test_dates_and_times_are_read_by_their_format(value: str, code: str, expected: str) -> None:
    assert shown(Raw(value, style=1), (code,)) == expected


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        ("1000", "00000", "01000"),
        ("612345678", '0#" "##" "##" "##" "##', "06 12 34 56 78"),
        ("0.5", "0%", "50%"),
    ],
)
def test_leading_zeros_groups_and_percentages_of_a_format_are_read(
    value: str, code: str, expected: str
) -> None:
    assert shown(Raw(value, style=1), (code,)) == expected


def test_a_date_of_birth_of_a_workbook_is_one() -> None:
    text = shown(Raw("29416", style=1), ("dd/mm/yyyy",))

    assert text is not None
    assert str(birth_date(text)) == "1980-07-14"


def test_lines_are_the_rows_of_the_sheet_and_empty_ones_are_passed_over() -> None:
    rows: Rows = [
        [],
        ["", "Email", "Nom"],
        [],
        ["", "a@example.fr", "Durand"],
        ["", " "],
        ["", "b@example.fr"],
    ]

    inspection, (frame,) = frames(xlsx(rows))

    assert frame.data.to_dicts() == [
        {"email": "a@example.fr", "last_name": "Durand", "line": 4},
        {"email": "b@example.fr", "last_name": None, "line": 6},
    ]
    assert frame.cells(4) == ("", "a@example.fr", "Durand")
    assert inspection.encoding == "utf-8-sig"
    assert inspection.line_count == 4


def test_a_row_can_be_had_as_a_file_of_this_account_would_have_it() -> None:
    cells = ("a@example.fr", 'Dupont; "Fils"\n& Cie', '"x')

    _, (frame,) = frames(xlsx([["Email", "Nom", "Ville"], cells]))

    assert frame.cells(2) == cells


def test_content_beyond_the_header_refuses_the_row() -> None:
    _, (frame,) = frames(xlsx([["Email"], ["a@example.fr", None, "stray"], ["b@example.fr"]]))

    (issue,) = frame.issues
    assert (issue.line, issue.reason, issue.value) == (2, Reason.TOO_MANY_COLUMNS, "stray")
    assert frame.data["email"].to_list() == ["b@example.fr"]


def test_the_first_visible_sheet_that_holds_something_is_read() -> None:
    sheets = {
        "Caché": sheet([["Email"], ["hidden@example.fr"]]),
        "Vide": sheet([]),
        "Clients": sheet([["Email"], ["a@example.fr"]]),
        "Notes": sheet([["x"]]),
    }

    inspection, (frame,) = frames(package(sheets, hidden=["Caché"]))

    assert frame.data["email"].to_list() == ["a@example.fr"]
    assert (inspection.sheet, inspection.other_sheets) == ("Clients", ("Notes",))


def test_merged_cells_have_their_value_once() -> None:
    merged = sheet([["Email", "Nom"], ["a@example.fr", "Durand"], [None, "Martin"]]).replace(
        "</sheetData>", '</sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells>'
    )

    _, (frame,) = frames(package({"A": merged}))

    assert frame.data["email"].to_list() == ["a@example.fr", None]


def test_many_rows_come_in_several_frames() -> None:
    rows: list[list[Cell]] = [["Email"]]
    rows += [[f"a{number}@example.fr"] for number in range(25_000)]

    _, found = frames(xlsx(rows))

    assert [frame.rows for frame in found] == [20_000, 5_000]


@pytest.mark.parametrize("name", ["a.ods", "a.csv"])
def test_an_opendocument_spreadsheet_is_read(name: str) -> None:
    _, (frame,) = frames(ods([["Email", "Nom"], ["a@example.fr", "0123"]]), name)

    assert frame.data.to_dicts() == [{"email": "a@example.fr", "last_name": "0123", "line": 2}]


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.ods"])
def test_text_that_is_called_a_workbook_is_read_as_what_it_is(name: str) -> None:
    _, (frame,) = frames(b"Email\na@example.fr\n", name)

    assert frame.data["email"].to_list() == ["a@example.fr"]


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (xlsx([]), "a.xlsx", (Reason.EMPTY_FILE, "")),
        (xlsx([["  "]]), "a.xlsx", (Reason.EMPTY_FILE, "")),
        (xlsx([["Email"]])[:-30], "a.xlsx", (Reason.BAD_ARCHIVE, "ZIP")),
        (zipped({"[Content_Types].xml": b"<x"}), "a.xlsx", (Reason.BAD_ARCHIVE, "XLS / XLSX")),
        (package({"A": "<worksheet><sheetData><row>"}), "a.xlsx", (Reason.BAD_ARCHIVE, "XLS / XLSX")),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls", (Reason.BAD_ARCHIVE, "XLS / XLSX")),
        (b"<html><table></table></html>", "a.xls", (Reason.NOT_TEXT, "HTML")),
    ],
    ids=["no cell", "blanks", "cut", "no parts", "cut sheet", "bad compound", "a page called xls"],
)
def test_a_workbook_of_no_use_says_why(content: bytes, name: str, expected: tuple[Reason, str]) -> None:
    assert refusal(content, name) == expected
