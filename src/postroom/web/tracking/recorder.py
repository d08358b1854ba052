"""Hits that come together are recorded together: who comes while a transaction runs shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from postroom.contacts.errors import PostroomError, Unavailable
from postroom.sending.tracking.visits import Hit

_TOGETHER: Final = 250
"""So many hits share a transaction at the most: for more, PostgreSQL would rather read all messages of an
account that it has no statistics of yet than look each up."""

_MOST_WAITING: Final = 5_000
"""So many hits of all accounts wait at the most; whoever comes then is told to come again."""

_ACCOUNTS_AT_ONCE: Final = 3
"""So many accounts are written to at once: others that call us need connections, too."""

Record = Callable[[int, Sequence[Hit]], Sequence[str | None]]
"""Records hits of an account before it returns; says of each where it leads."""

_Waiting = tuple[Hit, asyncio.Future[str | None]]


class Recorder:
    """Records hits, one transaction of an account after another; nobody is answered before the commit."""

    def __init__(self, record: Record, *, most_waiting: int = _MOST_WAITING) -> None:
        """Record by `record`, in threads of our own."""
        self._record = record
        self._most_waiting = most_waiting
        self._threads = ThreadPoolExecutor(_ACCOUNTS_AT_ONCE, thread_name_prefix="postroom-tracking")
        self._waiting: dict[int, list[_Waiting]] = {}
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def record(self, hit: Hit) -> str | None:
        """Return where a hit leads, once it is recorded.

        Raises:
            Unavailable: the database does not answer, or too many wait; the hit is not recorded.
        """
        if self._count >= self._most_waiting:
            raise Unavailable("Too many openings and clicks wait to be recorded.", code="TOO_MANY")
        recorded: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(hit.account_id, [])
        waiting.append((hit, recorded))
        self._count += 1
        if len(waiting) == 1:
            # A task of its own: that a client goes away is no reason to forget the others.
            task = asyncio.create_task(self._drain(hit.account_id, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await recorded

    async def _drain(self, account_id: int, waiting: list[_Waiting]) -> None:
        """Record what waits for an account until nothing does."""
        while waiting:
            lot = waiting[:_TOGETHER]
            await self._record_lot(account_id, lot)
            del waiting[: len(lot)]
            self._count -= len(lot)
        del self._waiting[account_id]

    async def _record_lot(self, account_id: int, lot: Sequence[_Waiting]) -> None:
        hits = [hit for hit, _ in lot]
        found: Sequence[str | Exception | None]
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._threads, self._record, account_id, hits)
        except Exception as failed:  # noqa: BLE001  # whoever waits for an answer is told
            if len(lot) > 1 and not isinstance(failed, PostroomError):
                # One of them met a bug of ours; the others need not know.
                for each in lot:
                    await self._record_lot(account_id, [each])
                return
            found = [failed] * len(lot)
        for (_, recorded), target in zip(lot, found, strict=True):
            if recorded.done():
                continue
            if isinstance(target, Exception):
                recorded.set_exception(target)
            else:
                recorded.set_result(target)
