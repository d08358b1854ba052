"""Immutable blobs under opaque keys: bytes are staged locally, then published once."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from postroom.contacts.errors import Missing

_KEY = re.compile(r"[0-9a-f]{32}")


class BlobStore(Protocol):
    """Where the bytes of files live. Names of senders never reach it; keys are random."""

    @property
    def staging(self) -> Path:
        """A local directory for uploads in progress, on the same disk where that matters."""
        ...

    def put_file(self, path: Path) -> str:
        """Publish a finished staging file durably, consume it, and return the new blob's key."""
        ...

    def put_bytes(self, content: bytes) -> str:
        """Publish `content` durably and return the new blob's key."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open a blob for reading (seekable); raise Missing when there is none."""
        ...

    def delete(self, key: str) -> None:
        """Remove a blob; a missing one is fine."""
        ...

    def keys(self, *, before: datetime | None = None) -> Iterator[str]:
        """Iterate over all keys, or over those of blobs written before a moment."""
        ...

    def clear_staging(self, moment: datetime) -> int:
        """Remove what was staged before `moment` and never published; return how many files."""
        ...


def digest_of(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file, in hexadecimal, and its size in bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def new_key() -> str:
    """Return a fresh random key of 32 hexadecimal digits."""
    return secrets.token_hex(16)


class LocalBlobs:
    """Blobs in a local directory, two levels deep, published by rename after fsync."""

    def __init__(self, root: Path) -> None:
        """Use `root`, made when absent."""
        self._root = root
        self._staging = root / "staging"
        self._staging.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def staging(self) -> Path:
        """Return the directory for uploads in progress; same file system, so that publishing is a rename."""
        return self._staging

    def put_file(self, path: Path) -> str:
        """Publish by fsync and rename; after a crash the blob is whole or absent."""
        key = new_key()
        target = self._path(key)
        self._ensure(target.parent)
        with path.open("rb") as staged:
            os.fsync(staged.fileno())
        path.rename(target)
        try:
            _sync_directory(target.parent)
        except OSError:
            target.unlink(missing_ok=True)
            raise
        return key

    def put_bytes(self, content: bytes) -> str:
        """Stage `content` and publish it."""
        staged = self._staging / new_key()
        try:
            staged.write_bytes(content)
            return self.put_file(staged)
        except OSError:
            staged.unlink(missing_ok=True)
            raise

    def open(self, key: str) -> BinaryIO:
        """Open the blob's file."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError:
            raise Missing(f"The bytes of blob {key} are gone.") from None

    def delete(self, key: str) -> None:
        """Unlink the blob's file."""
        self._path(key).unlink(missing_ok=True)

    def keys(self, *, before: datetime | None = None) -> Iterator[str]:
        """Look through every level-two directory."""
        blobs = (path for path in self._root.glob("??/*") if _KEY.fullmatch(path.name))
        return (path.name for path in blobs if before is None or _older(path, before))

    def clear_staging(self, moment: datetime) -> int:
        """Unlink old staging files; an upload under way is younger, or is refused when it ends."""
        stale = [path for path in self._staging.iterdir() if _older(path, moment)]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def _ensure(self, directory: Path) -> None:
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            return
        _sync_directory(self._root)  # or a crash could take the directory away, and the blob in it

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise Missing("That is no blob key.")
        return self._root / key[:2] / key


class DeletingLater:
    """Blobs whose deletion waits: the transaction that needs them no more is a part of one that may fail."""

    def __init__(self, blobs: BlobStore) -> None:
        """Stand before `blobs`."""
        self._blobs = blobs
        self.deleted: list[str] = []
        """Keys to delete once what has no more need of them is committed."""

    @property
    def staging(self) -> Path:
        """Return the directory of the blobs behind."""
        return self._blobs.staging

    def put_file(self, path: Path) -> str:
        """Publish at once."""
        return self._blobs.put_file(path)

    def put_bytes(self, content: bytes) -> str:
        """Publish at once."""
        return self._blobs.put_bytes(content)

    def open(self, key: str) -> BinaryIO:
        """Open a blob."""
        return self._blobs.open(key)

    def delete(self, key: str) -> None:
        """Note that a blob is to be deleted."""
        self.deleted.append(key)

    def keys(self, *, before: datetime | None = None) -> Iterator[str]:
        """Iterate over the keys of the blobs behind."""
        return self._blobs.keys(before=before)

    def clear_staging(self, moment: datetime) -> int:
        """Clear the staging directory."""
        return self._blobs.clear_staging(moment)


def _older(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
