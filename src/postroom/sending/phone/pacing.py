"""How fast messages go out: so many a second, and slower for a while when the other side says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_LONGEST_HELD: Final = 3.0
"""For how many seconds of a pause a text waits here, rather than in the database."""


class Pace:
    """Lets callers through one by one, from any thread; a pause holds up all of them."""

    def __init__(
        self,
        per_second: float,
        *,
        first_pause: float = _FIRST_PAUSE,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Let `per_second` through; the first pause takes `first_pause` seconds, each further twice that."""
        self._between = 1 / per_second
        self._first_pause = first_pause
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = self._paused_until = 0.0
        self._pauses = 0

    def wait(self) -> None:
        """Wait for one's turn."""
        with self._lock:
            mine = max(self._next, self._now())
            self._next = mine + self._between
        while (left := max(mine, self._paused_until) - self._now()) > 0:
            self._sleep(left)

    def slow_down(self) -> float:
        """Make a pause, as the other side is overfed; return how many seconds are left of it.

        Those who are told so during a pause make no further one.
        """
        with self._lock:
            now = self._now()
            if now >= self._paused_until:
                pause = min(self._first_pause * 2**self._pauses, _LONGEST_PAUSE)
                self._pauses = min(self._pauses + 1, 10)
                self._next = self._paused_until = now + pause
            return self._paused_until - now

    def went_well(self) -> None:
        """Forget the pauses: the next one is short again."""
        self._pauses = 0

    @property
    def resting(self) -> bool:
        """Tell whether a pause lasts so long that nobody should wait for its end here."""
        return self.paused_for > _LONGEST_HELD

    @property
    def paused_for(self) -> float:
        """Return how many seconds are left of a pause."""
        return max(0.0, self._paused_until - self._now())
