"""From a deposited file to frames of raw text, fast where the file is plain and careful where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO

from postroom.contacts.batches import ColumnMap, FileRefused
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest.blocks import BLOCK_BYTES, text_blocks
from postroom.ingest.frames import Frame, Layout, careful_frame, fast_frame
from postroom.ingest.inspect import Inspection
from postroom.ingest.records import CarefulReader, Record, is_blank

OpenStream = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens the data from its start, as often as asked; `archives.data_opener` makes one."""


MAX_FRAME_LINES = 100_000
"""Most lines of one frame: many columns make a hundred times as much of lines of two bytes."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose header is understood; `frames()` reads the rest, each time from the start."""

    inspection: Inspection
    columns: ColumnMap
    _frames: Callable[[], Iterator[Frame]]

    def frames(self) -> Iterator[Frame]:
        """Yield the rows, some tens of thousands at a time, in the order of the file.

        Raises:
            FileRefused: UNCLOSED_QUOTE, or what the stream raises (damaged archives).
        """
        return self._frames()


def read_table(
    open_stream: OpenStream,
    inspection: Inspection,
    settings: AccountSettings,
    map_columns: Callable[[Sequence[str]], ColumnMap],
    *,
    block_bytes: int = BLOCK_BYTES,
) -> Table:
    """Read the first line that is not blank and have the dialect map it; it is a row unless it is a header.

    Raises:
        FileRefused: EMPTY_FILE, UNCLOSED_QUOTE, and what `map_columns` or the stream raises.
    """
    with open_stream() as stream:
        header = _header(text_blocks(stream, inspection, block_bytes), settings.separator)
    columns = map_columns(header.cells)
    header_lines = header.line - 1 + (header.line_count if columns.has_header else 0)
    layout = Layout.of(columns, settings.separator)

    def frames() -> Iterator[Frame]:
        with open_stream() as stream:
            blocks = _without_lines(text_blocks(stream, inspection, block_bytes), header_lines)
            yield from _frames(_short(blocks), layout, header_lines + 1)

    return Table(inspection, columns, frames)


def _header(blocks: Iterator[bytes], separator: str) -> Record:
    line = 1
    for block in blocks:
        reader = CarefulReader(block.decode(), separator, line)
        for record in reader:
            if not is_blank(record.cells):
                return record
        reader.refuse_open()
        line += block.count(b"\n")
    raise FileRefused(Reason.EMPTY_FILE)


def _without_lines(blocks: Iterator[bytes], lines: int) -> Iterator[bytes]:
    left = lines
    for block in blocks:
        start = 0
        while left and start < len(block):
            start = block.find(b"\n", start) + 1 or len(block)
            left -= 1
        if start < len(block):
            yield block[start:]


def _short(blocks: Iterator[bytes]) -> Iterator[bytes]:
    for block in blocks:
        start = 0
        for _ in range(block.count(b"\n") // MAX_FRAME_LINES):
            end = _after_lines(block, start, MAX_FRAME_LINES)
            yield block[start:end]
            start = end
        if start < len(block):
            yield block[start:]


def _after_lines(block: bytes, start: int, lines: int) -> int:
    for _ in range(lines):
        start = block.index(b"\n", start) + 1
    return start


def _frames(blocks: Iterator[bytes], layout: Layout, first_line: int) -> Iterator[Frame]:
    line = first_line
    tail = ""
    for block in blocks:
        whole = tail.encode() + block if tail else block
        frame, tail = _frame(whole, layout, line)
        line += whole.count(b"\n") - tail.count("\n")
        if frame.rows:
            yield frame
    if tail:
        reader = CarefulReader(tail, layout.separator, line)
        for _ in reader:
            pass
        reader.refuse_open()


def _frame(block: bytes, layout: Layout, first_line: int) -> tuple[Frame, str]:
    fast = fast_frame(block, layout, first_line)
    if fast is not None:
        return fast, ""
    reader = CarefulReader(block.decode(), layout.separator, first_line)
    return careful_frame(list(reader), layout), reader.tail
