"""Working the queue: handlers run in threads, failures are retried, jobs of dead workers come back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import procrastinate
from procrastinate import PsycopgConnector
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from postroom.contacts.errors import Denied, Missing, Refused

_LOG = logging.getLogger("postroom.jobs")

Handler = Callable[..., None]


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """How a worker process works; times in seconds."""

    concurrency: int = 2
    heartbeat_seconds: float = 2.0
    dead_after_seconds: float = 10.0
    polling_seconds: float = 5.0
    max_attempts: int = 4
    retry_seconds: float = 1.0


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
        self._app = procrastinate.App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=6))
        retry = _Retry(config.max_attempts, config.retry_seconds)
        for name, handler in handlers.items():
            self._app.task(name=name, retry=retry)(handler)
        self._register_periodic(handlers, periodic or {})
        self._stopping: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Work until `stop` is called; running jobs end first. Blocks."""
        asyncio.run(self._run(on_ready))

    def run_until_idle(self) -> None:
        """Work until no job is left; for commands and tests. Blocks."""
        asyncio.run(self._work(wait=False))

    def stop(self) -> None:
        """Let running jobs end, then return from `run`; callable from any thread, more than once."""
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def _run(self, on_ready: Callable[[], None]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with self._app.open_async():
            await self._recover()
            working = asyncio.create_task(self._app.run_worker_async(**self._options(wait=True)))
            recovering = asyncio.create_task(self._recover_forever())
            stopping = asyncio.create_task(self._stopping.wait())
            on_ready()
            await asyncio.wait({working, recovering, stopping}, return_when=asyncio.FIRST_COMPLETED)
            recovering.cancel()
            stopping.cancel()
            working.cancel()  # procrastinate takes this as "finish what runs, then end"
            await asyncio.gather(working, recovering, stopping, return_exceptions=True)

    async def _work(self, *, wait: bool) -> None:
        async with self._app.open_async():
            await self._app.run_worker_async(**self._options(wait=wait))

    def _options(self, *, wait: bool) -> dict[str, Any]:
        return {
            "wait": wait,
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
            _LOG.warning("job %s (%s) was left by a dead worker, running it again", job.id, job.task_name)
            await manager.retry_job(job)

    def _register_periodic(self, handlers: Mapping[str, Handler], periodic: Mapping[str, str]) -> None:
        for name, cron in periodic.items():
            handler = handlers[name]

            def run_at(timestamp: int, handler: Handler = handler) -> None:
                del timestamp
                handler()

            task = self._app.task(name=f"{name}.periodic", queueing_lock=name, pass_context=False)(run_at)
            self._app.periodic(cron=cron)(task)


class _Retry(BaseRetryStrategy):
    """Senders' faults are final; anything else is tried again, ever later."""

    def __init__(self, max_attempts: int, first_wait: float) -> None:
        self._max_attempts = max_attempts
        self._first_wait = first_wait

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, Refused | Missing | Denied) or job.attempts + 1 >= self._max_attempts:
            return None
        return RetryDecision(retry_in={"seconds": max(1, round(self._first_wait * 4**job.attempts))})
