"""What the sender of a file gets back: the refused rows as a file, or why the whole file was refused."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence

from postroom.contacts.batches import ColumnMap, FileRefused, RowIssue
from postroom.contacts.reasons import LANGUAGES, reason_text
from postroom.contacts.settings import AccountSettings
from postroom.contacts.undo import KeptContact, kept_text
from postroom.dialects.folders.headers import REPORT_HEADERS

_ROWS_PER_BLOCK = 1000
_UNDO_HEADERS = {
    "fr": ("Contact", "Référence", "Email", "Téléphone Fixe", "Mobile", "Quoi", "Code", "Motif"),
    "en": ("Contact", "Reference", "Email", "Fixed", "Mobile", "What", "Code", "Reason"),
}
_BYTE_ORDER_MARKS = {
    "utf-8-sig": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
_CODECS = {
    "ascii": "cp1252",  # the reasons have accents
    "utf-8-sig": "utf-8",  # the mark stands once
}


def errors_csv(
    columns: ColumnMap,
    issues: Collection[RowIssue],
    settings: AccountSettings,
    encoding: str,
) -> Iterator[bytes]:
    """Write the rows of `issues` as sent, with line, code and reason appended, in blocks of bytes.

    The file has the account's separator, LF, and the encoding of the file that was sent (characters
    outside it become `?`); plain ASCII gets cp1252, a workbook UTF-8 with its mark, which spreadsheet
    programs need to see it as that. Columns that an
    earlier report appended are left out, and rows are padded so that the new ones line up. Nothing is
    escaped for spreadsheets: the file can be corrected and dropped back as it is (specs, contact
    folders 4.2).
    """
    header = _own(columns.header, columns)
    width = max(len(header), max((len(_own(issue.cells, columns)) for issue in issues), default=0))
    codec = _written_in(encoding)
    yield _BYTE_ORDER_MARKS.get(encoding, b"")
    rows = [(*_padded(header, width), *REPORT_HEADERS[settings.language])]
    for issue in issues:
        appended = (str(issue.line), issue.reason.value, issue.text(settings.language))
        rows.append((*_padded(_own(issue.cells, columns), width), *appended))
        if len(rows) == _ROWS_PER_BLOCK:
            yield _written(rows, settings.separator, codec)
            rows = []
    yield _written(rows, settings.separator, codec)


def report_codec(encoding: str) -> str:
    """Return the codec that reads what `errors_csv` wrote of a file in this encoding, marks left out."""
    return {"utf-8-sig": "utf-8-sig", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}.get(
        encoding, _written_in(encoding)
    )


def _written_in(encoding: str) -> str:
    return _CODECS.get(encoding, encoding)


def undo_csv(kept: Iterable[KeptContact], settings: AccountSettings) -> Iterator[bytes]:
    """Write what could not be undone, in blocks of bytes: UTF-8 with its mark, the account's separator."""
    yield codecs.BOM_UTF8
    rows: list[Sequence[str]] = [_UNDO_HEADERS[settings.language]]
    for each in kept:
        known = (each.reference or "", each.email or "", each.phone or "", each.mobile or "")
        reason = kept_text(each.code, settings.language)
        rows.append((str(each.contact_id), *known, each.what, each.code.value, reason))
        if len(rows) == _ROWS_PER_BLOCK:
            yield _written(rows, settings.separator, "utf-8")
            rows = []
    yield _written(rows, settings.separator, "utf-8")


def merged_csv(
    merged: Iterable[tuple[int, int, Sequence[str | None]]], fields: Sequence[str], settings: AccountSettings
) -> Iterator[bytes]:
    """Write who stays, who was merged into it and by which values of `fields`, in the form of `undo_csv`."""
    yield codecs.BOM_UTF8
    rows: list[Sequence[str]] = [("contact", "merged", *fields)]
    for contact_id, merged_id, values in merged:
        rows.append((str(contact_id), str(merged_id), *(value or "" for value in values)))
        if len(rows) == _ROWS_PER_BLOCK:
            yield _written(rows, settings.separator, "utf-8")
            rows = []
    yield _written(rows, settings.separator, "utf-8")


def error_txt(refused: FileRefused, settings: AccountSettings) -> bytes:
    """Say why a file was refused: a line in the account's language, one in the other; ISO-8859-1, LF."""
    languages = (settings.language, *(each for each in LANGUAGES if each != settings.language))
    return plain_text(reason_text(refused.reason, each, refused.value) for each in languages)


def plain_text(lines: Iterable[str]) -> bytes:
    """Write lines for people to read: ISO-8859-1, LF."""
    return "".join(_one_line(line) + "\n" for line in lines).encode("iso-8859-1", "replace")


def _one_line(text: str) -> str:
    # The value comes from the file: whatever it holds, a line stays a line of print.
    return "".join(mark if mark.isprintable() else "?" for mark in " ".join(text.split()))


def _own(cells: Sequence[str], columns: ColumnMap) -> tuple[str, ...]:
    return tuple(cell for column, cell in enumerate(cells) if column not in columns.report_columns)


def _padded(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return cells + ("",) * (width - len(cells))


def _written(rows: Sequence[Sequence[str]], separator: str, codec: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(codec, "replace")
