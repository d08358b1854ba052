"""Writing a file of a flow: a header line, a line for each row, at last a ZIP around it."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

from postroom.dialects.flows.cells import REPLACED, Spelling, quoter, speller
from postroom.dialects.flows.columns import Column

_PIECE_BYTES: Final = 1 << 20
_FILE_MODE: Final = 0o100644
_FIRST_ZIP_YEAR: Final = 1980
_LARGEST_PLAIN: Final = 2_000_000_000
_LEVEL: Final = 6


class FlowWriter:
    """Writes rows of one set of columns into a binary stream; the header is there at once.

    Each line ends with LF, the last one too. Raises ValueError for no columns or two of one name.
    """

    def __init__(self, stream: BinaryIO, columns: Sequence[Column], spelling: Spelling | None = None) -> None:
        """Write the header into `stream`, which stays its owner's."""
        names = [column.name for column in columns]
        if not names or len(set(names)) < len(names):
            raise ValueError("A file needs columns, each with a name of its own.")
        self.rows = 0
        """How many rows were written."""
        self.remarks: Counter[str] = Counter()
        """What had to be changed: see the words in `cells`."""
        self._stream = stream
        self._spelling = spelling or Spelling()
        self._spellers = [speller(column, self._spelling, self.remarks) for column in columns]
        self._quote = quoter(self._spelling)
        self._write(self._spelling.separator.join(names))

    def write(self, values: Sequence[Any]) -> None:
        """Write one row: a value for each column, None for null; raise ValueError for more or fewer."""
        quote = self._quote
        cells = []
        for spell, value in zip(self._spellers, values, strict=True):
            text = None if value is None else spell(value)
            cells.append("" if text is None else quote(text))
        # A blank line is skipped by readers.
        self._write('""' if cells == [""] else self._spelling.separator.join(cells))
        self.rows += 1

    def write_all(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows in their order."""
        for values in rows:
            self.write(values)

    def _write(self, line: str) -> None:
        self._stream.write(self._encoded(f"{line}\n"))

    def _encoded(self, line: str) -> bytes:
        spelling = self._spelling
        try:
            return line.encode(spelling.encoding)
        except UnicodeEncodeError:
            pieces = [self._encoded_character(each) for each in line]
            return b"".join(pieces)

    def _encoded_character(self, character: str) -> bytes:
        try:
            return character.encode(self._spelling.encoding)
        except UnicodeEncodeError:
            self.remarks[REPLACED] += 1
            return self._spelling.replacement.encode(self._spelling.encoding)


def zip_file(content: BinaryIO, archive: BinaryIO, name: str, moment: datetime) -> None:
    """Write a ZIP whose only member is `name`, with the bytes of `content` from where it stands.

    `content` can be seeked. The same bytes, name and moment make the same archive: `moment` (aware) becomes
    the member's time, in UTC.
    """
    start = content.tell()
    size = content.seek(0, os.SEEK_END) - start
    content.seek(start)
    with zip_member(archive, name, moment, large=size > _LARGEST_PLAIN) as write:
        while piece := content.read(_PIECE_BYTES):
            write(piece)


@contextmanager
def zip_member(
    archive: BinaryIO, name: str, moment: datetime, *, large: bool
) -> Iterator[Callable[[bytes], object]]:
    """Yield what takes the bytes of the only member of a ZIP, as `zip_file` makes it.

    `large` makes it ZIP64: it must be said beforehand where there may be 4 GiB or more.
    """
    member = zip_entry(name, moment)
    with zipfile.ZipFile(archive, "w") as whole, whole.open(member, "w", force_zip64=large) as out:
        yield out.write


def zip_entry(name: str, moment: datetime) -> zipfile.ZipInfo:
    """Return the member of a ZIP as all of ours are: compressed, of one mode, its time in UTC."""
    local = moment.astimezone(UTC)
    stamp = (max(local.year, _FIRST_ZIP_YEAR), local.month, local.day, local.hour, local.minute, local.second)
    member = zipfile.ZipInfo(name, stamp)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = 3  # Unix, on whatever system it is written
    member.external_attr = _FILE_MODE << 16
    return member


@contextmanager
def gzip_stream(archive: BinaryIO, name: str, moment: datetime) -> Iterator[Callable[[bytes], object]]:
    """Yield what takes the bytes of a gzip file; the same bytes, name and moment make the same file."""
    seconds = int(moment.timestamp())
    with gzip.GzipFile(name, "wb", compresslevel=_LEVEL, fileobj=archive, mtime=seconds) as out:
        yield out.write
