"""Every contact of a file is counted once, by how it ended."""

from __future__ import annotations

import polars as pl

from postroom.ingest.tallying import CHANGED, FRESH, UNCHANGED, Ends, Tally


def ids(*contacts: int) -> pl.Series:
    return pl.Series(contacts, dtype=pl.Int64)


def test_each_end_is_counted() -> None:
    tally = Tally()

    tally.add(ids(1, 2), FRESH)
    tally.add(ids(3), CHANGED)
    tally.add(ids(4, 5, 6), UNCHANGED)

    assert tally.ends() == Ends(created=2, updated=1, unchanged=3, duplicates=0)


def test_a_contact_made_here_and_changed_later_was_made_once() -> None:
    tally = Tally()
    tally.add(ids(1), FRESH)

    tally.add(ids(1), CHANGED)

    assert tally.ends() == Ends(created=1, updated=0, unchanged=0, duplicates=1)


def test_a_contact_left_alone_first_and_changed_later_was_updated() -> None:
    tally = Tally()
    tally.add(ids(1), UNCHANGED)

    tally.add(ids(1), CHANGED)

    assert tally.ends() == Ends(created=0, updated=1, unchanged=0, duplicates=1)


def test_rows_collapsed_within_a_frame_are_duplicates() -> None:
    tally = Tally()
    tally.add(ids(1), FRESH)

    tally.add_collapsed(3)

    assert tally.ends() == Ends(created=1, updated=0, unchanged=0, duplicates=3)


def test_an_empty_file_ends_with_nothing() -> None:
    assert Tally().ends() == Ends(created=0, updated=0, unchanged=0, duplicates=0)
