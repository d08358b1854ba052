"""Exporters die anywhere, and writers commit in any order: every event is in one file, and in no second one.

POSTROOM_TEST_FLOW_EVENTS says how many events are written meanwhile; unset, few.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.drops.tidying import tidy
from postroom.store.events import record_events
from postroom.store.flows import RunState
from tests.conftest import MakePerson
from tests.crash.killing import Died, Forking, forking
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened

pytestmark = pytest.mark.crash

FLOWS = ("EMAIL_OPENED", "EMAIL_CLICKED", "SUBSCRIPTION_UPDATE")
EVENTS = int(os.environ.get("POSTROOM_TEST_FLOW_EVENTS", "6000"))
WRITERS = 4
ROUNDS = 10
DEATHS = 20


class Exporters(Forking):
    """A process that forks killable exporters."""

    def export(
        self,
        account_id: int,
        extra: str,
        *,
        flows: Sequence[str] = FLOWS,
        kill_at: int | None = None,
        microseconds: int = 0,
    ) -> Died:
        """Have files planned and made, and the exporter die so long after a step (0 is its start)."""
        order: dict[str, Any] = {
            "account_id": account_id,
            "extra": extra,
            "flows": flows,
            "kill_at": kill_at,
            "microseconds": microseconds,
        }
        return self.obey(order)


@contextmanager
def exporters(url: str, blobs: Path) -> Iterator[Exporters]:
    with forking("tests.crash.killable_exporter", url, str(blobs)) as process:
        yield Exporters(process)


@pytest.fixture
def alice(room: Room, make_person: MakePerson) -> Exporter:
    """Return who exports: one contact, three flows."""
    exporter = Exporter(room, make_person("alice"), Clock())
    exporter.contacts({"email": "bob@example.com", "mobile": "+33612345678"})
    for flow in FLOWS:
        exporter.activate(flow)
    return exporter


def exported(exporter: Exporter) -> Counter[str]:
    """Count the ids of all rows of all files of events."""
    return Counter(
        row["eventId"]
        for run in exporter.runs()
        if run.flow != "SUBSCRIPTION_UPDATE"
        for row in exporter.rows_of(run)
    )


def test_wherever_an_exporter_dies_the_next_one_makes_up_for_it(
    alice: Exporter, database_url: str, tmp_path: Path
) -> None:
    lives: list[Died] = []
    recorded = 0

    with exporters(database_url, tmp_path / "blobs") as forked:
        while not lives or lives[-1].signal:
            recorded += 1
            alice.record(happened("EMAIL_OPENED", recorded))
            lives.append(
                forked.export(
                    alice.account_id, f"{len(lives):06}", flows=["EMAIL_OPENED"], kill_at=len(lives)
                )
            )

    assert lives[-1].steps[-1] == "generation committed"
    assert {each.signal for each in lives[:-1]} == {signal.SIGKILL}
    assert exported(alice) == Counter(
        str(happened("EMAIL_OPENED", number).event_id) for number in range(1, recorded + 1)
    )
    assert {run.state for run in alice.runs()} == {RunState.GENERATED}
    assert sum(run.rows or 0 for run in alice.runs()) == recorded


def test_what_the_dead_leave_behind_is_tidied_away(
    alice: Exporter, database_url: str, tmp_path: Path
) -> None:
    alice.record(happened("EMAIL_OPENED"))
    with exporters(database_url, tmp_path / "blobs") as forked:
        while forked.export(alice.account_id, "a", flows=["EMAIL_OPENED"], kill_at=6).signal:
            if len(list(alice.room.blobs.keys())) > 2:
                break
        forked.export(alice.account_id, "a", flows=["EMAIL_OPENED"])

    for path in (tmp_path / "blobs").rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))
    tidy(alice.room)

    assert set(alice.room.blobs.keys()) == {run.blob_key for run in alice.runs()}
    assert list(alice.room.blobs.staging.iterdir()) == []


def write_events(exporter: Exporter, seed: int, count: int, go_on: threading.Event) -> list[str]:
    """Write events of two flows in transactions of any size; return the ids of those that were committed."""
    dice = random.Random(seed)
    written: list[str] = []
    number = 0
    while number < count:
        size = min(dice.choice([1, 1, 2, 20, 100]), count - number)
        events = [
            happened(
                dice.choice(FLOWS[:2]),
                event_id=UUID(int=(seed << 64) + (4 << 76) + (2 << 62) + number + place),
            )
            for place in range(size)
        ]
        number += size
        with exporter.room.database.transaction() as connection:
            record_events(connection, exporter.account_id, events, now=exporter.clock())
            if dice.random() < 0.1:
                connection.rollback()
                continue
        written += [str(each.event_id) for each in events]
        go_on.set()
    return written


def change_consents(exporter: Exporter, count: int) -> int:
    for number in range(count):
        reason = None if number % 2 else OptOutReason.CONTACT
        exporter.consent("+33612345678", reason, scope="SMS")
    return count


@pytest.mark.slow
def test_every_event_is_in_one_file_while_writers_write_and_exporters_die(
    alice: Exporter, database_url: str, tmp_path: Path
) -> None:
    dice = random.Random(7)
    written_some = threading.Event()
    deaths = 0

    with ThreadPoolExecutor(WRITERS + 1) as pool, exporters(database_url, tmp_path / "blobs") as forked:
        writers = [
            pool.submit(write_events, alice, seed, EVENTS // WRITERS, written_some)
            for seed in range(1, WRITERS + 1)
        ]
        consents = pool.submit(change_consents, alice, 60)
        assert written_some.wait(30)
        for number in range(ROUNDS):
            for death in range(DEATHS // ROUNDS):
                life = forked.export(
                    alice.account_id,
                    f"{number:03}{death:03}",
                    kill_at=dice.randrange(24),
                    microseconds=dice.randrange(0, 20_000),
                )
                deaths += life.signal != 0
            forked.export(alice.account_id, f"{number:03}")
        events = [event for each in writers for event in each.result()]
        changes = consents.result()
        forked.export(alice.account_id, "last")

    assert exported(alice) == Counter(events)
    ledger = [row for run in alice.runs() if run.flow == FLOWS[2] for row in alice.rows_of(run)]
    assert len(ledger) == len({row["eventId"] for row in ledger}) == changes
    assert {run.state for run in alice.runs()} == {RunState.GENERATED}
    assert len(alice.runs()) >= (ROUNDS + 1) * len(FLOWS)
    assert deaths == DEATHS
