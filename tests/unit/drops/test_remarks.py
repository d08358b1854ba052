"""What is to be said of a batch is kept in bounded memory, and in the order of the file."""

from __future__ import annotations

from postroom.contacts.commands import Finding
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.confirmation import MOST_LINES
from postroom.drops.remarks import Remarks


def test_a_million_findings_are_counted_and_the_first_thousand_kept() -> None:
    remarks = Remarks()

    for line in range(1, 1_000_001):
        remarks.add(Finding(line, Verdict.INVALID_EMAIL, "x" * 10))

    assert (remarks.failures, remarks.warnings) == (1_000_000, 0)
    assert [each.line for each in remarks.kept()] == list(range(1, MOST_LINES + 1))
    assert remarks.more == 1_000_000 - MOST_LINES


def test_they_are_told_by_their_places_in_the_file() -> None:
    remarks = Remarks()
    for line, number in ((7, 2), (7, 1), (3, None)):
        remarks.add(Finding(line, Verdict.INVALID_EMAIL, number=number))

    assert [(each.line, each.number) for each in remarks.kept()] == [(3, None), (7, 1), (7, 2)]


def test_what_is_only_ignored_is_counted_and_kept_when_asked_for() -> None:
    quiet, verbose = Remarks(), Remarks()
    verbose.be_verbose()
    for remarks in (quiet, verbose):
        remarks.add(Finding(1, Verdict.UNKNOWN_FIELD, "colour", failed=False))

    assert (len(quiet.kept()), quiet.more, quiet.warnings) == (0, 0, 1)
    assert len(verbose.kept()) == 1


def test_long_values_are_cut() -> None:
    remarks = Remarks()
    remarks.add(Finding(1, Verdict.UNKNOWN_COMMAND, "x" * 100_000))

    assert len(remarks.kept()[0].value) <= 81
