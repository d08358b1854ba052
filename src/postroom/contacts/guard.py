"""The guard against mass change: a file that would take too many contacts away is refused."""

from __future__ import annotations

from dataclasses import dataclass

from postroom.contacts.batches import FileRefused
from postroom.contacts.reasons import Reason

GUARD_REASONS = frozenset({Reason.TOO_MANY_LEAVE, Reason.TOO_MANY_DELETED})
"""The refusals that a person may overrule (`postroom drop release`)."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets a file take away at most `percent` of what is there; with 0 any number."""

    percent: int = 0

    @property
    def watches(self) -> bool:
        """Tell whether anything can trip it."""
        return self.percent > 0

    def check(self, reason: Reason, *, taken: int, before: int) -> None:
        """Raise FileRefused with `reason` and the figures when `taken` of `before` is too much."""
        if self.watches and taken * 100 > self.percent * before:
            share = -(-taken * 100 // before)  # rounded up: it is never shown as what would be allowed
            raise FileRefused(
                reason,
                f"{taken} / {before} = {share} % (maximum {self.percent} %)",
                figures={"taken": taken, "before": before, "at_most_percent": self.percent},
            )


NO_GUARD = Guard()
