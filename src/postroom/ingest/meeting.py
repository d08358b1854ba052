"""Who meets whom where any identifier is enough: rows are read from the top, each sees what earlier ones did.

Whom the rows of a frame may meet is looked up at once; row by row it is then settled in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from postroom.contacts.batches import RowIssue
from postroom.contacts.criteria import IDENTIFIERS, KEY_FIELDS, Criterion, identifiers
from postroom.contacts.reasons import Reason
from postroom.ingest.feedback import IssueSink
from postroom.ingest.frames import Frame
from postroom.ingest.identifying import owners
from postroom.ingest.keys import identifier_columns
from postroom.ingest.literals import array
from postroom.ingest.normalise import Normalised
from postroom.store import identifiers as stored
from postroom.store.database import Connection

Identifiers = Sequence[str | None]
"""32 hexadecimal digits for each identifier of a criterion, None where it is empty."""


class Acquaintances:
    """Who has which identifiers, as far as the rows of one frame can tell; contacts are numbers."""

    def __init__(self, owned: pl.DataFrame) -> None:
        """Begin with rows of identifier and contact_id."""
        self._owners: dict[str, set[int]] = {}
        self._identifiers: dict[int, set[str]] = {}
        for identifier, contact in owned.iter_rows():
            self._owners.setdefault(identifier, set()).add(contact)
            self._identifiers.setdefault(contact, set()).add(identifier)

    @classmethod
    def of_rows(cls, connection: Connection, account_id: int, rows: pl.DataFrame) -> Acquaintances:
        """Look up who has any of the identifiers in the columns of `rows`."""
        wanted = pl.concat([rows[name] for name in rows.columns]).drop_nulls().unique()
        return cls(owners(connection, account_id, wanted))

    def contacts(self) -> list[int]:
        """Return everybody."""
        return list(self._identifiers)

    def met_by(self, row: Identifiers) -> set[int]:
        """Return whom a row meets."""
        return {contact for each in row if each for contact in self._owners.get(each, ())}

    def ambiguity(self, criterion: Criterion, row: Identifiers) -> str:
        """Say by which fields a row meets anybody."""
        named = zip(IDENTIFIERS[criterion], row, strict=True)
        return ", ".join("+".join(fields) for fields, each in named if each and self._owners.get(each))

    def identify(self, contact: int, by: Identifiers) -> None:
        """Let a contact have these identifiers and no others."""
        for each in self._identifiers.get(contact, ()):
            self._owners[each].discard(contact)
        self._identifiers[contact] = {each for each in by if each}
        for each in self._identifiers[contact]:
            self._owners.setdefault(each, set()).add(contact)


class RowReader:
    """Reads the rows of one frame of an import: each meets a contact, makes one, or is ambiguous.

    New contacts are numbered -1, -2, …, in the order in which rows make them.
    """

    def __init__(
        self,
        known: Acquaintances,
        values: Mapping[int, Mapping[str, str | None]],
        criterion: Criterion,
        *,
        erasing: bool,
    ) -> None:
        """Begin with whom the rows may meet, and with `values`: what the criterion's fields hold of each."""
        self._known = known
        self._values = {contact: dict(held) for contact, held in values.items()}
        self._criterion = criterion
        self._erasing = erasing
        self._made = 0
        self.identities: dict[int, Identifiers] = {}
        """What contacts are met by from now on, of those that were made or are met by something else."""
        self.ambiguous: dict[int, str] = {}
        """By which fields the rows in these places meet several contacts."""

    def read(self, rows: pl.DataFrame) -> list[int | None]:
        """Return the contact of each row of normalised fields and identifiers; None for ambiguous ones."""
        fields = [name for name in KEY_FIELDS[self._criterion] if name in rows.columns]
        columns = identifier_columns(self._criterion)
        given = zip(rows.select(columns).iter_rows(), rows.select(fields).iter_rows(named=True), strict=True)
        return [self.meet(place, row, values) for place, (row, values) in enumerate(given)]

    def meet(self, place: int, row: Identifiers, values: Mapping[str, str | None]) -> int | None:
        """Return the contact of one row, as `read` does; fields that `values` lack stay as they are."""
        met = self._known.met_by(row)
        if len(met) > 1:
            self.ambiguous[place] = self._known.ambiguity(self._criterion, row)
            return None
        return self._update(met.pop(), values) if met else self._make(row, values)

    def _make(self, row: Identifiers, values: Mapping[str, str | None]) -> int:
        self._made += 1
        contact = -self._made
        self._values[contact] = dict(values)
        self._identify(contact, row)
        return contact

    def _update(self, contact: int, values: Mapping[str, str | None]) -> int:
        held = self._values[contact]
        new = held | {name: text for name, text in values.items() if text is not None or self._erasing}
        if new != held:
            self._values[contact] = new
            by = identifiers(self._criterion, new)
            self._identify(contact, [each.hex if each else None for each in by])
        return contact

    def _identify(self, contact: int, by: Identifiers) -> None:
        self._known.identify(contact, by)
        self.identities[contact] = by


def identifying_values(
    connection: Connection, account_id: int, criterion: Criterion, contacts: Iterable[int]
) -> dict[int, dict[str, str | None]]:
    """Return what the fields of the criterion hold of contacts."""
    ids = array(pl.Series(sorted(contacts), dtype=pl.Int64))
    found: dict[int, dict[str, str | None]] = {}
    for row in stored.identifying_fields(connection, account_id, KEY_FIELDS[criterion], ids):
        contact = row.pop("contact_id")
        found[contact] = row
    return found


def tell(
    frame: Frame, result: Normalised, ambiguous: Mapping[int, str], on_issue: IssueSink
) -> tuple[int, int]:
    """Tell of every refused row and warning of a frame, by lines; return how many there are of each.

    `ambiguous` has the lines of accepted rows that turned out to meet several contacts, and by what.
    """
    refusals = [
        *frame.issues,
        *(_issue(frame, line, Reason(reason), value) for line, reason, value in result.refused.iter_rows()),
        *(_issue(frame, line, Reason.AMBIGUOUS_MATCH, value) for line, value in ambiguous.items()),
    ]
    warnings = [
        RowIssue(line, Reason(reason), value, frame.cells(line), refused=False)
        for line, reason, value in result.warnings.iter_rows()
        if line not in ambiguous
    ]
    for issue in (*sorted(refusals, key=lambda each: each.line), *warnings):
        on_issue(issue)
    return len(refusals), len(warnings)


def _issue(frame: Frame, line: int, reason: Reason, value: str) -> RowIssue:
    return RowIssue(line, reason, value, frame.cells(line), refused=True)
