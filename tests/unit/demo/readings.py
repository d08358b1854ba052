"""What the law of rows says of a generated file, read with nothing but Python's csv."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

from demo.oddities import Expected
from postroom.contacts.rows import NormalisedRow, normalise_row
from postroom.contacts.settings import AccountSettings

FIELDS = (
    *("reference", "civility", "first_name", "last_name", "email", "phone", "mobile"),
    *("address1", "zipcode", "city", "birth_date", "company"),
)


@dataclass
class Reading:
    """A file as the law reads it: what `Expected` says, and the rows that were taken."""

    said: Expected = field(default_factory=Expected)
    taken: list[NormalisedRow] = field(default_factory=list)

    @property
    def keys(self) -> list[object]:
        return [row.dedup_key for row in self.taken]


def read(content: bytes, encoding: str = "cp1252") -> Reading:
    """Read a whole file."""
    reading = Reading()
    rows = csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=";", strict=True)
    next(rows)
    for cells in rows:
        if not "".join(cells).strip():
            continue
        reading.said.lines += 1
        if len(cells) > len(FIELDS):
            reading.said.refused["TOO_MANY_COLUMNS"] += 1
            continue
        _take(normalise_row(dict(zip(FIELDS, cells, strict=True)), AccountSettings()), reading)
    reading.said.created = len(set(reading.keys))
    reading.said.duplicates = len(reading.keys) - len(set(reading.keys))
    return reading


def _take(row: NormalisedRow, reading: Reading) -> None:
    if row.refusal:
        reading.said.refused[row.refusal[0].value] += 1
        return
    reading.said.warnings.update(reason.value for reason, _ in row.warnings)
    reading.taken.append(row)
