"""Frames on their way from a reader: rows ended by U+0001, cells by NUL, nothing in quotes.

Not Arrow's own format: a buffer made by hand ends the process that reads it (tried with Polars 2.1), where a
table of plain text can only be refused.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from postroom.contacts.batches import RowIssue
from postroom.contacts.reasons import Reason
from postroom.ingest.frames import Frame
from postroom.ingest.sandbox.channel import Message, NonsenseError

FRAME = "frame"

_CELL_END, _ROW_END = "\0", "\x01"
"""No text has NUL: inspection refuses it. U+0001 is dropped, as by the law of cells."""


def packed(frame: Frame, fields: Sequence[str]) -> Message:
    """Put a frame, whose data has the columns `fields` besides `line`, into a message."""
    names = {field: _column(number) for number, field in enumerate(fields)}
    data = frame.data.rename(names).select("line", *names.values())
    table = pl.DataFrame({"line": frame.lines, "text": frame.texts})
    if frame.issues:
        table = table.join(data, on="line", how="left", maintain_order="left")
    else:
        table = table.hstack(data.drop("line"))
    out = io.BytesIO()
    _without_row_ends(table).write_csv(
        out, include_header=False, separator=_CELL_END, line_terminator=_ROW_END, quote_style="never"
    )
    issues = [[issue.line, issue.reason.value, issue.value] for issue in frame.issues]
    return Message(FRAME, {"rows": frame.rows, "issues": issues}, out.getvalue())


def unpacked(message: Message, fields: Sequence[str], separator: str) -> Frame:
    """Take a frame out of a message. Raises NonsenseError when there is none in it."""
    names = {_column(number): field for number, field in enumerate(fields)}
    table = _table(message.body, list(names))
    lines, texts = table["line"], table["text"].fill_null("")
    if table.height != message.facts.get("rows") or lines.has_nulls() or not lines.is_sorted():
        raise NonsenseError("a frame that is none")
    frame = Frame(table.select(*names, "line").rename(names), [], table.height, texts, lines, separator)
    issues = [_issue(frame, entry) for entry in _entries(message)]
    data = frame.data
    if issues:
        data = data.filter(~pl.col("line").is_in([issue.line for issue in issues]))
    return Frame(data, issues, frame.rows, texts, lines, separator)


def _column(number: int) -> str:
    return f"column_{number}"


def _without_row_ends(table: pl.DataFrame) -> pl.DataFrame:
    texts = pl.col(pl.String)
    if not table.select(pl.any_horizontal(texts.str.contains(_ROW_END, literal=True).any())).item():
        return table
    return table.with_columns(texts.str.replace_all(_ROW_END, "", literal=True))


def _table(body: bytes, columns: Sequence[str]) -> pl.DataFrame:
    try:
        return pl.read_csv(
            body,
            has_header=False,
            separator=_CELL_END,
            eol_char=_ROW_END,
            quote_char=None,
            schema={"line": pl.Int64, "text": pl.String, **dict.fromkeys(columns, pl.String)},
            raise_if_empty=False,
        )
    except PolarsError as error:
        raise NonsenseError(f"no table: {error}") from error


def _entries(message: Message) -> list[Any]:
    entries = message.facts.get("issues")
    if not isinstance(entries, list):
        raise NonsenseError("no list of issues")
    return entries


def _issue(frame: Frame, entry: Sequence[Any]) -> RowIssue:
    try:
        line, reason, value = entry
        return RowIssue(line, Reason(reason), str(value), frame.cells(line), refused=True)
    except (TypeError, ValueError, KeyError) as error:
        raise NonsenseError(f"no issue: {error!r}") from error
