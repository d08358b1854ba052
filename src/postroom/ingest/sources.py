"""Whatever was deposited, CSV or workbook, packed or not, as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from postroom.contacts.batches import ColumnMap
from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.settings import AccountSettings
from postroom.ingest.archives import DEFAULT_LIMITS, ArchiveLimits, data_opener
from postroom.ingest.blocks import BLOCK_BYTES
from postroom.ingest.inspect import Inspection, inspect
from postroom.ingest.reading import Table, read_table
from postroom.ingest.workbooks import read_workbook

MapColumns = Callable[[Inspection, Sequence[str]], ColumnMap]
"""Maps the header's cells; the inspection comes with them."""


@contextmanager
def opened_table(
    open_blob: Callable[[], BinaryIO],
    filename: str,
    settings: AccountSettings,
    map_columns: MapColumns,
    *,
    limits: ArchiveLimits = DEFAULT_LIMITS,
    keys: Sequence[DecryptionKey] = (),
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Table]:
    """Inspect a deposited file, have its header mapped, and yield its table, to be read within.

    Raises:
        FileRefused: whatever is wrong with the file as a whole.
    """
    opened = data_opener(open_blob, filename, limits, keys)

    @contextmanager
    def text() -> Iterator[BinaryIO]:
        with opened() as data:
            yield data.stream

    with opened() as data:
        if data.is_workbook:
            yield read_workbook(data.stream, settings, map_columns)
            return
        inspection = inspect(data.stream, settings)
    yield read_table(
        text,
        inspection,
        settings,
        lambda cells: map_columns(inspection, cells),
        block_bytes=block_bytes,
    )
