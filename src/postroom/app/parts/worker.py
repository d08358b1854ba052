"""The part that processes drops, sends notices and makes files that go out."""

from __future__ import annotations

from postroom.app.bootstrap import Postroom, opened
from postroom.app.lifetime import Lifetime
from postroom.app.outflow import make_depot
from postroom.app.settings import Settings
from postroom.drops.expiring import expire
from postroom.drops.processing import process_account
from postroom.drops.room import EXPIRE_TASK, PROCESS_TASK, RECOUNT_TASK, SWEEP_TASK, TIDY_TASK
from postroom.drops.sweeping import sweep
from postroom.drops.tidying import tidy
from postroom.ingest.counting import recount, recount_all
from postroom.jobs.queue import DEFAULT_QUEUE
from postroom.jobs.together import run_together, stop_together
from postroom.jobs.worker import Handler, Worker, WorkerConfig
from postroom.notices import tending
from postroom.notices.delivering import deliver
from postroom.notices.outbox import DELIVER_TASK, NOTICES_QUEUE
from postroom.outflow.delivering import deliver as deliver_files
from postroom.outflow.depot import DELIVER_TASK as FILES_DELIVER_TASK
from postroom.outflow.depot import EXPIRE_TASK as FILES_EXPIRE_TASK
from postroom.outflow.depot import GENERATE_TASK, OUTFLOW_QUEUE, PLAN_TASK
from postroom.outflow.expiring import expire as expire_files
from postroom.outflow.generating import generate
from postroom.outflow.planning import plan_due
from postroom.outflow.reports.reporting import REPORT_TASK, report_all

_FILES_AT_ONCE = 2
"""Files that go out which one process makes at once."""

_NOTICES_AT_ONCE = 8
"""Attempts of one process at once; of one target there is one at a time, so it takes eight that hang to
delay the others."""


def run(settings: Settings, lifetime: Lifetime) -> None:
    """Work until told to stop; the running jobs end first."""
    with opened(settings, for_bulk=True) as postroom:
        postroom.room.readers.start()
        workers = [make_worker(postroom), make_notifier(postroom), make_shipper(postroom)]
        lifetime.when_stopped(lambda: stop_together(workers))
        run_together(workers, on_ready=lifetime.ready)


def make_worker(postroom: Postroom) -> Worker:
    """Return a worker with every handler but that of notices."""

    def process(account_id: int) -> None:
        process_account(postroom.room, account_id)
        recount(postroom.database, account_id)

    def look_for_stranded() -> None:
        sweep(postroom.room)

    def remove_expired() -> None:
        expire(postroom.room)

    def remove_leftovers() -> None:
        tidy(postroom.room)

    def count_forgotten() -> None:
        recount_all(postroom.database)

    def look_for_stranded_notices() -> None:
        tending.sweep(postroom.office)

    def forget_old_notices() -> None:
        tending.prune(postroom.office)

    config = _config(postroom.settings, concurrency=postroom.settings.worker_concurrency)
    handlers: dict[str, Handler] = {
        PROCESS_TASK: process,
        SWEEP_TASK: look_for_stranded,
        EXPIRE_TASK: remove_expired,
        TIDY_TASK: remove_leftovers,
        RECOUNT_TASK: count_forgotten,
        tending.SWEEP_TASK: look_for_stranded_notices,
        tending.PRUNE_TASK: forget_old_notices,
    }
    periodic = {
        SWEEP_TASK: "* * * * *",
        EXPIRE_TASK: "7 * * * *",
        TIDY_TASK: "17 * * * *",
        RECOUNT_TASK: "* * * * *",
        tending.SWEEP_TASK: "* * * * *",
        tending.PRUNE_TASK: "27 * * * *",
    }
    return Worker(postroom.url, handlers, config=config, periodic=periodic)


def make_notifier(postroom: Postroom) -> Worker:
    """Return a worker that sends notices, beside the other one: receivers may hang, imports must not."""

    def attempt(account_id: int, delivery_id: int) -> None:
        deliver(postroom.office, account_id, delivery_id)

    config = _config(postroom.settings, concurrency=_NOTICES_AT_ONCE, queue=NOTICES_QUEUE, connections=3)
    return Worker(postroom.url, {DELIVER_TASK: attempt}, config=config)


def make_shipper(postroom: Postroom) -> Worker:
    """Return a worker that makes files that go out, beside the others: neither imports nor notices wait."""
    depot = make_depot(postroom)

    def write_reports() -> None:
        report_all(depot)

    def make_file(account_id: int, run_id: int) -> None:
        generate(depot, account_id, run_id)

    def bring_files(account_id: int, flow: str) -> None:
        deliver_files(depot, account_id, flow)

    def plan_files() -> None:
        plan_due(depot)

    def let_files_go() -> None:
        expire_files(depot)

    config = _config(postroom.settings, concurrency=_FILES_AT_ONCE, queue=OUTFLOW_QUEUE, connections=4)
    handlers: dict[str, Handler] = {
        REPORT_TASK: write_reports,
        GENERATE_TASK: make_file,
        FILES_DELIVER_TASK: bring_files,
        PLAN_TASK: plan_files,
        FILES_EXPIRE_TASK: let_files_go,
    }
    periodic = {REPORT_TASK: "*/10 * * * *", PLAN_TASK: "* * * * *", FILES_EXPIRE_TASK: "47 * * * *"}
    return Worker(postroom.url, handlers, config=config, periodic=periodic)


def _config(
    settings: Settings, *, concurrency: int, queue: str = DEFAULT_QUEUE, connections: int = 6
) -> WorkerConfig:
    return WorkerConfig(
        queue=queue,
        concurrency=concurrency,
        connections=connections,
        heartbeat_seconds=settings.heartbeat_seconds,
        dead_after_seconds=settings.dead_after_seconds,
    )
