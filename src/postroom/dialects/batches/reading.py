"""Reads a command batch, whichever kind of file it is, into our own words (seeds 001 and 003)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from postroom.contacts.commands import BatchHeader, BatchRefused, Finding, Step
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches import csv_rows, dat, xml

_READERS = {".dat": dat.opened, ".xml": xml.opened, ".csv": csv_rows.opened}


@dataclass(frozen=True, slots=True)
class Batch:
    """What a file asks: its header, warnings about that, and its commands in the order of the file.

    `steps` reads on as it is asked. Each begins at a line that is not above the one before it: a run at its
    first record, what is wrong among the records of a run after it.
    """

    header: BatchHeader
    notes: Sequence[Finding]
    steps: Iterator[Step]


def open_batch(stream: BinaryIO, name: str) -> Batch:
    """Read the header of the data file `name` from a seekable stream, and its commands as they are asked for.

    Raises BatchRefused when nothing of the file may be run. That may show late: XML that is not well-formed
    further down raises it from `steps`, and whatever was done by then is to be undone.
    """
    reader = _READERS.get("." + name.rpartition(".")[2].lower())
    if reader is None:
        raise BatchRefused(Finding(1, Verdict.NOT_A_BATCH, name))
    heading, steps = reader(stream)
    return Batch(heading.header, tuple(heading.notes), steps)
