"""Applying a file for several accounts: its rows are taken apart by a column, each account's lot by lot.

Every account has an applier of its own on the one connection, and they take turns. An account none of whose
rows is of use stays as it was; the others have theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from postroom.contacts.batches import Counts, FileRefused, Outcome, RowIssue
from postroom.contacts.cells import clean
from postroom.contacts.dispatch import reference_key
from postroom.contacts.guard import GUARD_REASONS
from postroom.contacts.reasons import Language, Reason
from postroom.ingest.appliers import Applier, Merge, lots
from postroom.ingest.background import Background
from postroom.ingest.feedback import IssueSink, Progress
from postroom.ingest.frames import Frame
from postroom.ingest.prefetch import prefetched

LOT_ROWS = 100_000
"""How many rows are taken apart together: of less, small accounts would be merged in crumbs."""

_NOBODY, _UNKNOWN = -1, -2


@dataclass(frozen=True, slots=True)
class Route:
    """An account that rows may be for: the keys of its references, which are `shown` to people, its language.

    `columns` maps its fields to the columns of the frames. `refusal` is there instead when the header is of
    no use to this account.
    """

    account_id: int
    shown: str
    keys: Sequence[str]
    language: Language
    columns: Mapping[str, str]
    refusal: FileRefused | None = None


@dataclass(frozen=True, slots=True)
class Routes:
    """How rows find their accounts: by the frames' column `by`, which is number `number` of the file."""

    by: str
    number: int
    routes: Sequence[Route]


@dataclass(frozen=True, slots=True)
class _Lot:
    """Rows taken apart: a frame for each account (by its place among the routes), and rows of nobody."""

    frames: Sequence[tuple[int, Frame]]
    strays: Sequence[RowIssue]
    rows: int


Begin = Callable[[Route, int, IssueSink], Applier]
"""Makes the applier of an account that has rows, about so many; the connection is settled."""


class Dispatcher:
    """Applies one file to the accounts of its rows; the caller holds all their locks."""

    def __init__(
        self, routes: Routes, begin: Begin, background: Background, *, lines: int, on_issue: IssueSink
    ) -> None:
        """Take apart about `lines` rows; refused rows and warnings go to `on_issue`, by line within a lot."""
        self._routes = routes
        self._begin = begin
        self._background = background
        self._lines = lines
        self._on_issue = on_issue
        self._issues: list[RowIssue] = []
        self._appliers: dict[int, Applier] = {}
        self._strays = Counts()

    @property
    def counts(self) -> Counts:
        """Count the rows of all accounts, and of none."""
        total = replace(self._strays)
        for applier in self._appliers.values():
            total.add(applier.counts)
        return total

    def apply(self, frames: Iterable[Frame], progress: Progress, *, lot_rows: int = LOT_ROWS) -> None:
        """Bring all rows to their accounts."""
        splitter = _Splitter(self._routes)
        for lot in prefetched(map(splitter.split, lots(prefetched(frames), lot_rows))):
            for place, frame in lot.frames:
                self._open(place, self._lines * frame.rows // lot.rows)
            for merge in prefetched(self._prepared(lot)):
                merge()
            self._strays.add(Counts(lines=len(lot.strays), refused=len(lot.strays)))
            self._issues += lot.strays
            self._tell()
            progress(self.counts)

    def finish(self) -> list[tuple[Route, Outcome]]:
        """Finish every account; an outcome has a `failure` where none of the account's rows was of use.

        Raises FileRefused when that is so of all accounts, or when a guard speaks up for one of them.
        """
        self.counts.refuse_fruitless()
        return [(self._routes.routes[place], self._finished(place)) for place in sorted(self._appliers)]

    def _open(self, place: int, lines: int) -> None:
        if place not in self._appliers:
            self._background.settle()
            route = self._routes.routes[place]
            sink = partial(self._note, route.language)
            refused = _Refusing(route.refusal, sink) if route.refusal else None
            self._appliers[place] = refused or self._begin(route, lines, sink)

    def _prepared(self, lot: _Lot) -> Iterator[Merge]:
        return (self._appliers[place].prepare(frame) for place, frame in lot.frames)

    def _finished(self, place: int) -> Outcome:
        applier = self._appliers[place]
        try:
            return applier.finish()
        except FileRefused as refused:
            if refused.reason in GUARD_REASONS:
                value = f"{self._routes.routes[place].shown}: {refused.value}"
                raise FileRefused(refused.reason, value, figures=refused.figures) from None
            return Outcome(counts=applier.counts, failure=refused)

    def _note(self, language: Language, issue: RowIssue) -> None:
        self._issues.append(replace(issue, language=language))

    def _tell(self) -> None:
        for issue in sorted(self._issues, key=lambda issue: issue.line):
            self._on_issue(issue)
        self._issues.clear()


class _Refusing:
    """Refuses every row of an account to which the header is of no use."""

    lot_rows = 1

    def __init__(self, refusal: FileRefused, on_issue: IssueSink) -> None:
        self.counts = Counts()
        self._refusal = refusal
        self._on_issue = on_issue

    def prepare(self, frame: Frame) -> Merge:
        for issue in frame.issues:
            self._on_issue(issue)
        for line in frame.data["line"]:
            reason, value = self._refusal.reason, self._refusal.value
            self._on_issue(RowIssue(line, reason, value, frame.cells(line), refused=True))
        return partial(self.counts.add, Counts(lines=frame.rows, refused=frame.rows))

    def finish(self) -> Outcome:
        raise self._refusal


class _Splitter:
    """Takes frames apart by the account that each row names."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._places = {key: place for place, route in enumerate(routes.routes) for key in route.keys}

    def split(self, frame: Frame) -> _Lot:
        said = frame.data[self._routes.by]
        named = {text: self._place(text) for text in said.unique()}
        places = said.replace_strict(list(named), list(named.values()), return_dtype=pl.Int32)
        issues = [(self._place(self._said(issue)), issue) for issue in frame.issues]
        strays = [issue for place, issue in issues if place < 0]
        data = frame.data.with_columns(places.alias("place"))
        frames = []
        for place in sorted({*places.unique(), *(place for place, _issue in issues)} - {_NOBODY, _UNKNOWN}):
            own = [issue for each, issue in issues if each == place]
            frames.append((place, self._frame(frame, data.filter(pl.col("place") == place), place, own)))
        strays += (
            _stray(frame, line, text, place)
            for line, text, place in data.filter(pl.col("place") < 0)
            .select("line", self._routes.by, "place")
            .iter_rows()
        )
        return _Lot(frames, strays, frame.rows)

    def _place(self, text: str | None) -> int:
        said = clean(text)
        return _NOBODY if said is None else self._places.get(reference_key(said), _UNKNOWN)

    def _said(self, issue: RowIssue) -> str | None:
        number = self._routes.number
        return issue.cells[number] if number < len(issue.cells) else None

    def _frame(self, whole: Frame, data: pl.DataFrame, place: int, issues: list[RowIssue]) -> Frame:
        columns = self._routes.routes[place].columns
        own = data.select("line", *(pl.col(column).alias(field) for field, column in columns.items()))
        rows = data.height + len(issues)
        return Frame(own, issues, rows, whole.sent, whole.separator)


def _stray(frame: Frame, line: int, text: str | None, place: int) -> RowIssue:
    reason = Reason.MISSING_DISPATCH if place == _NOBODY else Reason.UNKNOWN_DISPATCH
    return RowIssue(line, reason, clean(text) or "", frame.cells(line), refused=True)
