"""Commands that alternate, gathered to runs of those that ask the same.

A run costs much the same whether it has one record or a thousand, and programs write `sub`, `unsub`, `sub`.
Commands about different people may change places; those about one person stay in the order of the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from postroom.contacts.commands import Command, Kind, Run, Step

WINDOW_RECORDS: Final = 50_000
"""How many records wait to be gathered."""

LARGE: Final = 2_000
"""A run of so many records is worth doing by itself."""

_WRITTEN_OTHERWISE: Final = re.compile(r"[\"\\<>()]")
"""Quotes and comments, by which one address has several spellings."""

_MOVABLE: Final = frozenset({Kind.SUB, Kind.UNSUB, Kind.SAVE, Kind.DELETE})
"""What such a command does depends on nothing but what was done about its address."""


@dataclass(slots=True)
class _Group:
    """Records of commands that ask the same, in the order of the file."""

    command: Command
    lines: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    ordinals: list[int] = field(default_factory=list)
    rows: list[Sequence[str]] = field(default_factory=list)

    def take(self, run: Run, places: range) -> None:
        part = slice(places.start, places.stop)
        self.lines += run.lines[part]
        self.numbers += run.numbers[part]
        self.ordinals += run.ordinals[part]
        self.rows += run.rows[part]

    def as_run(self) -> Run:
        return Run(self.command, self.lines, self.numbers, self.ordinals, self.rows)


def regrouped(steps: Iterable[Step], *, window: int = WINDOW_RECORDS, large: int = LARGE) -> Iterator[Step]:
    """Yield the same steps with small runs gathered; only where an address is all that identifies a contact.

    Each command stays whole. Findings keep their places among what cannot be moved.
    """
    waiting = _Waiting()
    for step in steps:
        if isinstance(step, Run) and step.command.kind in _MOVABLE and len(step) < large:
            waiting.take(step)
            if waiting.records >= window:
                yield from waiting.let_go()
            continue
        if isinstance(step, Run):
            yield from waiting.let_go()
        yield step
    yield from waiting.let_go()


class _Waiting:
    """Groups in an order that keeps that of the file for each address."""

    def __init__(self) -> None:
        self.records = 0
        self._groups: list[_Group] = []
        self._newest: dict[Command, int] = {}
        # The last group that has anything about an address: what follows about it is there, or later.
        self._last: dict[str, int] = {}
        self._least = 0

    def take(self, run: Run) -> None:
        column = _address_column(run.command)
        for places in _commands_of(run):
            marks = _marks(run, places, column)
            place = self._place(run.command, marks)
            self._groups[place].take(run, places)
            self._last |= dict.fromkeys(marks or (), place)
        self.records += len(run)

    def let_go(self) -> Iterator[Run]:
        groups, self._groups = self._groups, []
        self._newest.clear()
        self._last.clear()
        self.records = self._least = 0
        return (group.as_run() for group in groups)

    def _place(self, command: Command, marks: set[str] | None) -> int:
        """Return the group for a command: the newest of its like, if its people are in no later one."""
        if marks is None:
            # Whom it means is not known: nothing moves past it.
            self._least = self._opened(command)
            return self._least
        first = max((self._last.get(mark, self._least) for mark in marks), default=self._least)
        newest = self._newest.get(command, -1)
        return newest if newest >= max(first, self._least) else self._opened(command)

    def _opened(self, command: Command) -> int:
        self._groups.append(_Group(command))
        self._newest[command] = len(self._groups) - 1
        return self._newest[command]


def _commands_of(run: Run) -> Iterator[range]:
    """Yield the places of the records of each command."""
    start = 0
    for place in range(1, len(run) + 1):
        if place == len(run) or run.ordinals[place] != run.ordinals[start]:
            yield range(start, place)
            start = place


def _address_column(command: Command) -> int | None:
    found = [place for place, name in enumerate(command.fields) if name.strip().lower() == "email"]
    return found[0] if len(found) == 1 else None


def _marks(run: Run, places: range, column: int | None) -> set[str] | None:
    """Return by what commands about one person are known; None when that cannot be told.

    Without the domain, which has several spellings: two people may be taken for one, never one for two.
    """
    if column is None:
        return None
    texts = (run.rows[place][column] for place in places)
    marks = {_folded(text) for text in texts}
    return None if "" in marks else marks


def _folded(text: str) -> str:
    """Return what stands before the last @, or all of a text; "" where it has other spellings."""
    known = unicodedata.normalize("NFKC", text).strip(" \t*").casefold()
    return "" if _WRITTEN_OTHERWISE.search(known) else known.rpartition("@")[0] or known
