"""The queue's connections, watched: procrastinate may go on after a failure, but lamed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any, LiteralString, TypeVar

from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException

T = TypeVar("T")

_VERDICTS = ("P0", "23")
"""Classes of SQLSTATE: raised by the queue's own functions, and by its unique indexes."""


class WatchedConnector(PsycopgConnector):
    """Sets `broken` at the first failure and keeps it in `failure`.

    Procrastinate (3.10) ends at once only where fetching fails. Without its listener a worker polls, without
    its heartbeat others take it for dead, and a job whose end was not noted holds its lock for as long as
    the worker lives.
    """

    def __init__(self, **arguments: Any) -> None:
        """Take what PsycopgConnector takes."""
        super().__init__(**arguments)
        self.broken = asyncio.Event()
        self.failure: ConnectorException | None = None

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """Run a statement."""
        await self._watched(super().execute_query_async(query, **arguments))

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        """Run a statement, return its row."""
        return await self._watched(super().execute_query_one_async(query, **arguments))

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        """Run a statement, return its rows."""
        return await self._watched(super().execute_query_all_async(query, **arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Listen for new jobs until cancelled."""
        await self._watched(super().listen_notify(heeding_cancellation(on_notification), channels))

    async def _watched(self, result: Awaitable[T]) -> T:
        cancelled = _times_cancelled()
        try:
            value = await result
        except ConnectorException as error:
            if not is_verdict(error):
                self.failure = self.failure or error
                self.broken.set()
            raise
        _heed_cancellation(cancelled)
        return value


def heeding_cancellation(on_notification: Notify) -> Notify:
    """Return `on_notification`, but ending a listener whose cancellation was swallowed."""

    async def notified(*, channel: str, payload: str) -> None:
        _heed_cancellation(0)
        await on_notification(channel=channel, payload=payload)

    return notified


def _heed_cancellation(times_before: int) -> None:
    # Before Python 3.12 asyncio.wait_for, on which psycopg and the listener wait, swallows a cancellation
    # that comes together with the answer; the heartbeat, cancelled once, would then beat on for ever.
    if _times_cancelled() > times_before:
        raise asyncio.CancelledError


def _times_cancelled() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0


def is_verdict(error: ConnectorException) -> bool:
    """Tell whether the queue itself said no (the job is somebody else's, or there already)."""
    return str(getattr(error.__cause__, "sqlstate", None)).startswith(_VERDICTS)
