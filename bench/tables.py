"""Results as tables: aligned for a terminal, in Markdown for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A title, a header, rows of texts (the first column is text, the others numbers), and notes below."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def text(self) -> str:
        """Return it with columns aligned by blanks."""
        widths = self._widths()
        lines = [_aligned(row, widths).rstrip() for row in (self.header, *self.rows)]
        rule = "-" * max(map(len, lines))
        return "\n".join([self.title, rule, lines[0], rule, *lines[1:], *self.notes, ""])

    def markdown(self) -> str:
        """Return it as a section of a Markdown page."""
        widths = self._widths()
        marks = ["-" * max(widths[0], 3), *("-" * max(width - 1, 2) + ":" for width in widths[1:])]
        lines = [f"| {_aligned(row, widths, ' | ')} |" for row in (self.header, *self.rows)]
        notes = [part for note in self.notes for part in ("", note)]
        rule = f"| {' | '.join(marks)} |"
        return "\n".join([f"## {self.title}", "", lines[0], rule, *lines[1:], *notes, ""])

    def _widths(self) -> list[int]:
        columns = zip(self.header, *self.rows, strict=True)
        return [max(3, *map(len, column)) for column in columns]


def page(title: str, opening: Iterable[str], tables: Iterable[Table]) -> str:
    """Return a Markdown page of tables."""
    parts = [f"# {title}", *opening, *(table.markdown().rstrip() for table in tables)]
    return "\n\n".join(parts) + "\n"


def _aligned(row: Sequence[str], widths: Sequence[int], between: str = "  ") -> str:
    first, *others = row
    cells = [first.ljust(widths[0])]
    cells += [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
    return between.join(cells)
