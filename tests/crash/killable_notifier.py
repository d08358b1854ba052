"""A worker of notices that dies on order: `python -m tests.crash.killable_notifier URL DATA STEP`.

It takes jobs from the queue as the real one does, and is killed at the first STEP of a delivery.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from postroom.app.bootstrap import build
from postroom.app.settings import Settings
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.worker import Worker
from postroom.notices.delivering import deliver
from postroom.notices.outbox import DELIVER_TASK, NOTICES_QUEUE
from postroom.store.database import Database
from tests.integration.jobs.working import QUICK


def work(url: str, data: Path, step: str) -> None:
    def die(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with Database(url) as database:
        settings = Settings.load({"data": data, "webhook_networks": "127.0.0.0/8"})
        office = replace(build(settings, url, database, Readers()).office, between_steps=die)

        def attempt(account_id: int, delivery_id: int) -> None:
            deliver(office, account_id, delivery_id)

        Worker(url, {DELIVER_TASK: attempt}, config=replace(QUICK, queue=NOTICES_QUEUE)).run()


if __name__ == "__main__":
    work(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
