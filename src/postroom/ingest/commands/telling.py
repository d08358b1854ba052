"""What is told and counted of commands and records while a batch is applied."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from postroom.contacts.commands import Command, Finding, Kind, Run, Tally
from postroom.contacts.verdicts import Verdict

FindingSink = Callable[[Finding], None]
"""Takes findings, of each run in the order of its records."""


_NO_LINE = 0
"""Which lines of the header said it is not known any more once it is taken apart."""
_NOTHING = Run(Command(Kind.SAVE), (), (), (), ())


class CommandRefused(Exception):  # it is a verdict about commands, not an error of ours
    """None of a run's commands can be done, for what they have in common."""

    def __init__(self, verdict: Verdict, value: str = "") -> None:
        """Keep why, and what was found."""
        self.verdict = verdict
        self.value = value
        super().__init__(f"{verdict.value} {value}")


@dataclass(frozen=True, slots=True)
class _Said:
    """What is to be told; `row` is the place of its record, or of the first of its command."""

    row: int
    whole: bool
    failed: bool
    verdict: Verdict
    value: str


class Telling:
    """Tells and counts, run by run; rows are the places of records in their run."""

    def __init__(self, on_finding: FindingSink, tally: Tally) -> None:
        """Begin with nothing told; counts go to `tally`."""
        self._on_finding = on_finding
        self._tally = tally
        self._failed_ordinals: set[int] = set()
        self._once: set[Verdict] = set()
        self._run = _NOTHING
        self._failed_rows: set[int] = set()
        self._said: dict[_Said, None] = {}
        # A command may go on in the next run; what was said of it as a whole is not said again.
        self._last_ordinal = 0
        self._said_of_last: set[tuple[Verdict, str]] = set()

    def pass_on(self, finding: Finding) -> None:
        """Tell and count what the reader of the file found."""
        if finding.ordinal:
            self._tally.commands = max(self._tally.commands, finding.ordinal)
            self._tally.records += bool(finding.number)
            if finding.failed:
                self._tally.records_failed += bool(finding.number)
                self._fail_command(finding.ordinal)
        self._on_finding(finding)

    def begin(self, run: Run) -> None:
        """Begin a run: count its commands and records."""
        self._run = run
        self._tally.commands = max(self._tally.commands, run.ordinals[-1])
        self._tally.records += sum(map(bool, run.numbers))
        if run.ordinals[0] != self._last_ordinal:
            self._said_of_last.clear()

    def end(self) -> None:
        """Tell what is to be said of the run, in the order of its records."""
        last = self._run.ordinals[-1]
        if last != self._last_ordinal:
            self._said_of_last.clear()
        for said in sorted(self._said, key=lambda each: each.row):
            if said.whole and self._run.ordinals[said.row] == last:
                self._said_of_last.add((said.verdict, said.value))
            self._tell(said)
        self._last_ordinal = last
        self._failed_rows.clear()
        self._said.clear()

    def fail(self, row: int, verdict: Verdict, value: str = "") -> None:
        """Let a record fail; told once, however many lists refuse it."""
        self._said[_Said(row, whole=False, failed=True, verdict=verdict, value=value)] = None
        self._fail_row(row)

    def warn(self, row: int, verdict: Verdict, value: str = "") -> None:
        """Tell something of a record that does not fail for it."""
        self._said[_Said(row, whole=False, failed=False, verdict=verdict, value=value)] = None

    def fail_commands(self, verdict: Verdict, value: str = "") -> None:
        """Let every command of the run fail, and all of its records."""
        self._say_of_commands(self._firsts(), verdict, value, failed=True)
        for row in range(len(self._run)):
            self._fail_row(row)

    def warn_commands(self, verdict: Verdict, value: str = "") -> int:
        """Tell something of every command of the run; return to how many that was not told yet."""
        return self._say_of_commands(self._firsts(), verdict, value, failed=False)

    def ignore_field(self, name: str, rows: Iterable[int]) -> None:
        """Tell the commands of records that a field of theirs is unknown, and count how many ignore it."""
        ordinals = self._run.ordinals
        firsts = {ordinals[row]: row for row in sorted(rows, reverse=True)}.values()
        self._tally.fields_ignored += self._say_of_commands(
            sorted(firsts), Verdict.UNKNOWN_FIELD, name, failed=False
        )

    def warn_once(self, verdict: Verdict, value: str = "") -> None:
        """Tell something of the run's first command, unless it was told of one before."""
        if verdict not in self._once:
            self._once.add(verdict)
            self._said[_Said(0, whole=True, failed=False, verdict=verdict, value=value)] = None

    def relay(self, finding: Finding) -> None:
        """Tell and count what another has found of the run."""
        if finding.failed:
            for row in self._rows_of(finding):
                self._fail_row(row)
        self._on_finding(finding)

    def tell_of_header(self, verdict: Verdict, value: str) -> None:
        """Tell that something that the header asks for cannot be done."""
        self._on_finding(Finding(_NO_LINE, verdict, value))

    def _rows_of(self, finding: Finding) -> list[int]:
        """Return the rows that a finding of another is about: a record's, or all of a command."""
        run = self._run
        first = bisect_left(run.ordinals, finding.ordinal)
        theirs = range(first, bisect_right(run.ordinals, finding.ordinal, lo=first))
        return [row for row in theirs if finding.number is None or run.numbers[row] == finding.number]

    def _say_of_commands(self, rows: Iterable[int], verdict: Verdict, value: str, *, failed: bool) -> int:
        told = 0
        for row in rows:
            goes_on = self._run.ordinals[row] == self._last_ordinal
            if not (goes_on and (verdict, value) in self._said_of_last):
                self._said[_Said(row, whole=True, failed=failed, verdict=verdict, value=value)] = None
                told += 1
        return told

    def _fail_row(self, row: int) -> None:
        if row not in self._failed_rows:
            self._failed_rows.add(row)
            self._tally.records_failed += bool(self._run.numbers[row])
            self._fail_command(self._run.ordinals[row])

    def _fail_command(self, ordinal: int) -> None:
        if ordinal not in self._failed_ordinals:
            self._failed_ordinals.add(ordinal)
            self._tally.commands_failed += 1

    def _firsts(self) -> Iterator[int]:
        """Yield the first row of each command."""
        before = 0
        for row, ordinal in enumerate(self._run.ordinals):
            if ordinal != before:
                before = ordinal
                yield row

    def _tell(self, said: _Said) -> None:
        run, row = self._run, said.row
        self._on_finding(
            Finding(
                run.lines[row],
                said.verdict,
                said.value,
                number=None if said.whole else run.numbers[row] or None,
                ordinal=run.ordinals[row],
                kind=run.command.kind,
                failed=said.failed,
            )
        )
