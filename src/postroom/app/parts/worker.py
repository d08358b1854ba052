"""The part that processes drops."""

from __future__ import annotations

from postroom.app.bootstrap import Postroom, opened
from postroom.app.lifetime import Lifetime
from postroom.app.settings import Settings
from postroom.drops.processing import process_account
from postroom.drops.room import PROCESS_TASK, SWEEP_TASK, TIDY_TASK
from postroom.drops.sweeping import sweep
from postroom.drops.tidying import tidy
from postroom.jobs.worker import Handler, Worker, WorkerConfig


def run(settings: Settings, lifetime: Lifetime) -> None:
    """Work until told to stop; the running jobs end first."""
    with opened(settings) as postroom:
        worker = make_worker(postroom)
        lifetime.when_stopped(worker.stop)
        worker.run(on_ready=lifetime.ready)


def make_worker(postroom: Postroom) -> Worker:
    """Return a worker with every handler there is."""

    def process(account_id: int) -> None:
        process_account(postroom.room, account_id)

    def look_for_stranded() -> None:
        sweep(postroom.room)

    def remove_leftovers() -> None:
        tidy(postroom.room)

    settings = postroom.settings
    config = WorkerConfig(
        concurrency=settings.worker_concurrency,
        heartbeat_seconds=settings.heartbeat_seconds,
        dead_after_seconds=settings.dead_after_seconds,
    )
    handlers: dict[str, Handler] = {
        PROCESS_TASK: process,
        SWEEP_TASK: look_for_stranded,
        TIDY_TASK: remove_leftovers,
    }
    periodic = {SWEEP_TASK: "* * * * *", TIDY_TASK: "17 * * * *"}
    return Worker(postroom.url, handlers, config=config, periodic=periodic)
