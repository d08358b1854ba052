"""A worker dies between an import and the counting of its lists: they are not known, and never wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.drops.room import Room
from postroom.ingest import counting
from postroom.store.list_counts import Stats
from tests.conftest import MakePerson
from tests.crash.killing import Died, killable_workers
from tests.integration.drops.sender import Sender
from tests.integration.ingest.counters import agree, known

pytestmark = pytest.mark.crash

PEOPLE = "Référence;Email\nR1;a@example.com\nR2;b@example.com\n"


def test_counters_are_right_or_not_known_wherever_the_worker_dies(
    room: Room, make_person: MakePerson, database_url: str, tmp_path: Path
) -> None:
    sender = Sender(room, make_person("bob", criterion="reference"))
    sender.mark(".addToExistingList")
    sender.drop("people.csv", PEOPLE)
    counting.recount(room.database, sender.account_id)
    sender.leave("people.csv", "Référence;Email\nR2;c@example.com\nR3;d@example.com\n")
    lives: list[Died] = []

    with killable_workers(database_url, tmp_path / "blobs") as workers:
        while not lives or lives[-1].signal:
            lives.append(workers.work(sender.account_id, kill_at=len(lives)))
            agree(room, sender.account_id)

    assert lives[-2].steps[-1] == "committed"  # and then it died
    assert list(known(room, sender.account_id).values()) == [None]
    counting.recount_all(room.database)
    assert list(known(room, sender.account_id).values()) == [Stats(subscribers=3, email=3)]
