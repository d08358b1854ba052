"""Blocks of a .dat file: a command whose records are the lines below it (specs, command batches 2.3).

A block with a line that is not whole is not run at all, so each is read twice: once to see that it is good,
once to give its records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from postroom.contacts.commands import Command, Finding, Kind, Step
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.lines import MAX_HEADER_LINE_BYTES, MAX_RECORD_BYTES, Lines
from postroom.dialects.batches.records import FieldsRefused, counted, field_list, split
from postroom.dialects.batches.runs import Runs
from postroom.dialects.batches.statement import Statement
from postroom.dialects.batches.text import EDGES, text_of, unescaped
from postroom.dialects.batches.vocabulary import CommandRefused, check_fields

_EDGES = EDGES.encode()
_ENDS = " \r\n"
_COMMAND = b"cmd="


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the rows of a block are read: at a delimiter, or as one address each when that is None."""

    command: Command
    delimiter: str | None

    def values(self, row: str) -> list[str]:
        """Split a row; as many values as there are fields when it is whole."""
        if self.delimiter is None:
            return [unescaped(row.strip(f'"{EDGES}')).strip(EDGES)]
        width = len(self.command.fields)
        return split(row, self.delimiter, width)


class BlockReader:
    """Reads blocks from the lines of a file."""

    def __init__(self, lines: Lines, runs: Runs) -> None:
        """Take lines where the file's reader does, and add records and findings where it does."""
        self._lines = lines
        self._runs = runs
        self._is_ended = False

    def read(self, statement: Statement, ordinal: int) -> Iterator[Step]:
        """Read the block of a command whose line was just read, up to its end or the next command."""
        shape, wrong = None, statement.refusal is not None
        first = self._lines.number
        if not wrong:
            try:
                shape = self._shape(statement, ordinal)
            except (CommandRefused, FieldsRefused) as refused:
                self._tell(statement, ordinal, first, refused.verdict, refused.value)
                wrong = True
        begins = self._lines.mark()
        broken = self._broken(statement, shape)
        if broken is not None and not wrong:
            self._tell(statement, ordinal, *broken)
        elif shape is not None:
            self._lines.rewind(begins)
            yield from self._records(statement, shape, ordinal)

    def _tell(self, statement: Statement, ordinal: int, line: int, verdict: Verdict, value: str) -> None:
        self._runs.tell(Finding(line, verdict, value, None, ordinal, statement.kind))

    def _shape(self, statement: Statement, ordinal: int) -> _Shape:
        """Read how a block is made, by the line of names that begins it; addresses alone need none."""
        if statement.command is None or statement.rule is None:
            raise CommandRefused(Verdict.UNKNOWN_COMMAND)
        arguments = statement.command.arguments
        if statement.kind is Kind.SMART_UNSUB:
            if ordinal > 1:
                raise CommandRefused(Verdict.NOT_ALONE, Kind.SMART_UNSUB.value)
            return _Shape(Command(Kind.SMART_UNSUB, arguments, ("email",)), None)
        names = next(self._rows(statement), None)
        if names is None:
            raise CommandRefused(Verdict.MISSING_DATA)
        if len(names) > MAX_HEADER_LINE_BYTES:
            raise CommandRefused(Verdict.LINE_TOO_LONG, f"> {MAX_HEADER_LINE_BYTES:,} B")
        fields = field_list(text_of(names), statement.delimiter)
        check_fields(statement.rule, fields.names)
        return _Shape(Command(statement.rule.kind, arguments, fields.names), statement.delimiter)

    def _broken(self, statement: Statement, shape: _Shape | None) -> tuple[int, Verdict, str] | None:
        """Read to the end of a block; return the line that keeps it from being run, and why."""
        rows, broken = 0, None
        for raw in self._rows(statement):
            rows += 1
            if broken or shape is None:
                continue
            row = text_of(raw).strip(_ENDS)
            width = len(shape.command.fields)
            if not raw:
                broken = (self._lines.number, Verdict.LINE_TOO_LONG, f"> {MAX_RECORD_BYTES:,} B")
            elif len(shape.values(row)) != width:
                value = counted(row, shape.delimiter or ",", width)
                broken = (self._lines.number, Verdict.BLOCK_INCOMPLETE, value)
        if not self._is_ended:
            if statement.kind is Kind.SMART_UNSUB:
                return (self._lines.number + 1, Verdict.NOT_ALONE, Kind.SMART_UNSUB.value)
            return (self._lines.number, Verdict.BLOCK_NOT_ENDED, f"end{statement.kind}")
        return broken if rows else (self._lines.number, Verdict.MISSING_DATA, "")

    def _records(self, statement: Statement, shape: _Shape, ordinal: int) -> Iterator[Step]:
        runs = self._runs
        for number, raw in enumerate(self._rows(statement), start=1):
            values = shape.values(text_of(raw).strip(_ENDS))
            runs.add(shape.command, self._lines.number, number, ordinal, values)
            runs.grow(len(raw))
            if runs.ready:
                yield from runs.taken()

    def _rows(self, statement: Statement) -> Iterator[bytes]:
        """Yield the lines of a block that are not blank, those that are too long as no bytes.

        The next line is the one after its end, or the next command when it has none.
        """
        end = None if statement.kind is Kind.SMART_UNSUB else f"end{statement.kind}".encode()
        self._is_ended = end is None
        for raw in self._lines:
            if raw is None or len(raw) > MAX_RECORD_BYTES:
                yield b""
                continue
            line = raw.strip(_EDGES)
            if line[:4].lower() == _COMMAND:
                self._is_ended = line[4:].partition(b"&")[0].strip(_EDGES).lower() == end
                if not self._is_ended:
                    self._lines.back(raw)
                return
            if line:
                yield raw
