"""What is to be said of a command batch: the first findings as they are, the others in numbers."""

from __future__ import annotations

from dataclasses import replace

from postroom.contacts.commands import Finding
from postroom.dialects.batches.confirmation import MOST_LINES, worth_a_line

_SHOWN = 80
"""Characters of a value that anybody is shown."""


class Remarks:
    """The findings of one attempt at a batch, in the order they come; memory is bounded, however many."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: list[Finding] = []
        self._verbose = False
        self.failures = 0
        self.warnings = 0
        self.more = 0
        """How many are worth a line of the mail beside those that `kept` returns."""

    def be_verbose(self) -> None:
        """Keep what is only of interest to who asked for it, too; said before anything is added."""
        self._verbose = True

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it if there is room."""
        if finding.failed:
            self.failures += 1
        else:
            self.warnings += 1
        if not worth_a_line(finding, verbose=self._verbose):
            return
        if len(self._kept) >= MOST_LINES:
            self.more += 1
            return
        self._kept.append(replace(finding, value=finding.value[: _SHOWN + 1]))

    def kept(self) -> list[Finding]:
        """Return those kept, by their places in the file."""
        return sorted(self._kept, key=lambda each: (each.line, each.number or 0))
