"""Locks between processes, on files: a killed holder lets go by itself."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """An flock on one file, shared or exclusive; processes started later do not inherit it."""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`, made when absent; its directory must exist."""
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Tell whether this object holds the lock."""
        return self._descriptor is not None

    def share(self) -> None:
        """Hold the lock together with others; wait for an exclusive holder."""
        self._take(fcntl.LOCK_SH)

    def wait(self) -> None:
        """Hold the lock alone; wait for every other holder."""
        self._take(fcntl.LOCK_EX)

    def attempt(self) -> bool:
        """Hold the lock alone if nobody else holds it; tell whether it worked."""
        try:
            self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go; letting go twice is fine."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock alone for a block."""
        self.wait()
        try:
            yield
        finally:
            self.release()

    def _take(self, operation: int) -> None:
        # The file is never unlinked: a lock on an unlinked file would be no lock for the next comer.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, operation)
        except BaseException:
            os.close(descriptor)
            raise
        self.release()
        self._descriptor = descriptor
