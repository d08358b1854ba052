"""Passwords that were right a moment ago, so that a job of fifty sessions pays for one hash, not fifty."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST = 10_000


class RememberedPasswords:
    """Keyed digests of passwords that fitted their argon2id hash, in this process's memory alone.

    A new password or hash is another entry, so nothing outlives a change; switched-off logins and lock-outs
    are the caller's to look at every time.
    """

    def __init__(self, seconds: float = 300.0, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember each password for so long after it was last checked in full."""
        self._seconds = seconds
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, password_hash: str, password: str) -> bool:
        """Tell whether this password fitted this hash lately."""
        with self._lock:
            return self._until.get(self._digest(password_hash, password), 0.0) > self._clock()

    def remember(self, password_hash: str, password: str) -> None:
        """Note that the password fitted the hash; the oldest notes go when there are too many."""
        with self._lock:
            self._until[self._digest(password_hash, password)] = self._clock() + self._seconds
            while len(self._until) > _MOST:
                self._until.popitem(last=False)

    def _digest(self, password_hash: str, password: str) -> bytes:
        return hmac.digest(
            self._key, f"{password_hash}\0{password}".encode("utf-8", "surrogatepass"), "sha256"
        )
