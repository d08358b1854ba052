"""A worker dies at any moment of an opt-out, a deletion or a sync: all of it is done once, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from demo.people import write_file
from postroom.drops.room import Room
from tests.conftest import MakePerson
from tests.crash.killing import Workers, killable_workers
from tests.integration.drops.sender import Sender

pytestmark = pytest.mark.crash

ROWS = 100_000
KILLS = 20


@dataclass(frozen=True)
class Case:
    """An action on the base that `people.csv` made, with so many of its rows."""

    folder: str
    rows: int
    marker: str = ""


CASES = {
    "optout": Case("optoutSMS", ROWS),
    "delete": Case("delete", ROWS // 2),
    "sync": Case("import", ROWS // 2, ".syncExistingList"),
}

COUNTS = """
select (select count(*) from contacts where account_id = %(account_id)s) as contacts,
       (select count(*) from memberships where account_id = %(account_id)s) as members,
       (select count(*) from optouts where account_id = %(account_id)s) as optouts,
       (select count(*) from consent_changes where account_id = %(account_id)s) as changes
"""


@pytest.fixture
def workers(room: Room, database_url: str, tmp_path: Path) -> Iterator[Workers]:
    with killable_workers(database_url, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
def new_sender(room: Room, make_person: MakePerson, unique_name: Callable[[], str]) -> Callable[[], Sender]:
    return lambda: Sender(room, make_person(unique_name(), criterion="reference"))


def counts(sender: Sender) -> dict[str, Any]:
    with sender.room.database.transaction() as connection:
        row = connection.execute(COUNTS, {"account_id": sender.account_id}).fetchone()
    assert row is not None
    return row


def people(path: Path, rows: int) -> bytes:
    write_file(path, rows, seed=7)
    return path.read_bytes()


def prepare(sender: Sender, case: Case, scratch: Path) -> None:
    sender.drop("people.csv", people(scratch / "all.csv", ROWS))
    if case.marker:
        sender.mark(case.marker)
    some = people(scratch / "some.csv", case.rows)
    sender.leave("people.csv", some, directory=f"contacts/{case.folder}/in")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_twenty_kills_at_random_leave_nothing_and_then_all(
    workers: Workers, tmp_path: Path, new_sender: Callable[[], Sender], name: str
) -> None:
    case, random, rehearsal, sender = CASES[name], Random(name), new_sender(), new_sender()
    prepare(rehearsal, case, tmp_path)
    steps = workers.work(rehearsal.account_id).steps
    prepare(sender, case, tmp_path)
    before, after = counts(sender), counts(rehearsal)
    assert before != after

    for _ in range(KILLS):
        # At the latest the worker dies at the next step, which is never after the commit.
        step = random.randrange(steps.index("settled") + 1)
        workers.work(sender.account_id, kill_at=step, microseconds=random.randrange(1, 400_000))

        assert counts(sender) == before

    workers.work(sender.account_id)
    assert counts(sender) == after
    folder = f"contacts/{case.folder}"
    assert sender.names(f"{folder}/in") == sender.names(f"{folder}/on") == []
