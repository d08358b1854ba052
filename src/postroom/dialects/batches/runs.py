"""Gathers the records of consecutive commands that ask the same to runs, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from postroom.contacts.commands import Command, Finding, Kind, Run, Step
from postroom.dialects.batches.records import MAX_FIELDS
from postroom.dialects.batches.text import without_secrets

FIRST_RECORDS = 6_250
"""Each full run is twice as large as the one before it: the database gets to work while little is read."""

MAX_RECORDS = 50_000
MAX_FINDINGS = 1_000
MAX_CHARACTERS = 8_000_000
MAX_CELLS = 2_000_000
"""A run ends before it has more than any of these, give or take one record."""

MAX_QUOTED = 200
"""So many characters of what is wrong are kept."""

_WIDENED = frozenset({Kind.SUB, Kind.UNSUB, Kind.SAVE, Kind.DELETE, Kind.SEND})
"""Commands to which an absent field and an empty value are the same (specs, command batches 3.3 and 7.31)."""


class Runs:
    """Takes records and findings in the order of the file, and gives steps.

    What is found among the records of a run comes after it: steps begin in the order of the file, and a bad
    record does not end a run. `ready` has the steps that are complete; whoever adds takes them soon.
    """

    def __init__(self) -> None:
        """Begin without anything."""
        self.ready: list[Step] = []
        self._findings: list[Finding] = []
        self._most = FIRST_RECORDS
        self._begin(None)

    def add(
        self,
        command: Command,
        line: int,
        number: int,
        ordinal: int,
        values: Sequence[str],
        items: tuple[object, ...] = (),
    ) -> None:
        """Take a record; `values` are in the order of the command's fields."""
        if command is not self._command or len(self._rows) >= self._most:
            self._turn_to(command)
        if self._places is not None:
            values = self._placed(values)
        if items:
            self._items[len(self._rows)] = items
        self._lines.append(line)
        self._numbers.append(number)
        self._ordinals.append(ordinal)
        self._rows.append(values)

    def grow(self, characters: int) -> None:
        """Note how much has been read; a run of much text ends early."""
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            self.finish()

    def tell(self, finding: Finding) -> None:
        """Take a finding; what it quotes is short, and never a secret that stands where none belongs."""
        if finding.value:
            finding = replace(finding, value=without_secrets(finding.value)[:MAX_QUOTED])
        self._findings.append(finding)
        if len(self._findings) >= MAX_FINDINGS:
            self.finish()

    def finish(self) -> None:
        """End the run."""
        if len(self._rows) >= self._most:
            self._most = min(2 * self._most, MAX_RECORDS)
        if self._rows and self._command is not None:
            command = Command(self._command.kind, self._command.arguments, tuple(self._fields))
            rows = self._rows
            if self._is_ragged:
                rows = [[*row, *[""] * (len(self._fields) - len(row))] for row in rows]
            self.ready.append(Run(command, self._lines, self._numbers, self._ordinals, rows, self._items))
        self.ready += self._findings
        self._findings = []
        self._begin(None)

    def taken(self) -> Iterator[Step]:
        """Give the steps that are complete, and forget them."""
        steps, self.ready = self.ready, []
        yield from steps

    def _begin(self, command: Command | None) -> None:
        self._command = command
        self._fields = dict.fromkeys(command.fields) if command else {}
        self._places: list[int] | None = None
        self._is_ragged = False
        self._characters = 0
        self._lines: list[int] = []
        self._numbers: list[int] = []
        self._ordinals: list[int] = []
        self._rows: list[Sequence[str]] = []
        self._items: dict[int, tuple[object, ...]] = {}

    def _turn_to(self, command: Command) -> None:
        """Go on with another command: in the same run when it asks the same, in a new one otherwise."""
        current = self._command
        if current is None or len(self._rows) >= self._most or not self._widens(current, command):
            self.finish()
            self._begin(command)
            return
        fields = self._fields | dict.fromkeys(command.fields)
        if len(fields) > len(self._fields):
            self._is_ragged = True
            self._fields = fields
        self._command = command
        order = {name: place for place, name in enumerate(fields)}
        places = [order[name] for name in command.fields]
        self._places = None if places == list(range(len(fields))) else places
        self._is_ragged = self._is_ragged or self._places is not None

    def _widens(self, current: Command, command: Command) -> bool:
        if (current.kind, current.arguments) != (command.kind, command.arguments):
            return False
        if current.fields == command.fields:
            return True
        width = len(self._fields | dict.fromkeys(command.fields))
        return command.kind in _WIDENED and width <= MAX_FIELDS and width * len(self._rows) <= MAX_CELLS

    def _placed(self, values: Sequence[str]) -> list[str]:
        row = [""] * len(self._fields)
        for place, value in zip(self._places or (), values, strict=True):
            row[place] = value
        return row
