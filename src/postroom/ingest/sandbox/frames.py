"""Frames on their way from a reader: a table and the rows as sent, each as plain text.

In the table rows are ended by U+0001, cells by NUL, and nothing is in quotes.

Not Arrow's own format: a buffer made by hand ends the process that reads it (tried with Polars 2.1), where a
table of plain text can only be refused.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import polars as pl
from polars.exceptions import PolarsError

from postroom.contacts.batches import RowIssue
from postroom.contacts.reasons import Reason
from postroom.ingest.frames import ROW_ENDS, Frame, SentRows
from postroom.ingest.sandbox.channel import Message, NonsenseError

T = TypeVar("T")

FRAME = "frame"

_CELL_END, _ROW_END = "\0", "\x01"
"""No text has NUL: inspection refuses it. U+0001 is dropped, as by the law of cells."""


def packed(frame: Frame, fields: Sequence[str]) -> Message:
    """Put a frame, whose data has the columns `fields` besides `line`, into a message."""
    names = {field: _column(number) for number, field in enumerate(fields)}
    out = io.BytesIO()
    _without_row_ends(frame.data.rename(names).select("line", *names.values())).write_csv(
        out, include_header=False, separator=_CELL_END, line_terminator=_ROW_END, quote_style="never"
    )
    table_bytes = out.tell()
    (sent,) = frame.sent
    out.write(sent.content)
    facts = {
        "issues": [[issue.line, issue.reason.value, issue.value] for issue in frame.issues],
        "table_bytes": table_bytes,
        "ended_by": sent.ended_by.decode(),
    }
    return Message(FRAME, facts, out.getvalue())


def unpacked(message: Message, fields: Sequence[str], separator: str) -> Frame:
    """Take a frame out of a message. Raises NonsenseError when there is none in it."""
    names = {_column(number): field for number, field in enumerate(fields)}
    table_bytes, ended_by = _told(message, "table_bytes", int), _told(message, "ended_by", str)
    if ended_by not in ROW_ENDS:
        raise NonsenseError("rows without an end")
    table = _table(message.body[:table_bytes], list(names))
    entries = _told(message, "issues", list)
    refused = _lines_of(entries)
    lines = pl.concat([table["line"], refused])
    if len(refused):
        lines = lines.sort()
    sent = SentRows(lines, message.body[table_bytes:], ended_by.encode())
    if lines.has_nulls() or not lines.is_sorted() or sent.content.count(sent.ended_by) != len(lines):
        raise NonsenseError("a frame that is none")
    frame = Frame(table.select(*names, "line").rename(names), [], len(lines), [sent], separator)
    return replace(frame, issues=[_issue(frame, entry) for entry in entries])


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
            schema={"line": pl.Int64, **dict.fromkeys(columns, pl.String)},
            raise_if_empty=False,
        )
    except PolarsError as error:
        raise NonsenseError(f"no table: {error}") from error


def _told(message: Message, fact: str, kind: type[T]) -> T:
    value = message.facts.get(fact)
    if not isinstance(value, kind):
        raise NonsenseError(f"no {fact}")
    return value


def _lines_of(entries: Sequence[Any]) -> pl.Series:
    try:
        return pl.Series("line", [line for line, _reason, _value in entries], dtype=pl.Int64)
    except (TypeError, ValueError, OverflowError, PolarsError) as error:
        raise NonsenseError(f"no issue: {error!r}") from error


def _issue(frame: Frame, entry: Sequence[Any]) -> RowIssue:
    try:
        line, reason, value = entry
        return RowIssue(line, Reason(reason), str(value), frame.cells(line), refused=True)
    except (TypeError, ValueError, KeyError) as error:
        raise NonsenseError(f"no issue: {error!r}") from error
