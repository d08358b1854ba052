"""Reads .dat files: a header, then commands, one a line (seed 001; specs, command batches 2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from postroom.contacts.commands import BatchRefused, Finding, Step
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches import header as headers
from postroom.dialects.batches.blocks import BlockReader
from postroom.dialects.batches.header import Heading
from postroom.dialects.batches.header_lines import header_of, key_of
from postroom.dialects.batches.lines import MAX_LINE_BYTES, MAX_RECORD_BYTES, Lines
from postroom.dialects.batches.records import counted, is_plain, split
from postroom.dialects.batches.runs import Runs
from postroom.dialects.batches.statement import Statement, ends_at_argument, placed, statement_of
from postroom.dialects.batches.text import EDGES, shown, text_of

_EDGES = EDGES.encode()
_ENDS = b" \r\n"
_COMMAND = b"cmd="
_PIECE_BYTES = 256 * 1024
"""Of a long line that much is made records of at a time."""

_REMEMBERED = 1000
_REMEMBERED_BYTES = 4096
"""So many beginnings of lines, of so many bytes each, are known again: consecutive commands share theirs."""


def opened(stream: BinaryIO) -> tuple[Heading, Iterator[Step]]:
    """Read the header of a .dat file, and give its steps as they are asked for. Raises BatchRefused."""
    lines = Lines(stream)
    heading = header_of(lines, headers.IN_DAT, lambda line, _: is_command(line) or line.startswith(b"^"))
    if heading.header.isrelational:
        raise BatchRefused(Finding(lines.number, Verdict.MISPLACED_FLAG, "isrelational=1"), heading.header)
    return heading, DatReader(lines, heading).steps()


def is_command(line: bytes) -> bool:
    """Tell whether a line, without blanks before it, is a command."""
    return line[:4].lower() == _COMMAND


class DatReader:
    """Reads the commands of a file from the line after its header on."""

    def __init__(self, lines: Lines, heading: Heading) -> None:
        """Go on with the lines of a file whose header was read."""
        self._lines = lines
        self._heading = heading
        self._runs = Runs()
        self._blocks = BlockReader(lines, self._runs)
        self._known: dict[bytes, Statement] = {}
        self._statements: dict[tuple[bytes, bytes | None], Statement] = {}
        self._told: set[tuple[Verdict, str]] = set()
        self._ordinal = 0
        self._line = 0
        self._number = 0
        self._statement: Statement | None = None
        self._is_open = False

    def steps(self) -> Iterator[Step]:
        """Yield what the commands ask, and what is wrong with them, in the order of the file."""
        runs = self._runs
        for raw in self._lines:
            if raw is None:
                self._too_long()
            elif not self._known_again(raw):
                yield from self._read(raw)
            if runs.ready:
                yield from runs.taken()
        self._close()
        runs.finish()
        yield from runs.taken()

    def _known_again(self, raw: bytes) -> bool:
        """Read a line that begins as an earlier one and ends with its records: most of most files."""
        if len(raw) > _PIECE_BYTES:
            return False
        head, _, tail = raw.partition(b"^")
        statement = self._known.get(head)
        if statement is None or statement.command is None or b"&" in tail:
            return False
        if self._is_open:
            self._close()
        self._ordinal += 1
        self._line, self._number, self._statement = self._lines.number, 1, statement
        values = _plain_values(tail.rstrip(_ENDS), statement.delimiter, len(statement.command.fields))
        if values is not None:
            self._runs.add(statement.command, self._line, 1, self._ordinal, values)
        else:
            self._number, self._is_open = 0, True
            self._piece(tail.rstrip(_ENDS))
        return True

    def _read(self, raw: bytes) -> Iterator[Step]:
        line = raw.lstrip(_EDGES)
        if is_command(line):
            yield from self._command(line.rstrip(_ENDS))
        elif line.startswith(b"^") and self._statement is not None:
            yield from self._continued(line.rstrip(_ENDS))
        elif line:
            self._not_a_command(line)

    def _not_a_command(self, line: bytes) -> None:
        """Tell of a line that cannot be run, nor gone on with.

        Only its key is shown, as it may be a password gone astray.
        """
        self._close()
        self._statement = None
        is_header = key_of(line) in headers.IN_DAT
        verdict = Verdict.HEADER_AFTER_BODY if is_header else Verdict.NOT_A_COMMAND
        self._runs.tell(Finding(self._lines.number, verdict, shown(text_of(line[:100]))))

    def _too_long(self) -> None:
        self._close()
        self._ordinal += 1
        self._begin(None)
        value = f"> {MAX_LINE_BYTES:,} B"
        self._runs.tell(Finding(self._line, Verdict.LINE_TOO_LONG, value, ordinal=self._ordinal))

    def _begin(self, statement: Statement | None) -> None:
        self._line, self._number, self._statement = self._lines.number, 0, statement

    def _command(self, line: bytes) -> Iterator[Step]:
        self._close()
        self._ordinal += 1
        place = placed(line)
        arguments = line[: place.data] + line[place.end :]
        statement = self._statement_of(arguments, place.names_in(line))
        self._begin(statement)
        self._tell_arguments(statement)
        if statement.refusal is not None:
            self._tell(*statement.refusal)
        if statement.is_block:
            yield from self._blocks.read(statement, self._ordinal)
        elif statement.command is None:
            return
        elif statement.row is not None:
            self._runs.add(statement.command, self._line, 0, self._ordinal, statement.row)
        else:
            self._is_open = True
            if place.records is not None:
                self._remember(line, place.records - 1, place.end, statement)
                yield from self._records(line, place.records, place.end)

    def _statement_of(self, arguments: bytes, names: bytes | None) -> Statement:
        if len(arguments) + len(names or b"") > _REMEMBERED_BYTES:
            return statement_of(arguments, names, self._heading)
        found = self._statements.get((arguments, names))
        if found is None:
            if len(self._statements) >= _REMEMBERED:
                self._statements.clear()
            found = statement_of(arguments, names, self._heading)
            self._statements[arguments, names] = found
        return found

    def _remember(self, line: bytes, caret: int, end: int, statement: Statement) -> None:
        if end == len(line) and caret <= _REMEMBERED_BYTES:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[line[:caret]] = statement

    def _continued(self, line: bytes) -> Iterator[Step]:
        """Read a line that begins with a caret: it goes on with the command before (specs, 7.11)."""
        statement = self._statement
        if statement is None or statement.refusal is not None:
            return
        if statement.row is not None or statement.is_block:
            self._not_a_command(line)
            return
        end = ends_at_argument(line)
        if end < len(line):
            key = key_of(line[end + 1 : end + 100].lstrip(_EDGES))
            self._line = self._lines.number
            self._tell(Verdict.UNKNOWN_ARGUMENT, key or "", failed=False)
        yield from self._records(line, 1, end)

    def _records(self, line: bytes, start: int, end: int) -> Iterator[Step]:
        """Read the records of a line, a piece of it at a time."""
        while start <= end:
            stop = line.find(b"^", start + _PIECE_BYTES, end)
            stop = end if stop < 0 else stop
            last = line.rfind(b"^", start, stop) + 1 or start
            if stop - last <= MAX_RECORD_BYTES:
                self._piece(line[start:stop])
            else:
                self._piece(line[start : max(start, last - 1)])
                self._too_long_record(is_first=last == start)
            yield from self._runs.taken()
            start = stop + 1

    def _too_long_record(self, *, is_first: bool) -> None:
        """Tell of a record that is left as it is; one that is the first of its piece was counted with it."""
        self._number += not is_first
        self._is_open = False
        kind = self._statement.kind if self._statement else None
        value = f"> {MAX_RECORD_BYTES:,} B"
        self._runs.tell(
            Finding(self._lines.number, Verdict.VALUE_TOO_LONG, value, self._number, self._ordinal, kind)
        )

    def _piece(self, piece: bytes) -> None:
        statement = self._statement
        if statement is None or statement.command is None:
            return
        command, delimiter = statement.command, statement.delimiter
        line, ordinal, width = self._lines.number, self._ordinal, len(statement.command.fields)
        runs, number = self._runs, self._number
        for record in _texts(piece):
            number += 1
            if not record or record.isspace():
                continue
            self._is_open = False
            values = split(record, delimiter, width)
            if len(values) == width:
                runs.add(command, line, number, ordinal, values)
            else:
                value = counted(record, delimiter, width)
                runs.tell(Finding(line, Verdict.VALUE_COUNT, value, number, ordinal, command.kind))
        self._number = number
        runs.grow(len(piece))

    def _close(self) -> None:
        """End the command before: one that was never given a record has none."""
        if self._is_open:
            self._is_open = False
            self._tell(Verdict.MISSING_DATA)

    def _tell_arguments(self, statement: Statement) -> None:
        """Warn of arguments that are ignored, of each once in a file."""
        for verdict, keys in (
            (Verdict.UNKNOWN_ARGUMENT, statement.unknown),
            (Verdict.REPEATED_KEY, statement.repeated),
        ):
            for key in (each[:80] for each in keys):
                if (verdict, key) not in self._told and len(self._told) < _REMEMBERED:
                    self._told.add((verdict, key))
                    self._tell(verdict, key, failed=False)

    def _tell(self, verdict: Verdict, value: str = "", *, failed: bool = True) -> None:
        kind = self._statement.kind if self._statement else None
        self._runs.tell(Finding(self._line, verdict, value, None, self._ordinal, kind, failed))


def _plain_values(record: bytes, delimiter: str, width: int) -> list[str] | None:
    """Split what is one plain record with all of its values; None for anything else."""
    try:
        text = record.decode()
    except UnicodeDecodeError:
        return None
    values = text.split(delimiter, width)
    return values if text and len(values) == width and "^" not in text and is_plain(text) else None


def _texts(piece: bytes) -> list[str]:
    """Decode records, each for itself: carets stand in no character of UTF-8 or Windows-1252."""
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        return [text_of(record) for record in piece.split(b"^")]
    return text.replace("\0", "").split("^")
