"""A program brings a file, and processes die: during the upload, around its landing, while it is imported."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.crash.killing import Workers, killable_workers, visible
from tests.crash.webs import Web, token
from tests.integration.app.waiting import until
from tests.integration.web.operations.importing import Program
from tests.integration.web.site import make_client

pytestmark = pytest.mark.crash

PEOPLE = "Email;Nom\n" + "".join(f"p{n}@example.com;Durand {n}\n" for n in range(60)) + "nobody;Petit\n"
SMALL = 400
"""Bytes of a block: a small file has several frames then."""
IMPORT = "/rest/lists?action=import&name=A"


@pytest.fixture
def web(database_url: str, tmp_path: Path) -> Web:
    return Web(database_url, tmp_path / "blobs")


@pytest.fixture
def workers(database_url: str, tmp_path: Path) -> Iterator[Workers]:
    with killable_workers(database_url, tmp_path / "blobs") as running:
        yield running


def test_a_web_process_killed_during_an_upload_leaves_nothing(web: Web, room: Room, alice: Person) -> None:
    shop = make_client(room, alice)
    with web.served() as (calls, process):

        def endless() -> Iterator[bytes]:
            named = b'Content-Disposition: form-data; name="contactFile"; filename="a.csv"'
            yield b"--b\r\n" + named + b"\r\n\r\nEmail\n"
            yield b"a@example.com\n" * 100_000
            until(lambda: any(path.stat().st_size for path in room.blobs.staging.iterdir()))
            process.kill()
            process.wait(10)
            yield b"a@example.com\n" * 100_000

        headers = {**token(calls, shop), "Content-Type": "multipart/form-data; boundary=b"}
        with pytest.raises(httpx.TransportError):
            calls.post(IMPORT, content=endless(), headers=headers)

    assert nothing_of(room, alice)
    later = datetime.now(UTC) + timedelta(days=2)
    assert room.blobs.clear_staging(later) == 1
    assert list(room.blobs.staging.iterdir()) == []


@pytest.mark.parametrize(("step", "landed"), [("stored", False), ("recorded", False), ("landed", True)])
def test_a_web_process_killed_around_a_landing_leaves_all_or_nothing(
    web: Web, room: Room, alice: Person, workers: Workers, *, step: str, landed: bool
) -> None:
    shop = make_client(room, alice)
    with web.served(step) as (calls, process):
        with pytest.raises(httpx.TransportError):
            calls.post(IMPORT, files={"contactFile": ("a.csv", PEOPLE.encode())}, headers=token(calls, shop))
        assert process.wait(10) == -signal.SIGKILL

    if not landed:
        assert nothing_of(room, alice)
        return
    workers.work(alice.account.account_id)
    seen = visible(room, alice.account.account_id)
    assert (seen.contacts, seen.lists, seen.members) == (60, 1, 60)


def test_a_worker_killed_between_any_two_steps_of_an_import_by_call_applies_it_once(
    workers: Workers, room: Room, alice: Person, charlie: Person
) -> None:
    rehearsal = Program(room, charlie)
    rehearsal.start(PEOPLE)
    steps = workers.work(charlie.account.account_id, block_bytes=SMALL).steps
    assert steps.count("merged a frame") > 2
    program = Program(room, alice)
    started = program.start(PEOPLE, name="A")

    for step in range(1, len(steps)):
        died = workers.work(alice.account.account_id, kill_at=step, block_bytes=SMALL)

        assert died.signal == signal.SIGKILL
        seen = visible(room, alice.account.account_id)
        assert (seen.contacts, seen.lists, seen.members) == (0, 1, 0)
        assert program.look(started).status == "on"

    workers.work(alice.account.account_id, block_bytes=SMALL)
    ended = program.look(started)
    assert (ended.status, ended.created, ended.invalid) == ("ok", 60, 1)
    assert program.lists() == {"A": 60}
    assert workers.work(alice.account.account_id).steps == [], "nothing is left to do"


def nothing_of(room: Room, person: Person) -> bool:
    """Tell whether an account has nothing; bytes out of reach are swept in their time."""
    seen = visible(room, person.account.account_id)

    with room.database.transaction() as connection:
        queued = connection.execute("select from procrastinate_jobs").fetchone() is not None
    return not queued and (seen.contacts, seen.lists, seen.files, seen.drops) == (0, 0, [], [])
