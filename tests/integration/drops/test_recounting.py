"""A worker counts lists after it filled them, so that readers need not."""

from __future__ import annotations

from pathlib import Path

from postroom.app.bootstrap import build
from postroom.app.parts.worker import make_worker
from postroom.app.settings import Settings
from postroom.ingest.sandbox.readers import Readers
from postroom.store.database import Database
from postroom.store.list_counts import Stats
from tests.conftest import Person
from tests.integration.drops.sender import Sender
from tests.integration.ingest.counters import known


def test_a_worker_counts_what_it_filled(
    database: Database, alice: Person, tmp_path: Path, readers: Readers
) -> None:
    postroom = build(Settings.load({"data": tmp_path}), database.url, database, readers)
    Sender(postroom.room, alice).leave("people.csv", "Email\na@example.com\n")

    make_worker(postroom).run_until_idle()

    assert list(known(postroom.room, alice.account.account_id).values()) == [Stats(subscribers=1, email=1)]
