"""A worker dies while it sends a notice: the notice is sent again, under the id that its receiver knows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from postroom.app.bootstrap import build
from postroom.app.notifying import webhook_rules
from postroom.app.settings import Settings
from postroom.drops.room import utc_now
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.worker import Worker
from postroom.notices import targets
from postroom.notices.delivering import LEASE, deliver
from postroom.notices.message import Event
from postroom.notices.outbox import DELIVER_TASK, NOTICES_QUEUE
from postroom.store import notices
from postroom.store.database import Database
from postroom.store.notices import Delivery
from tests.conftest import Person
from tests.crash.killing import ROOT
from tests.integration.app.waiting import until
from tests.integration.drops.sender import Sender
from tests.integration.jobs.working import QUICK, Working, jobs_left
from tests.integration.notices.receivers import web_server

pytestmark = pytest.mark.crash


@pytest.mark.parametrize(("step", "sent"), [("claimed", 0), ("carried", 1)])
def test_a_notice_survives_the_death_of_who_sends_it(
    database: Database, alice: Person, tmp_path: Path, readers: Readers, step: str, sent: int
) -> None:
    postroom = build(
        Settings.load({"data": tmp_path, "webhook_networks": "127.0.0.0/8"}), database.url, database, readers
    )
    account_id = alice.account.account_id
    with web_server() as hook:
        with database.transaction() as connection:
            rules = webhook_rules(postroom.settings)
            targets.add_webhook(postroom.office, connection, account_id, hook.url, list(Event), rules)
        Sender(postroom.room, alice).drop("people.csv", "Email\na@example.com\n")

        assert killed(database.url, tmp_path, step) == -signal.SIGKILL
        assert delivery(database, account_id).state == "waiting"
        assert len(hook.requests) == sent
        after_the_lease = replace(postroom.office, clock=later)

        def attempt(account_id: int, delivery_id: int) -> None:
            deliver(after_the_lease, account_id, delivery_id)

        worker = Worker(database.url, {DELIVER_TASK: attempt}, config=replace(QUICK, queue=NOTICES_QUEUE))
        with Working(worker):
            until(lambda: delivery(database, account_id).state == "delivered")

    assert len(hook.requests) == sent + 1
    assert len({request.headers["webhook-id"] for request in hook.requests}) == 1
    assert len({request.body for request in hook.requests}) == 1
    assert delivery(database, account_id).attempts == 2
    assert "doing" not in jobs_left(database)


def later() -> datetime:
    return utc_now() + LEASE


def killed(url: str, data: Path, step: str) -> int:
    """Run a worker until it dies; return how."""
    return subprocess.run(
        [sys.executable, "-m", "tests.crash.killable_notifier", url, str(data), step],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
    ).returncode


def delivery(database: Database, account_id: int) -> Delivery:
    with database.transaction() as connection:
        (logged,) = notices.deliveries_of_account(connection, account_id)
    return logged.delivery
