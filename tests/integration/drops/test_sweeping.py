"""A worker that starts takes up what no job would process."""

from __future__ import annotations

from pathlib import Path

from postroom.app.bootstrap import build
from postroom.app.parts.worker import make_worker
from postroom.app.settings import Settings
from postroom.ingest.sandbox.readers import Readers
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.app.waiting import until
from tests.integration.drops.sender import Sender
from tests.integration.jobs.working import Working


def test_a_worker_takes_up_a_deposit_that_lost_its_job(
    database: Database, alice: Person, tmp_path: Path, readers: Readers
) -> None:
    postroom = build(Settings.load({"data": tmp_path}), database.url, database, readers)
    sender = Sender(postroom.room, alice)
    landed = sender.leave("people.csv", "Email\na@example.com\n")
    assert landed.drop_id is not None
    drop_id = landed.drop_id
    with database.transaction() as connection:
        connection.execute("delete from procrastinate_jobs")

    with Working(make_worker(postroom)):
        until(lambda: sender.drop_now(drop_id).state == "applied")
