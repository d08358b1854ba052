"""How the contacts of a file ended, each counted once however many rows and frames name it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

UNCHANGED, CHANGED, FRESH = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Ends:
    """Contacts created, updated and left as they were, and rows that went into another row's contact."""

    created: int
    updated: int
    unchanged: int
    duplicates: int


class Tally:
    """Remembers nine bytes a row: which contact it means and how it ended."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rows = pl.DataFrame(schema={"contact_id": pl.Int64, "state": pl.UInt8})
        self._collapsed = 0

    def add(self, contact_ids: pl.Series, state: int) -> None:
        """Note how a frame's rows about these contacts ended."""
        state_column = pl.lit(state, dtype=pl.UInt8).alias("state")
        self._rows = self._rows.vstack(contact_ids.alias("contact_id").to_frame().with_columns(state_column))

    def add_collapsed(self, rows: int) -> None:
        """Note rows that went into another row of their frame."""
        self._collapsed += rows

    def include(self, other: Tally) -> None:
        """Note what another has noted, as of rows that came after these."""
        self._rows = self._rows.vstack(other._rows)
        self._collapsed += other._collapsed

    def contact_ids(self) -> pl.Series:
        """Return the contacts noted so far; one may stand there several times."""
        return self._rows["contact_id"]

    def ends(self) -> Ends:
        """Count contacts by their first end: one that was made here and changed later was made."""
        per_contact = self._rows.group_by("contact_id").agg(
            (pl.col("state") == FRESH).any().alias("fresh"),
            (pl.col("state") == CHANGED).any().alias("changed"),
        )
        created = int(per_contact["fresh"].sum())
        updated = int((per_contact["changed"] & ~per_contact["fresh"]).sum())
        return Ends(
            created=created,
            updated=updated,
            unchanged=per_contact.height - created - updated,
            duplicates=self._rows.height - per_contact.height + self._collapsed,
        )
