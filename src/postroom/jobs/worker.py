"""Working the queue: handlers run in threads, failures are retried, jobs of dead workers come back."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from postroom.contacts.errors import Conflict, Denied, Missing, Refused, Unavailable
from postroom.jobs.connecting import WatchedConnector, is_verdict
from postroom.jobs.queue import DEFAULT_QUEUE

_LOG = logging.getLogger("postroom.jobs")

Handler = Callable[..., None]


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """How a worker process works; times in seconds.

    `database_seconds` is how long the queue's connections wait for a database that does not answer;
    `connections` is how many of them there are at most.
    """

    queue: str = DEFAULT_QUEUE
    concurrency: int = 2
    connections: int = 6
    heartbeat_seconds: float = 2.0
    dead_after_seconds: float = 10.0
    polling_seconds: float = 5.0
    database_seconds: float = 30.0
    max_attempts: int = 4
    retry_seconds: float = 1.0
    longest_retry_seconds: float = 60.0


class Worker:
    """Runs handlers for the jobs of one database until told to stop."""

    def __init__(
        self,
        url: str,
        handlers: Mapping[str, Handler],
        *,
        config: WorkerConfig,
        periodic: Mapping[str, str] | None = None,
    ) -> None:
        """Register `handlers` by task name; `periodic` maps task names to cron lines."""
        self._config = config
        self._connector = WatchedConnector(
            conninfo=url, min_size=1, max_size=config.connections, timeout=config.database_seconds
        )
        self._app = procrastinate.App(connector=self._connector)
        retry = _Retry(config)
        for name, handler in handlers.items():
            self._app.task(name=name, retry=retry)(handler)
        self._register_periodic(handlers, periodic or {})
        self._stop_asked = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._working: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Work until `stop` is called; running jobs end first. Blocks.

        Raises Unavailable when the database is lost: what runs is ended, and a new worker may be started.
        """
        asyncio.run(self._run(on_ready))

    def run_until_idle(self) -> None:
        """Work one by one until no job is left; for commands and tests. Blocks."""
        asyncio.run(self._work_until_idle())

    def stop(self) -> None:
        """Let running jobs end, then return from `run`; callable from any thread, at any time, repeatedly."""
        self._stop_asked.set()
        if self._loop is not None and self._stopping is not None:
            with suppress(RuntimeError):  # the loop is closed: there is nothing left to stop
                self._loop.call_soon_threadsafe(self._stop_working)

    async def _run(self, on_ready: Callable[[], None]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        if self._stop_asked.is_set():
            return
        async with self._opened():
            await self._recover()
            working = asyncio.create_task(self._app.run_worker_async(**self._options(wait=True)))
            others = [
                asyncio.create_task(waited)
                for waited in (self._recover_forever(), self._connector.broken.wait(), self._stopping.wait())
            ]
            self._working = working
            if self._stopping.is_set():
                working.cancel()
            on_ready()
            await asyncio.wait({working, *others}, return_when=asyncio.FIRST_COMPLETED)
            drains = self._stopping.is_set()
            for task in others if drains else (*others, working):
                task.cancel()
            await asyncio.gather(working, *others, return_exceptions=True)
        if not drains:
            raise _lost(self._connector.failure)

    def _stop_working(self) -> None:
        """Stop within the loop, at once: a job that ends now must not be followed by another."""
        if self._stopping is None or self._stopping.is_set():
            return
        self._stopping.set()
        if self._working is not None:
            self._working.cancel()  # procrastinate takes it as "finish what runs, then end", but only once

    async def _work_until_idle(self) -> None:
        async with self._opened():
            # Two at once would end while the next of an account waits for the one that runs.
            await self._app.run_worker_async(**{**self._options(wait=False), "concurrency": 1})

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        try:
            await asyncio.wait_for(self._app.open_async(), self._config.database_seconds)
            yield
        except (ConnectorException, TimeoutError) as error:
            raise _lost(error) from error
        finally:
            await self._app.close_async()

    def _options(self, *, wait: bool) -> dict[str, Any]:
        return {
            "wait": wait,
            "queues": [self._config.queue],
            "concurrency": self._config.concurrency,
            "install_signal_handlers": False,
            "update_heartbeat_interval": self._config.heartbeat_seconds,
            "stalled_worker_timeout": self._config.dead_after_seconds,
            "fetch_job_polling_interval": self._config.polling_seconds,
            "delete_jobs": "successful",
        }

    async def _recover_forever(self) -> None:
        while True:
            await asyncio.sleep(self._config.heartbeat_seconds)
            await self._recover()

    async def _recover(self) -> None:
        manager = self._app.job_manager
        stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=self._config.dead_after_seconds)
        for job in stalled:
            try:
                await manager.retry_job(job)
            except ConnectorException as error:
                if not is_verdict(error):
                    raise
                continue  # another worker was faster
            _LOG.warning("job %s (%s) was left by a dead worker, running it again", job.id, job.task_name)

    def _register_periodic(self, handlers: Mapping[str, Handler], periodic: Mapping[str, str]) -> None:
        for name, cron in periodic.items():
            handler = handlers[name]

            def run_at(timestamp: int, handler: Handler = handler) -> None:
                del timestamp
                handler()

            task = self._app.task(
                name=f"{name}.periodic", queue=self._config.queue, queueing_lock=name, pass_context=False
            )(run_at)
            self._app.periodic(cron=cron)(task)


def _lost(cause: BaseException | None) -> Unavailable:
    if cause is None:
        return Unavailable("The worker ended by itself.")
    why = cause.__cause__ or cause
    # PostgreSQL adds the whole statement from the second line on.
    first_line = str(why).strip().partition("\n")[0]
    return Unavailable(f"The worker lost its queue: {first_line or type(why).__name__}")


class _Retry(BaseRetryStrategy):
    """Senders' faults are final, a neighbour's absence is waited out, anything else is tried a few times."""

    def __init__(self, config: WorkerConfig) -> None:
        self._config = config

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, Refused | Missing | Denied):
            return None
        passing = isinstance(exception, Unavailable | Conflict)
        if not passing and job.attempts + 1 >= self._config.max_attempts:
            return None
        wait = self._config.retry_seconds * 4.0 ** min(job.attempts, 10)
        seconds = min(wait, self._config.longest_retry_seconds)
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=seconds))
