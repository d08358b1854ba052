"""Reads relational .csv files: a header, then rows for one table (specs, command batches 4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from postroom.contacts.commands import BatchRefused, Command, Finding, Kind, Step
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches import header as headers
from postroom.dialects.batches.header import Heading
from postroom.dialects.batches.header_lines import header_of, key_of
from postroom.dialects.batches.lines import MAX_RECORD_BYTES, Lines
from postroom.dialects.batches.records import counted, values
from postroom.dialects.batches.runs import Runs
from postroom.dialects.batches.text import EDGES, text_of

_COMMA = ","
_ORDINAL = 1
"""All rows are of one command, though no line says it."""


def opened(stream: BinaryIO) -> tuple[Heading, Iterator[Step]]:
    """Read the header of a .csv file, and give its steps as they are asked for. Raises BatchRefused."""
    lines = Lines(stream)
    heading = header_of(lines, headers.IN_CSV, _End())
    fields, header = heading.fields, heading.header
    if not header.isrelational:
        raise BatchRefused(Finding(lines.number + 1, Verdict.MISSING_ARGUMENT, "isrelational=1"), header)
    if header.table is None or fields is None:
        missing = "table" if header.table is None else "columns"
        raise BatchRefused(Finding(lines.number + 1, Verdict.MISSING_ARGUMENT, missing), header)
    return heading, _steps(lines, Command(Kind.RELATIONAL_IMPORT, (), fields.names))


class _End:
    """Knows the first row: a line that is no header line of ours, once the columns are named."""

    def __init__(self) -> None:
        self._has_columns = False

    def __call__(self, line: bytes, is_known: bool) -> bool:  # noqa: FBT001  # as header_of asks
        if is_known:
            self._has_columns = self._has_columns or key_of(line) == "columns"
            return False
        return self._has_columns or not (key_of(line) or line.startswith(b"<"))


def _steps(lines: Lines, command: Command) -> Iterator[Step]:
    runs, number, width = Runs(), 0, len(command.fields)
    for raw in lines:
        is_long = raw is None or len(raw) > MAX_RECORD_BYTES
        row = "" if raw is None or is_long else text_of(raw).strip(EDGES)
        if not row and not is_long:
            continue
        number += 1
        found = values(row, _COMMA, width)
        if raw is None or is_long:
            runs.tell(_finding(lines, Verdict.VALUE_TOO_LONG, f"> {MAX_RECORD_BYTES:,} B", number))
        elif len(found) == width:
            runs.add(command, lines.number, number, _ORDINAL, found)
            runs.grow(len(raw))
        else:
            runs.tell(_finding(lines, Verdict.VALUE_COUNT, counted(row, _COMMA, width), number))
        if runs.ready:
            yield from runs.taken()
    runs.finish()
    yield from runs.taken()


def _finding(lines: Lines, verdict: Verdict, value: str, number: int) -> Finding:
    return Finding(lines.number, verdict, value, number, _ORDINAL, Kind.RELATIONAL_IMPORT)
