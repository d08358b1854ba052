"""What a login has just left, remembered for when processing has already taken it away.

Processing starts on the commit, so a file leaves its `in` folder within milliseconds. Clients that then ask
for its size, or set its time, would report a failure and send it again: paramiko's put compares sizes;
rclone, lftp, WinSCP and "sftp -p" set times, rclone perhaps in another of its sessions. For a minute they are
told what they sent. Listings tell the truth.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from postroom.gateway.seam import Stat
from postroom.gateway.vpath import VPath

_SECONDS: Final = 60.0
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Left:
    """A file, and until when (monotonic seconds) it is remembered."""

    stat: Stat
    until: float


class Recent:
    """The files that the logins of one process published in the last minute; thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Remember nothing; `monotonic` tells seconds."""
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._left: dict[tuple[str, VPath], _Left] = {}

    def note(self, login: str, path: VPath, stat: Stat) -> None:
        """Remember a file that was published now, under its path."""
        now = self._monotonic()
        with self._lock:
            self._left.pop((login, path), None)
            self._left[login, path] = _Left(stat, now + _SECONDS)
            self._drop_old(now)

    def forget(self, login: str, path: VPath) -> None:
        """Forget a file that its sender renamed or removed; one that is not known is fine."""
        with self._lock:
            self._left.pop((login, path), None)

    def stat(self, login: str, path: VPath) -> Stat | None:
        """Return what the login published at `path` within the last minute, or None."""
        with self._lock:
            left = self._left.get((login, path))
        return left.stat if left is not None and self._monotonic() < left.until else None

    def touch(self, login: str, path: VPath, modified_at: datetime) -> bool:
        """Set a remembered file's time; False when there is none."""
        with self._lock:
            left = self._left.get((login, path))
            if left is None or self._monotonic() >= left.until:
                return False
            self._left[login, path] = replace(left, stat=replace(left.stat, modified_at=modified_at))
            return True

    def _drop_old(self, now: float) -> None:
        for key in list(self._left):
            # In order of age: the first that is young enough ends the search.
            if self._left[key].until > now and len(self._left) <= _MOST:
                return
            del self._left[key]
