"""The signing keys as one process knows them: read anew now and then, and when a token names another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from postroom.store.database import Database
from postroom.store.sealing import Sealer
from postroom.store.signing import KeyRing, key_ring

_FRESH: Final = timedelta(seconds=30)
_BETWEEN: Final = timedelta(seconds=2)
"""Forged ids of keys lead to the database no more often than that."""


class Keys:
    """The key ring of the installation, shared by all threads of a process; blocks when it reads."""

    def __init__(self, database: Database, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        """Read nothing before the first call."""
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._lock = threading.Lock()
        self._ring: KeyRing | None = None
        self._read_at: datetime | None = None

    def cached(self) -> KeyRing | None:
        """Return the ring when it is fresh, None when it must be read."""
        return self._ring if self._age() < _FRESH else None

    def ring(self) -> KeyRing:
        """Return a ring no older than half a minute.

        Raises:
            Unavailable: the database does not answer, or the key was sealed under another one.
        """
        return self._no_older_than(_FRESH)

    def newer_ring(self) -> KeyRing:
        """Return a ring for a token whose key the last one lacked."""
        return self._no_older_than(_BETWEEN)

    def _no_older_than(self, age: timedelta) -> KeyRing:
        with self._lock:
            if self._ring is None or self._age() >= age:
                now = self._clock()
                with self._database.transaction() as connection:
                    self._ring = key_ring(connection, self._sealer, now)
                self._read_at = now
            return self._ring

    def _age(self) -> timedelta:
        return timedelta.max if self._read_at is None else abs(self._clock() - self._read_at)
