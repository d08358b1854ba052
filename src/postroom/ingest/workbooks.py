"""A workbook as a table: .xlsx, .xlsm, .xlsb, .xls and .ods, each cell as a person sees it.

The first visible sheet that holds something is read; its first row with content is the header. A line number
is the number of the row in the sheet.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from postroom.contacts.batches import ColumnMap, FileRefused
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest.frames import Frame, Layout, careful_frame
from postroom.ingest.inspect import Inspection
from postroom.ingest.number_formats import NumberFormats, formats_of
from postroom.ingest.reading import Table
from postroom.ingest.records import Record

Cell = int | float | str | bool | date | datetime | time | timedelta

ROWS_A_FRAME = 20_000

_LOCKED = re.compile(
    rb"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"
    rb"|\x09\x08\x10\0\0\x06\x05\0.{12}(?:\x86\0\0\0)?\x2f\0",
    re.DOTALL,
)
"""The name of the one stream in a locked .xlsx (MS-OFFCRYPTO 2.3.4), or an .xls whose first record has
FilePass behind it (MS-XLS 2.1.7.20)."""

_UNSEEN = str.maketrans("", "", "\0\x01")
"""Removed: they end cells and rows on the way from the reader (see sandbox/frames.py)."""


def read_workbook(
    stream: BinaryIO, settings: AccountSettings, map_columns: Callable[[Inspection, Sequence[str]], ColumnMap]
) -> Table:
    """Find the sheet and its header, and have the dialect map it.

    Raises:
        FileRefused: BAD_ARCHIVE, ENCRYPTED_ARCHIVE, EMPTY_FILE, and what `map_columns` raises.
    """
    byte_size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    names, sheet = _chosen(_opened(stream))
    formats = formats_of(stream, names[0])
    header = next(_records(sheet, formats, settings.separator), None)
    if header is None:
        raise FileRefused(Reason.EMPTY_FILE)
    lines = sum(1 for row in sheet.iter_rows() if row.count("") < len(row))
    inspection = Inspection("utf-8-sig", 0, "none", lines, False, byte_size, names[0], tuple(names[1:]))
    columns = map_columns(inspection, header.cells)
    layout = Layout.of(columns, settings.separator)

    def frames() -> Iterator[Frame]:
        rows = _records(sheet, formats, settings.separator)
        if columns.has_header:
            next(rows)
        while some := list(islice(rows, ROWS_A_FRAME)):
            yield careful_frame(some, layout)

    return Table(inspection, columns, frames)


def _opened(stream: BinaryIO) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(stream)
    except PasswordError as error:
        raise FileRefused(Reason.ENCRYPTED_ARCHIVE) from error
    except (CalamineError, ValueError, OSError) as error:
        # Not sure of the kind, the library says nothing of passwords.
        stream.seek(0)
        if _LOCKED.search(stream.read()):
            raise FileRefused(Reason.ENCRYPTED_ARCHIVE) from error
        raise FileRefused(Reason.BAD_ARCHIVE, "XLS / XLSX") from error


def _chosen(book: CalamineWorkbook) -> tuple[list[str], CalamineSheet]:
    """Return the sheet to read, and the names of all visible ones that hold something, its own first."""
    names: list[str] = []
    chosen: CalamineSheet | None = None
    for about in book.sheets_metadata:
        if about.typ == SheetTypeEnum.WorkSheet and about.visible == SheetVisibleEnum.Visible:
            sheet = _sheet(book, about.name)
            if sheet.start is not None:
                names.append(about.name)
                chosen = chosen or sheet
    if chosen is None:
        raise FileRefused(Reason.EMPTY_FILE)
    return names, chosen


def _sheet(book: CalamineWorkbook, name: str) -> CalamineSheet:
    try:
        return book.get_sheet_by_name(name)
    except CalamineError as error:
        raise FileRefused(Reason.BAD_ARCHIVE, "XLS / XLSX") from error


def _records(sheet: CalamineSheet, formats: NumberFormats, separator: str) -> Iterator[Record]:
    """Yield the rows that hold something."""
    first_column = sheet.start[1] if sheet.start else 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if row.count("") == len(row):
            continue
        cells = [_SHOWN[type(cell)](cell) for cell in row]
        if formats:
            for column, cell in enumerate(row):
                if type(cell) is float:
                    cells[column] = formats.shown(number - 1, first_column + column, cell) or cells[column]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield Record(number, _as_csv(cells, separator), tuple(cells))


def _as_csv(cells: Sequence[str], separator: str) -> str:
    """Return the row as a file of this account would have it, for reports."""
    plain = separator.join(cells)
    if '"' not in plain and "\n" not in plain and plain.count(separator) == len(cells) - 1:
        return plain
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="").writerow(cells)
    return text.getvalue()


def _text(cell: str) -> str:
    return cell.translate(_UNSEEN).replace("\r\n", "\n").replace("\r", "\n")


def _truth(cell: bool) -> str:  # noqa: FBT001  # the cell is its one subject
    return "TRUE" if cell else "FALSE"


def _number(cell: float) -> str:
    """Write every digit that spreadsheets keep, fifteen, and no exponent."""
    if cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return format(Decimal(f"{cell:.15g}"), "f")


def _moment(cell: datetime) -> str:
    """Write a date, with the time of day only when there is one."""
    rounded = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
    return rounded.date().isoformat() if rounded.time() == time(0) else rounded.isoformat(" ")


def _duration(cell: timedelta) -> str:
    seconds = round(cell.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


_SHOWN: dict[type, Callable[..., str]] = {
    str: _text,
    bool: _truth,
    int: str,
    float: _number,
    date: date.isoformat,
    datetime: _moment,
    time: lambda cell: cell.replace(microsecond=0).isoformat(),
    timedelta: _duration,
}
