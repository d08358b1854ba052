"""The one data file of a deposit: as it is, or unpacked, never trusting what its zip or gzip says of itself.

A workbook is a data file, though most are zips themselves.

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
from functools import partial
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, BinaryIO

from postroom.contacts.batches import FileRefused
from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.reasons import Reason
from postroom.ingest.inspect import refuse_signature
from postroom.ingest.pgp import decrypt, decrypted_name, is_encrypted_name

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
GZIP_SIGNATURE = b"\x1f\x8b\x08"
COMPOUND_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What .xls begins with, and every workbook that has a password."""
EXTENSIONS = frozenset({"csv", "txt", "zip", "gz", "xls", "xlsx", "xlsm", "xlsb", "ods"})

_EXTENSION = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,7}|[0-9][A-Za-z][A-Za-z0-9]{0,6})$")
_OFFICE_ENTRIES = ("[Content_Types].xml", "mimetype")
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
    workbook_bytes: int = 100_000_000
    """How large a workbook may be that comes in an archive: it is held in memory."""

    def allowed(self, archive_bytes: int) -> int:
        """Return the limit for an archive of this size."""
        return min(self.inflated_bytes, max(self.ratio_free_bytes, self.ratio * archive_bytes))


DEFAULT_LIMITS = ArchiveLimits()


@dataclass(frozen=True, slots=True)
class DataFile:
    """The bytes of the CSV and the name it has (inside its archive, if it came in one).

    The stream of a workbook is seekable, and what its parts inflate to is within the limits.
    """

    stream: BinaryIO
    name: str
    is_workbook: bool = False


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
        content, filename = _decrypted(blob, filename, limits, keys)
        blob = io.BytesIO(content)
    with _unpacked(blob, filename, limits) as data:
        yield data


def data_opener(
    open_blob: Callable[[], BinaryIO],
    filename: str,
    limits: ArchiveLimits = DEFAULT_LIMITS,
    keys: Sequence[DecryptionKey] = (),
) -> Callable[[], AbstractContextManager[DataFile]]:
    """Return what opens the data afresh, as often as it is called: for reading a file in several passes.

    A message is decrypted once, and its content held in memory.
    """
    if is_encrypted_name(filename):
        with open_blob() as blob:
            content, filename = _decrypted(blob, filename, limits, keys)
        open_blob = partial(io.BytesIO, content)

    @contextmanager
    def opened() -> Iterator[DataFile]:
        with open_blob() as blob, _unpacked(blob, filename, limits) as data:
            yield data

    return opened


def is_archive(start: bytes) -> bool:
    """Tell by its first bytes whether a file must be unpacked, or is a workbook."""
    return start.startswith((*ZIP_SIGNATURES, GZIP_SIGNATURE))


def glance(blob: BinaryIO, filename: str) -> None:
    """Refuse a file for what shows at once: its kind, an archive that is cut off, locked or of several files.

    What a message holds is not looked at. Raises FileRefused.
    """
    if is_encrypted_name(filename):
        return
    _check_extension(filename)
    start = blob.read(len(COMPOUND_SIGNATURE))
    blob.seek(0)
    if start.startswith(ZIP_SIGNATURES):
        _glance_at_zip(blob)
    elif start.startswith(GZIP_SIGNATURE):
        with _damage_refused("GZIP"), gzip.GzipFile(fileobj=blob, mode="rb") as packed:
            packed.read(1)
    elif not start.startswith(COMPOUND_SIGNATURE):
        refuse_signature(start)


def _glance_at_zip(blob: BinaryIO) -> None:
    with _damage_refused("ZIP"):
        archive = zipfile.ZipFile(_CappedFile(blob))
    with archive:
        if _is_office(archive):
            return
        entry = _only_entry(archive)
        _check_extension(_base_name(entry.filename))
        with _damage_refused("ZIP"), archive.open(entry) as packed:
            start = packed.read(len(COMPOUND_SIGNATURE))
    if not start.startswith((*ZIP_SIGNATURES, COMPOUND_SIGNATURE)):  # what may be a workbook
        refuse_signature(start)


def _decrypted(
    blob: BinaryIO, filename: str, limits: ArchiveLimits, keys: Sequence[DecryptionKey]
) -> tuple[bytes, str]:
    message = blob.read()
    return decrypt(message, keys, limits.allowed(len(message))), decrypted_name(filename)


@contextmanager
def _unpacked(blob: BinaryIO, filename: str, limits: ArchiveLimits) -> Iterator[DataFile]:
    _check_extension(filename)
    start = blob.read(len(COMPOUND_SIGNATURE))
    allowed = limits.allowed(blob.seek(0, io.SEEK_END))
    blob.seek(0)
    if start.startswith(COMPOUND_SIGNATURE):
        yield DataFile(blob, filename, is_workbook=True)
    elif start.startswith(ZIP_SIGNATURES):
        with _unzipped(blob, filename, allowed, limits) as data:
            yield data
    elif start.startswith(GZIP_SIGNATURE):
        with gzip.GzipFile(fileobj=blob, mode="rb") as packed:
            inner = re.sub(r"\.gz$", "", filename, flags=re.IGNORECASE)
            yield _data_file(packed, inner, allowed, limits)
    else:
        yield DataFile(blob, filename)


def _check_extension(filename: str) -> None:
    extension = _EXTENSION.search(filename)
    if extension and extension[1].lower() not in EXTENSIONS:
        raise FileRefused(Reason.UNKNOWN_FORMAT, filename)


@contextmanager
def _unzipped(blob: BinaryIO, filename: str, allowed: int, limits: ArchiveLimits) -> Iterator[DataFile]:
    with _damage_refused("ZIP"):
        archive = zipfile.ZipFile(_CappedFile(blob))
    with archive:
        if _is_office(archive):
            _check_parts(archive, allowed)
            blob.seek(0)
            yield DataFile(blob, filename, is_workbook=True)
            return
        entry = _only_entry(archive)
        with _damage_refused("ZIP"):
            packed = archive.open(entry)
        with packed:
            yield _data_file(packed, _base_name(entry.filename), allowed, limits)


def _is_office(archive: zipfile.ZipFile) -> bool:
    names = set(archive.namelist())
    return any(entry in names for entry in _OFFICE_ENTRIES)


def _check_parts(archive: zipfile.ZipFile, allowed: int) -> None:
    """Refuse a workbook whose parts inflate to too much, or to something else than they say."""
    left = allowed
    for entry in archive.infolist():
        if not entry.filename.endswith((".xml", ".rels", ".bin")):
            continue
        _check_entry(entry)
        with _damage_refused("ZIP"), archive.open(entry) as part:
            while piece := part.read(_MAX_READ_BYTES):
                left -= len(piece)
                if left < 0:
                    raise FileRefused(Reason.ARCHIVE_TOO_BIG, _in_mebibytes(allowed))


def _only_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = [entry for entry in archive.infolist() if not _is_clutter(entry)]
    if len(entries) != 1:
        raise FileRefused(Reason.SEVERAL_FILES, str(len(entries)))
    _check_entry(entries[0])
    return entries[0]


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise FileRefused(Reason.ENCRYPTED_ARCHIVE)
    if entry.compress_type not in _METHODS:
        # bzip2 and lzma would inflate a whole read at once, with no bound.
        raise FileRefused(Reason.BAD_ARCHIVE, f"ZIP, compression {entry.compress_type}")


def _is_clutter(entry: zipfile.ZipInfo) -> bool:
    name = _base_name(entry.filename)
    hidden = name.startswith(".") or name.lower() in _CLUTTER
    return entry.is_dir() or hidden or entry.filename.startswith("__MACOSX/")


def _base_name(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def _data_file(packed: IO[bytes] | gzip.GzipFile, name: str, allowed: int, limits: ArchiveLimits) -> DataFile:
    _check_extension(name)
    stream = io.BufferedReader(_Inflating(packed, allowed))
    start = stream.peek(len(COMPOUND_SIGNATURE))
    if start.startswith((*ZIP_SIGNATURES, COMPOUND_SIGNATURE)):
        return _inner_workbook(stream, name, allowed, limits)
    if start.startswith(GZIP_SIGNATURE):
        raise FileRefused(Reason.UNKNOWN_FORMAT, name)
    return DataFile(stream, name)


def _inner_workbook(stream: BinaryIO, name: str, allowed: int, limits: ArchiveLimits) -> DataFile:
    content = io.BytesIO(stream.read(limits.workbook_bytes + 1))
    if content.getbuffer().nbytes > limits.workbook_bytes:
        raise FileRefused(Reason.ARCHIVE_TOO_BIG, _in_mebibytes(limits.workbook_bytes))
    if not content.getvalue().startswith(COMPOUND_SIGNATURE):
        with _damage_refused("ZIP"), zipfile.ZipFile(_CappedFile(content)) as inner:
            if not _is_office(inner):
                raise FileRefused(Reason.UNKNOWN_FORMAT, name)
            _check_parts(inner, allowed)
    content.seek(0)
    return DataFile(content, name, is_workbook=True)


def _in_mebibytes(size: int) -> str:
    return f"{size / (1 << 20):.0f} MiB"


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
            raise FileRefused(Reason.ARCHIVE_TOO_BIG, _in_mebibytes(self._allowed))
        target[: len(content)] = content
        return len(content)
