"""Having bytes read by a reader, as a deposit is."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any

from postroom.contacts.batches import RowIssue
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders.headers import map_columns
from postroom.ingest.sandbox.confinement import ReaderLimits
from postroom.ingest.sandbox.readers import Readers, Reading
from postroom.ingest.sandbox.reading import Order

SETTINGS = AccountSettings()
LIMITS = ReaderLimits(memory_bytes=512 << 20, seconds=60)


@dataclass
class Found:
    """All that came of a file."""

    reading: Reading
    rows: list[dict[str, Any]]
    issues: list[RowIssue]


def reading(
    readers: Readers,
    content: bytes,
    name: str = "people.csv",
    *,
    settings: AccountSettings = SETTINGS,
    limits: ReaderLimits = LIMITS,
    block_bytes: int = 4 << 20,
) -> Reading:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return readers.read(file, Order(name, settings, 1 << 30, block_bytes, limits))


def read(readers: Readers, content: bytes, name: str = "people.csv", **options: Any) -> Found:
    opened = reading(readers, content, name, **options)
    columns = map_columns(opened.header, options.get("settings", SETTINGS))
    found = Found(opened, [], [])
    for frame in opened.frames(columns):
        found.rows += frame.data.to_dicts()
        found.issues += frame.issues
    return found
