"""How many calls a client may make: a bucket for each, in the memory of each process."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from typing import Any, Final

from postroom.web.errors import TooMany
from postroom.web.middleware.answering import add_header

_MOST: Final = 10_000

RATE_HEADERS: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
"""The limit, the calls that are left, the seconds until all are back."""


class Throttle:
    """Token buckets: each client has one, full at first, that fills up again within a minute.

    Counted in this process alone: with several web processes a client may reach the limit in each.
    """

    def __init__(self, per_minute: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow so many calls a minute, as many as come without None."""
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def count(self, scope: MutableMapping[str, Any], client_id: str) -> None:
        """Count a call and let its answer tell what is left; raise TooMany when nothing is."""
        if self._per_minute is None:
            return
        left = self._take(client_id, self._per_minute)
        seconds_a_call = 60 / self._per_minute
        until_full = math.ceil((self._per_minute - left) * seconds_a_call)
        figures = (self._per_minute, max(0, math.floor(left)), until_full)
        for name, figure in zip(RATE_HEADERS, figures, strict=True):
            add_header(scope, name, str(figure))
        if left < 0:
            raise TooMany(
                f"This client makes more than {self._per_minute} calls a minute.",
                code="RATE_LIMIT",
                retry_seconds=max(1, math.ceil(-left * seconds_a_call)),
            )

    def _take(self, client_id: str, size: int) -> float:
        """Return what is left after this call; below 0 by what is missing, and then nothing was taken."""
        now = self._clock()
        left, seen_at = self._buckets.pop(client_id, (float(size), now))
        left = min(float(size), left + (now - seen_at) * size / 60)
        after = left - 1
        self._buckets[client_id] = (after if after >= 0 else left, now)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return after
