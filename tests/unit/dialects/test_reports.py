from __future__ import annotations

import csv
import io

import pytest

from postroom.contacts.batches import ColumnMap, FileRefused, RowIssue
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders.headers import map_columns
from postroom.dialects.folders.reports import error_txt, errors_csv

SETTINGS = AccountSettings()
HEADER = ["Référence ", "Email", "Mobile", ""]


def issue(line: int, *cells: str, reason: Reason = Reason.INVALID_EMAIL) -> RowIssue:
    return RowIssue(line, reason, cells[1], cells, refused=True)


def report(
    columns: ColumnMap,
    *issues: RowIssue,
    settings: AccountSettings = SETTINGS,
    encoding: str = "cp1252",
) -> bytes:
    return b"".join(errors_csv(columns, issues, settings, encoding))


def test_refused_rows_come_back_unchanged_with_line_code_and_reason() -> None:
    text = report(map_columns(HEADER, SETTINGS), issue(3, "A1", "alice@ ", "+33612345678")).decode("cp1252")

    assert text == (
        "Référence ;Email;Mobile;;Ligne;Code;Motif\n"
        "A1;alice@ ;+33612345678;;3;INVALID_EMAIL;e-mail invalide : alice@ \n"
    )


def test_the_reason_is_in_the_language_of_the_account_with_its_separator() -> None:
    english = AccountSettings(language="en", separator=",")

    text = report(map_columns(HEADER, english), issue(3, "A1", "a,b", ""), settings=english).decode("cp1252")

    assert text.splitlines()[0].endswith(",Line,Code,Reason")
    assert text.splitlines()[1] == 'A1,"a,b",,,3,INVALID_EMAIL,"invalid e-mail: a,b"'


def test_the_appended_columns_line_up_beyond_the_widest_row() -> None:
    wide = issue(5, "A1", "a@b.fr", "", "", "", "stray", reason=Reason.TOO_MANY_COLUMNS)
    text = report(map_columns(HEADER, SETTINGS), issue(2, "A0", "x"), wide).decode("cp1252")

    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert {len(row) for row in rows} == {9}
    assert [row[6] for row in rows] == ["Ligne", "2", "5"]


def test_the_report_can_be_dropped_back_as_it_is() -> None:
    columns = map_columns(HEADER, SETTINGS)
    first = report(columns, issue(3, "A1", 'x "y" z', "", "", "stray")).decode("cp1252")
    rows = list(csv.reader(io.StringIO(first), delimiter=";"))

    again = map_columns(rows[0], SETTINGS)
    second = report(again, issue(2, *rows[1])).decode("cp1252")

    assert again.positions == columns.positions
    assert again.report_columns == (5, 6, 7)
    assert again.unknown == ()
    assert second.splitlines()[0] == first.splitlines()[0]
    assert list(csv.reader(io.StringIO(second), delimiter=";"))[1][:5] == ["A1", 'x "y" z', "", "", "stray"]


@pytest.mark.parametrize(
    ("encoding", "expected"), [("utf-8", "é€♥"), ("cp1252", "é€?"), ("iso-8859-1", "é??"), ("ascii", "é€?")]
)
def test_the_encoding_is_that_of_the_file_and_strangers_become_question_marks(
    encoding: str, expected: str
) -> None:
    codec = "cp1252" if encoding == "ascii" else encoding

    text = report(map_columns(HEADER, SETTINGS), issue(3, "é€♥", "x"), encoding=encoding).decode(codec)

    assert text.splitlines()[1].split(";")[0] == expected


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_utf16_report_starts_with_its_byte_order_mark(encoding: str) -> None:
    content = report(map_columns(HEADER, SETTINGS), issue(3, "é♥", "x"), encoding=encoding)

    assert content.decode("utf-16").splitlines()[1].startswith("é♥;x;;;3;")


def test_cells_over_several_lines_and_formulas_are_data_like_any_other() -> None:
    content = report(map_columns(HEADER, SETTINGS), issue(3, "=1+1", "x\ny", "-5"))

    rows = list(csv.reader(io.StringIO(content.decode("cp1252")), delimiter=";"))
    assert rows[1][:3] == ["=1+1", "x\ny", "-5"]


def test_thousands_of_rows_come_in_several_blocks() -> None:
    columns = map_columns(HEADER, SETTINGS)

    blocks = list(errors_csv(columns, [issue(n, str(n), "x") for n in range(2500)], SETTINGS, "utf-8"))

    assert len(blocks) > 3
    assert b"".join(blocks).count(b"\n") == 2501


def test_a_refusal_is_one_line_in_each_language_the_accounts_own_first() -> None:
    refused = FileRefused(Reason.NO_KNOWN_HEADER, "Prénom\nŒuvre\x07")

    assert error_txt(refused, SETTINGS).decode("iso-8859-1") == (
        "aucun en-tête connu sur la première ligne : Prénom ?uvre?\n"
        "no known header on the first line: Prénom ?uvre?\n"
    )
    english = error_txt(refused, AccountSettings(language="en")).decode("iso-8859-1")
    assert english.startswith("no known header")
