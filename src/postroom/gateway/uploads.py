"""An upload on its way in: staged on the local disk, published by one transaction, or forgotten."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from typing import BinaryIO

from postroom.drops import landing
from postroom.drops.landing import Landed, Place
from postroom.drops.room import Room
from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.seam import How
from postroom.gateway.translation import translated
from postroom.store.blobs import new_key
from postroom.store.files import Content

_LOG = logging.getLogger("postroom.gateway.uploads")
_BLOCK = 1024 * 1024


class StagedUpload:
    """Bytes on their way in: open, then committed or aborted. Thread-safe."""

    def __init__(self, room: Room, place: Place, *, announced: int | None) -> None:
        """Stage for `place`; raise VfsError(TOO_BIG) when more is announced than may come."""
        self._room = room
        self._place = place
        self._limit = room.limits.upload_bytes
        self._check_size(announced or 0)
        self._path = room.blobs.staging / new_key()
        with translated():
            self._descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        self._lock = threading.Lock()
        self._open = True
        self._size = 0
        self._failure: VfsError | None = None
        # Hashing as bytes arrive in order costs nothing extra at the commit.
        self._digest = hashlib.sha256()
        self._hashed = 0

    @property
    def size(self) -> int:
        """Return how many bytes there are so far."""
        return self._size

    def start_from(self, published: BinaryIO) -> None:
        """Begin with the bytes of a published file (append, update)."""
        with published:
            while block := published.read(_BLOCK):
                self.write_at(self._size, block)

    def write_at(self, offset: int, data: bytes) -> None:
        """Keep `data` at `offset`; the first failure is sticky."""
        with self._lock:
            self._check_open()
            try:
                self._check_size(offset + len(data))
                with translated():
                    self._write_all(offset, data)
            except VfsError as error:
                self._failure = error
                raise
            if offset == self._hashed:
                self._digest.update(data)
                self._hashed += len(data)
            elif offset < self._hashed:
                self._hashed = -1
            self._size = max(self._size, offset + len(data))

    def truncate(self, size: int) -> None:
        """Cut or extend to `size` bytes."""
        with self._lock:
            self._check_open()
            self._check_size(size)
            with translated():
                os.ftruncate(self._descriptor, size)
            if size < self._hashed:
                self._hashed = -1
            self._size = size

    def commit(self, how: How, *, confirmed: bool = True) -> LandedFile:
        """Publish durably in one transaction; on any failure nothing is published."""
        with self._lock:
            self._check_open()
            self._open = False
            try:
                with translated():
                    sha256 = self._sha256()
                    os.close(self._descriptor)
                    content = Content(self._room.blobs.put_file(self._path), self._size, sha256)
            except VfsError:
                self._path.unlink(missing_ok=True)
                raise
        return self._land(content, how, confirmed=confirmed)

    def abort(self, reason: str) -> None:
        """Forget the bytes."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            os.close(self._descriptor)
            self._path.unlink(missing_ok=True)
        _LOG.info("upload to /%s/%s aborted: %s", self._place.directory, self._place.name, reason)

    def __del__(self) -> None:
        """Leave nothing behind when a session forgets its upload."""
        if getattr(self, "_lock", None) is not None:
            self.abort("session gone")

    def _land(self, content: Content, how: How, *, confirmed: bool) -> LandedFile:
        try:
            with translated():
                landed = landing.land(
                    self._room, self._place, content, confirmation=how, confirmed=confirmed
                )
        except VfsError:
            self._room.blobs.delete(content.blob_key)
            raise
        return LandedFile(self._room, landed)

    def _write_all(self, offset: int, data: bytes) -> None:
        written = os.pwrite(self._descriptor, data, offset)
        while written < len(data):
            written += os.pwrite(self._descriptor, memoryview(data)[written:], offset + written)

    def _sha256(self) -> str:
        if self._hashed == self._size:
            return self._digest.hexdigest()
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        with open(self._descriptor, "rb", closefd=False) as staged:
            return hashlib.file_digest(staged, "sha256").hexdigest()

    def _check_open(self) -> None:
        if self._failure is not None:
            raise self._failure
        if not self._open:
            raise VfsError(VfsKind.IO, "This upload has ended.")

    def _check_size(self, size: int) -> None:
        if size > self._limit:
            megabytes = self._limit // (1024 * 1024)
            raise VfsError(VfsKind.TOO_BIG, f"The file is larger than {megabytes} MB; nothing was kept.")


class LandedFile:
    """A published upload whose completeness may still be in doubt (plain FTP)."""

    def __init__(self, room: Room, landed: Landed) -> None:
        """Remember what landed."""
        self._room = room
        self._landed = landed

    def confirm(self) -> None:
        """Release the file for processing."""
        with translated():
            landing.confirm(self._room, self._landed)

    def quarantine(self) -> None:
        """Take the file out of the tree again, never processed."""
        with translated():
            landing.quarantine(self._room, self._landed)
        place = self._landed.place
        _LOG.warning("/%s/%s was taken back: its sender vanished while sending", place.directory, place.name)
