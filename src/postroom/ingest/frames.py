"""One block of lines as a frame: by Polars when every line is well formed, else from careful records.

Both ways give the same frame; a property test holds them together. An empty cell is null, a cell of
blanks is not.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from postroom.contacts.batches import ColumnMap, RowIssue
from postroom.contacts.reasons import Reason
from postroom.ingest.records import Record, cells_of, is_blank

_SPACES = r"\s\x1c-\x1f"
"""What Python's str.strip strips, for Rust's regular expressions."""

_FAST_END, _CAREFUL_END = ROW_ENDS = ("\n", "\x01")
"""Where a row ends among others as sent."""


def _column(number: int) -> str:
    return f"column_{number}"


@dataclass(frozen=True)
class Layout:
    """Where the columns of one file stand; `unnamed` are the columns that must be empty."""

    separator: str
    width: int
    positions: dict[str, int]
    unnamed: tuple[int, ...]

    @classmethod
    def of(cls, columns: ColumnMap, separator: str) -> Layout:
        """Take the header's cells as the dialect mapped them."""
        known = {*columns.positions.values(), *columns.report_columns}
        unnamed = (
            column
            for column, header in enumerate(columns.header)
            if column not in known and not header.strip("\ufeff \"'").strip()
        )
        return cls(separator, columns.width, dict(columns.positions), tuple(unnamed))

    def surplus(self, cells: Sequence[str]) -> str | None:
        """Return the first cell that has content but no header; None when there is none."""
        if len(cells) <= self.width and not self.unnamed:
            return None
        strays = [cells[column] for column in self.unnamed if column < len(cells)]
        return next((cell for cell in (*strays, *cells[self.width :]) if cell.strip()), None)

    @cached_property
    def schema(self) -> dict[str, type[pl.String]]:
        """Return the columns by number: `column_0` and so on."""
        return {_column(number): pl.String for number in range(self.width)}

    @cached_property
    def content(self) -> str:
        """Return a pattern for a character that makes a line more than separators and blanks."""
        return rf'[^"{_SPACES}{re.escape(self.separator)}]'

    @cached_property
    def opening(self) -> str:
        """Return a pattern for a quote that opens a cell; any other is an ordinary character."""
        return f'(?:^|{re.escape(self.separator)})"'

    @cached_property
    def well_formed(self) -> str:
        """Return a pattern for a line whose quotes stand only around cells, closed on the line."""
        cell = rf'(?:[^"{re.escape(self.separator)}]*|"(?:[^"]|"")*")'
        return f"^{cell}(?:{re.escape(self.separator)}{cell})*$"


@dataclass(frozen=True)
class SentRows:
    """Rows as they were sent, in UTF-8, taken apart only when one is asked for: few ever are.

    `lines`, rising, has where each starts; `ended_by` one byte that no row contains.
    """

    lines: pl.Series
    content: bytes
    ended_by: bytes

    def text(self, line: int) -> str | None:
        """Return the row that starts on `line`, without U+0001; None when none does."""
        place = bisect_left(self.lines, line)
        if place == len(self.lines) or self.lines[place] != line:
            return None
        return self._texts[place].decode(errors="replace").replace(_CAREFUL_END, "")

    @cached_property
    def _texts(self) -> list[bytes]:
        return self.content.split(self.ended_by)


@dataclass(frozen=True)
class Frame:
    """Some tens of thousands of rows.

    `data` has one String column per mapped contact field, as sent, and `line` (Int64, the 1-based
    physical line where the row starts); rows refused while reading are left out of it and are in
    `issues`. `rows` counts both, and all of them are in `sent`.
    """

    data: pl.DataFrame
    issues: list[RowIssue]
    rows: int
    sent: Sequence[SentRows]
    separator: str

    def cells(self, line: int) -> tuple[str, ...]:
        """Return the row that starts on `line`, as sent; KeyError when none of this frame does."""
        for rows in self.sent:
            text = rows.text(line)
            if text is not None:
                return cells_of(text, self.separator)
        raise KeyError(line)


def joined(frames: Sequence[Frame]) -> Frame:
    """Make one frame of frames that follow one another in a file."""
    if len(frames) == 1:
        return frames[0]
    return Frame(
        data=pl.concat([frame.data for frame in frames]),
        issues=[issue for frame in frames for issue in frame.issues],
        rows=sum(frame.rows for frame in frames),
        sent=[rows for frame in frames for rows in frame.sent],
        separator=frames[0].separator,
    )


def careful_frame(records: Sequence[Record], layout: Layout) -> Frame:
    """Make a frame of records read one by one."""
    rows = [record for record in records if not is_blank(record.cells)]
    issues: list[RowIssue] = []
    kept: list[Record] = []
    for row in rows:
        surplus = layout.surplus(row.cells)
        if surplus is None:
            kept.append(row)
        else:
            issues.append(RowIssue(row.line, Reason.TOO_MANY_COLUMNS, surplus, row.cells, refused=True))
    return Frame(
        data=_raw_data(kept, layout),
        issues=issues,
        rows=len(rows),
        sent=[_sent(rows)],
        separator=layout.separator,
    )


def _sent(rows: Sequence[Record]) -> SentRows:
    lines = pl.Series([row.line for row in rows], dtype=pl.Int64)
    # These rows have line feeds between quotes. U+0001 is dropped from cells, by their law.
    texts = (row.text.replace(_CAREFUL_END, "") + _CAREFUL_END for row in rows)
    return SentRows(lines, "".join(texts).encode(), _CAREFUL_END.encode())


def _raw_data(rows: Sequence[Record], layout: Layout) -> pl.DataFrame:
    width = layout.width
    cells = [row.cells if len(row.cells) >= width else row.cells + ("",) * width for row in rows]
    raw = {
        field: pl.Series([each[column] for each in cells], dtype=pl.String)
        for field, column in layout.positions.items()
    }
    data = pl.DataFrame(raw).select(_emptied())
    return data.with_columns(line=pl.Series([row.line for row in rows], dtype=pl.Int64))


def _emptied() -> pl.Expr:
    return pl.when(pl.all() != "").then(pl.all())


def fast_frame(block: bytes, layout: Layout, first_line: int) -> Frame | None:
    """Make a frame of a block of whole lines; None when a quote in it asks for care."""
    texts = _texts(block)
    lines = pl.int_range(first_line, first_line + len(texts), dtype=pl.Int64, eager=True)
    has_quotes = b'"' in block
    # Quotes are rare, and looking for one costs a tenth of looking at where they stand.
    with_quotes = texts.filter(texts.str.contains('"', literal=True)) if has_quotes else texts.clear()
    quoted = with_quotes.str.contains(layout.opening).any()
    if quoted and not with_quotes.str.contains(layout.well_formed).all():
        return None
    filled = _filled(texts, layout, has_quotes=has_quotes)
    if not filled.all():
        texts, lines = texts.filter(filled), lines.filter(filled)
        block = "\n".join(texts).encode()
    parsed = _parsed(block, layout, quoted=quoted)
    if len(parsed) != len(texts):
        return None
    refused = _surplus_rows(texts, parsed, layout, quoted=quoted)
    issues = [
        RowIssue(lines[row], Reason.TOO_MANY_COLUMNS, surplus, cells, refused=True)
        for row, surplus, cells in refused
    ]
    data = parsed.select(pl.col(_column(number)).alias(field) for field, number in layout.positions.items())
    data = data.with_columns(line=lines)
    if refused:
        keep = pl.Series([True]).new_from_index(0, len(texts))
        keep[[row for row, _, _ in refused]] = False
        data = data.filter(keep)
    whole = block if block.endswith(b"\n") else block + b"\n"
    sent = SentRows(lines, whole, _FAST_END.encode())
    return Frame(data, issues, len(texts), [sent], layout.separator)


def _texts(block: bytes) -> pl.Series:
    # Inspection has refused NUL, so as a separator it leaves every line whole. (measured: 27 M lines/s)
    return pl.read_csv(
        block,
        has_header=False,
        separator="\0",
        quote_char=None,
        schema={"text": pl.String},
        empty_string_is_null=False,
        raise_if_empty=False,
    )["text"]


def _filled(texts: pl.Series, layout: Layout, *, has_quotes: bool) -> pl.Series:
    filled = texts.str.contains(layout.content)
    if has_quotes and not filled.all():
        # A separator between quotes is content; few lines have nothing else.
        doubtful = (~filled & texts.str.contains('"', literal=True)).arg_true()
        for row in doubtful:
            filled[row] = not is_blank(cells_of(texts[row], layout.separator))
    return filled


def _parsed(block: bytes, layout: Layout, *, quoted: bool) -> pl.DataFrame:
    # The line put before the block has every column, so that Polars finds them all, however short the rows.
    template = b"-" + layout.separator.encode() * (layout.width - 1) + b"\n"
    parsed = pl.read_csv(
        template + block,
        has_header=False,
        separator=layout.separator,
        quote_char='"' if quoted else None,
        schema=layout.schema,
        columns=[_column(number) for number in (*layout.positions.values(), *layout.unnamed)],
        truncate_ragged_lines=True,
    ).slice(1)
    if not quoted:
        return parsed
    return parsed.select(_emptied())


def _surplus_rows(
    texts: pl.Series, parsed: pl.DataFrame, layout: Layout, *, quoted: bool
) -> list[tuple[int, str, tuple[str, ...]]]:
    """Find rows with content beyond the header: candidates by pattern, the verdict by the law."""
    suspects = texts.str.count_matches(layout.separator, literal=True) >= layout.width
    if suspects.any():
        suspects &= _content_beyond(texts, layout, quoted=quoted)
    if layout.unnamed:
        stray = pl.any_horizontal(
            pl.col(_column(column)).str.contains(r"\S").fill_null(value=False) for column in layout.unnamed
        )
        suspects |= parsed.select(stray).to_series()
    found: list[tuple[int, str, tuple[str, ...]]] = []
    for row in suspects.arg_true():
        cells = cells_of(texts[row], layout.separator)
        surplus = layout.surplus(cells)
        if surplus is not None:
            found.append((row, surplus, cells))
    return found


def _content_beyond(texts: pl.Series, layout: Layout, *, quoted: bool) -> pl.Series:
    # Quoted cells may hold separators: each is taken for one character while cells are counted.
    plain = texts.str.replace_all(r'"(?:[^"]|"")*"', "q") if quoted else texts
    pieces = plain.str.splitn(layout.separator, layout.width + 1)
    beyond = pieces.struct.field(f"field_{layout.width}")
    return beyond.str.contains(rf"[^\s{re.escape(layout.separator)}]").fill_null(value=False)
