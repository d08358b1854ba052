"""Reports as those who ask for them find them: which there are, and the refused rows page by page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from postroom.contacts.batches import ReportForm
from postroom.dialects.folders import reports, tree
from postroom.ingest.records import bent_cells
from postroom.store.drops import Drop
from postroom.store.files import File

DEPOSIT = "file"
"""Among the kinds of a drop's files: what was sent. The others are reports about it."""

ERRORS = ("errors", "refusal")
"""The reports that tell what is wrong: refused rows, else why the whole file was refused."""

_APPENDED = 3
"""Line, code and reason come last in each row."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was refused: its line in the file, why (a stable code, and in words), its cells as sent."""

    line: int
    code: str
    reason: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """Some refused rows of a file, in its order, and its header."""

    header: tuple[str, ...]
    rows: list[RefusedRow]


def kind_of(prefix: int | None, name: str, file_name: str) -> str:
    """Say what one of a drop's files is: file, errors, warnings, summary, refusal or undo.

    The drop has the `name` that was sent, and its deposit second before that.
    """
    return tree.report_kind(tree.on_name(prefix or 0, name), file_name) or DEPOSIT


def file_of(drop: Drop, standing: Iterable[File], *kinds: str) -> File | None:
    """Return a drop's file of the first of `kinds` that it has."""
    by_kind = {kind_of(drop.prefix, drop.name, file.name): file for file in standing}
    return next((by_kind[kind] for kind in kinds if kind in by_kind), None)


def refused_rows(
    report: BinaryIO, form: ReportForm, *, limit: int, offset: int = 0, after: int | None = None
) -> RefusedRows:
    """Read some rows of a report that `reports.errors_csv` wrote: from `offset` on, of lines beyond `after`.

    Memory is bounded by what is returned, and a row of a million characters.
    """
    text = io.TextIOWrapper(report, encoding=reports.report_codec(form.encoding), newline="\n")
    records = (bent_cells(record, form.separator) or () for record in _records(text))
    header = next(records, ())
    rows = map(_row, records)
    beyond = (row for row in rows if after is None or row.line > after)
    found = RefusedRows(header[:-_APPENDED], list(islice(beyond, offset, offset + limit)))
    text.detach()
    return found


def _records(text: io.TextIOWrapper) -> Iterator[str]:
    """Put lines together that are one record: its quotes come in pairs, as the writer doubles them."""
    record = ""
    for line in text:
        record += line
        if record.count('"') % 2 == 0:
            yield record.removesuffix("\n")
            record = ""


def _row(cells: tuple[str, ...]) -> RefusedRow:
    line, code, reason = cells[-_APPENDED:]
    return RefusedRow(int(line), code, reason, cells[:-_APPENDED])
