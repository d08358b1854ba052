"""The one data file of a deposit: as it is, or unpacked, never trusting what its zip or gzip says of itself.

Names inside an archive are looked at, never used as paths.
"""

from __future__ import annotations

import errno
import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, BinaryIO

from postroom.contacts.batches import FileRefused
from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.reasons import Reason
from postroom.ingest.pgp import decrypt, decrypted_name, is_encrypted_name

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
GZIP_SIGNATURE = b"\x1f\x8b\x08"
EXTENSIONS = frozenset({"csv", "txt", "zip", "gz"})

_EXTENSION = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,7}|[0-9][A-Za-z][A-Za-z0-9]{0,6})$")
_OFFICE_ENTRIES = {"[Content_Types].xml": "XLSX", "mimetype": "ODS"}
_CLUTTER = frozenset({"thumbs.db", "desktop.ini"})
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# One read of the central directory: some 20,000 names, where an honest archive has a handful.
_MAX_READ_BYTES = 1 << 20
_BROKEN = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError, struct.error)
"""What zipfile and gzip raise on damage; UnicodeDecodeError and other ValueErrors come on top."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How far an archive may inflate, in bytes counted while they come out."""

    inflated_bytes: int = 1 << 30
    ratio: int = 200
    """Times the size of the archive itself …"""
    ratio_free_bytes: int = 50_000_000
    """… once more than this has come out: small files compress as well as they like."""

    def allowed(self, archive_bytes: int) -> int:
        """Return the limit for an archive of this size."""
        return min(self.inflated_bytes, max(self.ratio_free_bytes, self.ratio * archive_bytes))


DEFAULT_LIMITS = ArchiveLimits()


@dataclass(frozen=True, slots=True)
class DataFile:
    """The bytes of the CSV and the name it has (inside its archive, if it came in one)."""

    stream: BinaryIO
    name: str


@contextmanager
def open_data(
    blob: BinaryIO,
    filename: str,
    limits: ArchiveLimits = DEFAULT_LIMITS,
    keys: Sequence[DecryptionKey] = (),
) -> Iterator[DataFile]:
    """Find the data file of a deposit; what it is counts, not what it is called.

    Only PGP messages are known by their name: their content is decrypted in memory, and then found as if it
    had been sent. `blob` is seekable and stays open. Damage may show only while the stream is read.

    Raises:
        FileRefused: UNKNOWN_FORMAT, BAD_ARCHIVE, ENCRYPTED_ARCHIVE, SEVERAL_FILES, ARCHIVE_TOO_BIG, and what
            `pgp.decrypt` says.
    """
    if is_encrypted_name(filename):
        message = blob.read()
        blob = io.BytesIO(decrypt(message, keys, limits.allowed(len(message))))
        filename = decrypted_name(filename)
    _check_extension(filename)
    start = blob.read(4)
    allowed = limits.allowed(blob.seek(0, io.SEEK_END))
    blob.seek(0)
    if start.startswith(ZIP_SIGNATURES):
        with _unzipped(blob, allowed) as data:
            yield data
    elif start.startswith(GZIP_SIGNATURE):
        with gzip.GzipFile(fileobj=blob, mode="rb") as packed:
            inner = re.sub(r"\.gz$", "", filename, flags=re.IGNORECASE)
            yield _data_file(packed, inner, allowed)
    else:
        yield DataFile(blob, filename)


def data_opener(
    open_blob: Callable[[], BinaryIO],
    filename: str,
    limits: ArchiveLimits = DEFAULT_LIMITS,
    keys: Sequence[DecryptionKey] = (),
) -> Callable[[], AbstractContextManager[BinaryIO]]:
    """Return what opens the data afresh, as often as it is called: for reading a file in several passes."""

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        with open_blob() as blob, open_data(blob, filename, limits, keys) as data:
            yield data.stream

    return opened


def _check_extension(filename: str) -> None:
    extension = _EXTENSION.search(filename)
    if extension and extension[1].lower() not in EXTENSIONS:
        raise FileRefused(Reason.UNKNOWN_FORMAT, filename)


@contextmanager
def _unzipped(blob: BinaryIO, allowed: int) -> Iterator[DataFile]:
    with _damage_refused("ZIP"):
        archive = zipfile.ZipFile(_CappedFile(blob))
    with archive:
        entry = _only_entry(archive)
        with _damage_refused("ZIP"):
            packed = archive.open(entry)
        with packed:
            yield _data_file(packed, _base_name(entry.filename), allowed)


def _only_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = [entry for entry in archive.infolist() if not _is_clutter(entry)]
    for entry in entries:
        if entry.filename in _OFFICE_ENTRIES:
            raise FileRefused(Reason.UNKNOWN_FORMAT, _OFFICE_ENTRIES[entry.filename])
    if len(entries) != 1:
        raise FileRefused(Reason.SEVERAL_FILES, str(len(entries)))
    if entries[0].flag_bits & 0x1:
        raise FileRefused(Reason.ENCRYPTED_ARCHIVE)
    if entries[0].compress_type not in _METHODS:
        # bzip2 and lzma would inflate a whole read at once, with no bound.
        raise FileRefused(Reason.BAD_ARCHIVE, f"ZIP, compression {entries[0].compress_type}")
    return entries[0]


def _is_clutter(entry: zipfile.ZipInfo) -> bool:
    name = _base_name(entry.filename)
    hidden = name.startswith(".") or name.lower() in _CLUTTER
    return entry.is_dir() or hidden or entry.filename.startswith("__MACOSX/")


def _base_name(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def _data_file(packed: IO[bytes] | gzip.GzipFile, name: str, allowed: int) -> DataFile:
    _check_extension(name)
    stream = io.BufferedReader(_Inflating(packed, allowed))
    if stream.peek(4).startswith((*ZIP_SIGNATURES, GZIP_SIGNATURE)):
        raise FileRefused(Reason.UNKNOWN_FORMAT, name)
    return DataFile(stream, name)


@contextmanager
def _damage_refused(kind: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as damage:
        raise FileRefused(Reason.BAD_ARCHIVE, kind) from damage
    except (ValueError, RuntimeError) as damage:
        raise FileRefused(Reason.BAD_ARCHIVE, kind) from damage
    except OSError as damage:
        # A made-up offset makes a seek before the start of the file; other errors are the disk's.
        if damage.errno != errno.EINVAL:
            raise
        raise FileRefused(Reason.BAD_ARCHIVE, kind) from damage


class _CappedFile(io.BufferedIOBase):
    """The archive's bytes, but never many at once: a central directory of millions of names is refused."""

    def __init__(self, blob: BinaryIO) -> None:
        self._blob = blob

    def read(self, size: int | None = -1) -> bytes:
        wanted = _MAX_READ_BYTES + 1 if size is None or size < 0 else size
        if wanted > _MAX_READ_BYTES + 1:
            raise zipfile.BadZipFile("The central directory is too large.")
        return self._blob.read(wanted)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._blob.seek(offset, whence)

    def tell(self) -> int:
        return self._blob.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


class _Inflating(io.RawIOBase):
    """Counts what really comes out, whatever sizes the archive declares."""

    def __init__(self, packed: IO[bytes] | gzip.GzipFile, allowed: int) -> None:
        self._packed = packed
        self._allowed = allowed
        self._left = allowed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        with _damage_refused("ZIP" if isinstance(self._packed, zipfile.ZipExtFile) else "GZIP"):
            content = self._packed.read(min(len(target), _MAX_READ_BYTES))
        self._left -= len(content)
        if self._left < 0:
            raise FileRefused(Reason.ARCHIVE_TOO_BIG, f"{self._allowed / (1 << 20):.0f} MiB")
        target[: len(content)] = content
        return len(content)
