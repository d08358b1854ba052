"""What is told about the records of a run, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from postroom.contacts.commands import Finding, Run
from postroom.contacts.verdicts import Verdict


class Findings:
    """Collects what is found about the records of one run, by their places."""

    def __init__(self, run: Run, on_finding: Callable[[Finding], None], *, goes_on: int) -> None:
        """Tell it to `on_finding`, once all is found; `goes_on` is the last command of the run before."""
        self._goes_on = goes_on
        self._run = run
        self._on_finding = on_finding
        self._found: list[tuple[int, Verdict, str, bool]] = []

    def refuse(self, places: pl.Series, verdict: Verdict, values: Iterable[str]) -> None:
        """Note why something of these records was not done."""
        self._found += [
            (place, verdict, value, True) for place, value in zip(places.to_list(), values, strict=True)
        ]

    def warn(self, places: pl.Series, verdict: Verdict, values: Iterable[str]) -> None:
        """Note what of these records was left out."""
        self._found += [
            (place, verdict, value, False) for place, value in zip(places.to_list(), values, strict=True)
        ]

    def fail_commands(self, verdict: Verdict, value: str) -> None:
        """Tell why nothing of the run's commands is done; of one that goes on, again with each run."""
        for ordinal, line in self._commands().items():
            self._on_finding(self._finding(line, verdict, value, None, ordinal, failed=True))

    def warn_commands(self, verdict: Verdict, value: str) -> int:
        """Tell something of each command of the run, unless it goes on from the run before; how many."""
        told = 0
        for ordinal, line in self._commands().items():
            if ordinal != self._goes_on:
                self._on_finding(self._finding(line, verdict, value, None, ordinal, failed=False))
                told += 1
        return told

    def _commands(self) -> dict[int, int]:
        """Return the lines of the first records of the run's commands, by their ordinals."""
        lines = dict(zip(reversed(self._run.ordinals), reversed(self._run.lines), strict=True))
        return dict(sorted(lines.items()))

    def tell(self) -> None:
        """Tell what was found, record by record."""
        run = self._run
        self._found.sort(key=lambda each: each[0])
        for place, verdict, value, failed in self._found:
            number, ordinal = run.numbers[place], run.ordinals[place]
            finding = self._finding(run.lines[place], verdict, value, number, ordinal, failed=failed)
            self._on_finding(finding)

    def _finding(
        self, line: int, verdict: Verdict, value: str, number: int | None, ordinal: int, *, failed: bool
    ) -> Finding:
        return Finding(line, verdict, value, number, ordinal, self._run.command.kind, failed)
