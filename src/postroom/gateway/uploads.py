"""An upload on its way in: staged on the local disk, published by one transaction, or forgotten."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

from postroom.contacts.errors import Unavailable
from postroom.drops import landing
from postroom.drops.landing import Landed, Place
from postroom.drops.room import Room
from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.pieces import Pieces
from postroom.gateway.recent import Recent
from postroom.gateway.seam import How, Stat
from postroom.gateway.translation import translated
from postroom.gateway.vpath import VPath
from postroom.store.blobs import new_key
from postroom.store.files import Content

_LOG = logging.getLogger("postroom.gateway.uploads")
_BLOCK = 1024 * 1024

WRITABLE_FILE: Final = stat.S_IFREG | 0o644
"""The mode of files that their sender may change."""


class StagedUpload:
    """Bytes on their way in: open, then committed or aborted. Thread-safe."""

    def __init__(
        self,
        room: Room,
        place: Place,
        path: VPath,
        recent: Recent,
        *,
        announced: int | None = None,
        may_replace: bool = True,
    ) -> None:
        """Stage for `place`, which the session knows as `path`, and tell `recent` of the commit.

        Raises VfsError(TOO_BIG) when more bytes are announced than may come.
        """
        self._room = room
        self._place = place
        self._path = path
        self._recent = recent
        self._may_replace = may_replace
        self._limit = room.limits.upload_bytes
        self._check_size(announced or 0)
        self._staged = room.blobs.staging / new_key()
        with translated():
            self._descriptor = os.open(self._staged, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        self._lock = threading.Lock()
        self._open = True
        self._failure: tuple[VfsKind, str] | None = None
        self._pieces = Pieces()
        # Hashing as bytes arrive in order costs nothing extra at the commit.
        self._digest = hashlib.sha256()
        self._hashed = 0

    @property
    def size(self) -> int:
        """Return how many bytes there are so far."""
        return self._pieces.end

    def start_from(self, published: BinaryIO) -> None:
        """Begin with the bytes of a published file (append, update)."""
        with published:
            while block := published.read(_BLOCK):
                self.write_at(self.size, block)

    def write_at(self, offset: int, data: bytes) -> None:
        """Keep `data` at `offset`; the first failure is sticky."""
        with self._lock:
            self._check_open()
            end = offset + len(data)
            with self._sticky():
                self._check_size(end)
                self._write_all(offset, data)
            self._pieces.add(offset, end)
            if offset == self._hashed:
                self._digest.update(data)
                self._hashed = end
            elif offset < self._hashed:
                self._hashed = -1

    def truncate(self, size: int) -> None:
        """Cut or extend to `size` bytes."""
        with self._lock:
            self._check_open()
            with self._sticky():
                self._check_size(size)
                os.ftruncate(self._descriptor, size)
            self._pieces.cut(size)
            if size < self._hashed:
                self._hashed = -1

    def commit(self, how: How, *, confirmed: bool = True) -> LandedFile:
        """Publish durably in one transaction; on any failure nothing is published."""
        with self._lock:
            self._check_open()
            with self._sticky():
                self._check_whole()
                content = self._stored()
                self._open = False
            with translated():
                landed = self._landed(content, how, confirmed=confirmed)
        login = self._place.login
        self._recent.note(login, self._path, self._stat(landed))
        return LandedFile(self._room, landed, lambda: self._recent.forget(login, self._path))

    def abort(self, reason: str) -> None:
        """Forget the bytes."""
        with self._lock:
            if self._open:
                self._discard()
                _LOG.info("upload to /%s/%s aborted: %s", self._place.directory, self._place.name, reason)

    def __del__(self) -> None:
        """Leave nothing behind when a session forgets its upload."""
        if getattr(self, "_hashed", None) is not None:
            self.abort("session gone")

    def _stat(self, landed: Landed) -> Stat:
        return Stat(
            self._path.name, is_dir=False, size=self.size, modified_at=landed.landed_at, mode=WRITABLE_FILE
        )

    def _stored(self) -> Content:
        sha256 = self._sha256()
        content = Content(self._room.blobs.put_file(self._staged), self.size, sha256)
        self._open = False
        os.close(self._descriptor)
        return content

    def _landed(self, content: Content, how: How, *, confirmed: bool) -> Landed:
        try:
            return landing.land(
                self._room,
                self._place,
                content,
                confirmation=how,
                confirmed=confirmed,
                may_replace=self._may_replace,
            )
        except Unavailable:
            # The connection may have broken after the commit, and then the file needs its bytes.
            _LOG.warning("blob %s may be without a file: the database went away", content.blob_key)
            raise
        except BaseException:
            with suppress(OSError):
                self._room.blobs.delete(content.blob_key)
            raise

    @contextmanager
    def _sticky(self) -> Iterator[None]:
        """Let the first failure end the upload: clients send on regardless, and then close."""
        try:
            with translated():
                yield
        except BaseException as error:
            self._failure = (VfsKind.IO, "The upload failed; send the file again.")
            if isinstance(error, VfsError):
                self._failure = (error.kind, error.message)
            self._discard()
            raise

    def _discard(self) -> None:
        if self._open:
            self._open = False
            os.close(self._descriptor)
            self._staged.unlink(missing_ok=True)

    def _write_all(self, offset: int, data: bytes) -> None:
        written = os.pwrite(self._descriptor, data, offset)
        while written < len(data):
            written += os.pwrite(self._descriptor, memoryview(data)[written:], offset + written)

    def _sha256(self) -> str:
        if self._hashed == self.size:
            return self._digest.hexdigest()
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        with open(self._descriptor, "rb", closefd=False) as staged:
            return hashlib.file_digest(staged, "sha256").hexdigest()

    def _check_open(self) -> None:
        if self._failure is not None:
            raise VfsError(*self._failure)
        if not self._open:
            raise VfsError(VfsKind.IO, "This upload has ended.")

    def _check_size(self, size: int) -> None:
        if size > self._limit:
            megabytes = self._limit // (1024 * 1024)
            raise VfsError(VfsKind.TOO_BIG, f"The file is larger than {megabytes} MB; nothing was kept.")

    def _check_whole(self) -> None:
        if (gap := self._pieces.gap) is not None:
            raise VfsError(VfsKind.IO, f"The bytes from {gap} on never came; send the whole file again.")


class LandedFile:
    """A published upload whose completeness may still be in doubt (plain FTP); the first word decides."""

    def __init__(self, room: Room, landed: Landed, on_quarantine: Callable[[], None]) -> None:
        """Remember what landed."""
        self._room = room
        self._landed = landed
        self._on_quarantine = on_quarantine
        self._lock = threading.Lock()
        self._decided = False

    def confirm(self) -> None:
        """Release the file for processing."""
        with self._lock, translated():
            if not self._decided:
                landing.confirm(self._room, self._landed)
            self._decided = True

    def quarantine(self) -> None:
        """Take the file out of the tree again, never processed."""
        with self._lock, translated():
            if not self._decided:
                self._take_back()
            self._decided = True

    def _take_back(self) -> None:
        landing.quarantine(self._room, self._landed)
        self._on_quarantine()
        place = self._landed.place
        _LOG.warning("/%s/%s was taken back: its sender vanished while sending", place.directory, place.name)
