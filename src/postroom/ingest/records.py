"""The careful way to read CSV, and the law the fast way is held to: quotes, lines within quotes, bad quotes.

A cell is quoted when its first character is a quote; a quote elsewhere is an ordinary character. Text
between a closing quote and the next separator is kept, unless the quoted part runs over several lines:
then a quote was forgotten, and rows would silently melt into one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from postroom.contacts.batches import FileRefused
from postroom.contacts.reasons import Reason

MAX_RECORD_CHARACTERS = 1 << 20
"""Longest record over several lines; one quoted value of it has at most 131,072 (Python's csv limit)."""


class Record(NamedTuple):
    """One record: the 1-based physical line it starts on, its text without the last LF, its cells."""

    line: int
    text: str
    cells: tuple[str, ...]

    @property
    def line_count(self) -> int:
        """Return over how many physical lines it runs."""
        return self.text.count("\n") + 1


class CarefulReader:
    """Iterates over the records of one block of whole lines, blank ones included.

    When a record is still open at the end of the block, `tail` holds its text afterwards, to be put
    before the next block. Raises FileRefused(UNCLOSED_QUOTE) with the line where the quote opened.
    """

    def __init__(self, text: str, separator: str, first_line: int) -> None:
        """Take whole lines, the first of which is line `first_line` of the file."""
        self.tail = ""
        self._text = text
        self._lines = text.removesuffix("\n").split("\n")
        self._separator = separator
        self._first_line = first_line
        self._at_end = False

    def __iter__(self) -> Iterator[Record]:
        if not self._text:
            return
        fed = chain(io.StringIO(self._text, newline="\n"), self._noticing_end())
        reader = csv.reader(fed, delimiter=self._separator, strict=True)
        while True:
            start = reader.line_num
            try:
                cells = tuple(next(reader))
            except StopIteration:
                return
            except csv.Error:
                if self._at_end:
                    self._keep_tail(start)
                    return
                cells = self._bent_cells(start, reader.line_num)
            end = reader.line_num
            one_line = end == start + 1
            text = self._lines[start] if one_line else "\n".join(self._lines[start:end])
            yield Record(self._first_line + start, text, cells)

    def refuse_open(self) -> None:
        """Refuse the file when a record is open and nothing more will come."""
        if self.tail:
            start = len(self._lines) - len(self.tail.removesuffix("\n").split("\n"))
            raise self._unclosed(self._lines[start:], start)

    def _noticing_end(self) -> Iterator[str]:
        self._at_end = True
        yield from ()

    def _keep_tail(self, start: int) -> None:
        tail = "\n".join(self._lines[start:])
        if len(tail) > MAX_RECORD_CHARACTERS:
            raise self._unclosed(self._lines[start:], start)
        self.tail = tail + ("\n" if self._text.endswith("\n") else "")

    def _bent_cells(self, start: int, end: int) -> tuple[str, ...]:
        cells = bent_cells(self._lines[start], self._separator) if end == start + 1 else None
        if cells is None:
            raise self._unclosed(self._lines[start:end], start)
        return cells

    def _unclosed(self, lines: Sequence[str], start: int) -> FileRefused:
        return FileRefused(Reason.UNCLOSED_QUOTE, str(self._first_line + start + _opening_line(lines)))


def bent_cells(line: str, separator: str) -> tuple[str, ...] | None:
    """Split one line whose quotes do not follow the rules; None when a quote stays open at its end.

    `"Dupont" SA;x` has the cells `Dupont SA` and `x`.
    """
    between = f"[^{re.escape(separator)}]*+"
    cell = re.compile(rf'"((?:[^"]|"")*+)"({between})|(?!")({between})')
    cells: list[str] = []
    place = 0
    while place <= len(line):
        match = cell.match(line, place)
        if match is None:
            return None
        quoted, after, plain = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"') + after)
        place = match.end() + 1
    return tuple(cells)


def cells_of(text: str, separator: str) -> tuple[str, ...]:
    """Split the text of one whole record, as CarefulReader gave or would give it."""
    return next((record.cells for record in CarefulReader(text, separator, 1)), ())


def is_blank(cells: Sequence[str]) -> bool:
    """Tell whether a record says nothing: it is skipped, and only its line is counted."""
    return not "".join(cells).strip()


def _opening_line(lines: Sequence[str]) -> int:
    """Return on which of the lines of an open record (0-based) the open quote stands.

    Doubled quotes stand for one within a cell; of the others every second one opens.
    """
    opening = 0
    inside = False
    for number, line in enumerate(lines):
        quotes = line.replace('""', "").count('"')
        inside ^= quotes % 2 == 1
        if inside and quotes:
            opening = number
    return opening
