"""The watched connections of the queue."""

from __future__ import annotations

import asyncio

import pytest
from procrastinate.connector import Notify

from postroom.jobs.connecting import WatchedConnector, heeding_cancellation


async def _answer_although_cancelled(asked: asyncio.Event) -> str:
    """Do as asyncio.wait_for before Python 3.12 when a cancellation comes together with the answer."""
    asked.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return "answer"
    raise AssertionError


async def _cancel_while_it_is_answered(database_url: str) -> bool:
    connector = WatchedConnector(conninfo=database_url)
    asked = asyncio.Event()
    task = asyncio.create_task(connector._watched(_answer_although_cancelled(asked)))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return connector.broken.is_set()


async def _cancel_while_it_is_notified() -> list[str]:
    heard: list[str] = []
    asked = asyncio.Event()

    async def listen(on_notification: Notify) -> None:
        while True:
            payload = await _answer_although_cancelled(asked)
            await on_notification(channel="jobs", payload=payload)

    async def hear(*, channel: str, payload: str) -> None:
        heard.append(payload)

    task = asyncio.create_task(listen(heeding_cancellation(hear)))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 10)
    return heard


def test_a_cancellation_that_comes_together_with_a_notification_is_not_lost() -> None:
    assert asyncio.run(_cancel_while_it_is_notified()) == []


def test_a_cancellation_that_comes_together_with_the_answer_is_not_lost(database_url: str) -> None:
    assert asyncio.run(_cancel_while_it_is_answered(database_url)) is False
