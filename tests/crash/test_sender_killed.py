"""Senders are killed at random while they hand a campaign over: nobody gets two, and nobody is forgotten."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postroom.contacts.events import EventType
from postroom.drops.room import Room
from postroom.sending.claiming import LEASE
from postroom.sending.sweeping import sweep
from postroom.store.database import Database
from postroom.store.sealing import KEY_BYTES, Sealer
from tests.conftest import Person
from tests.crash.killable_sender import AT_ONCE
from tests.crash.killing import asked, forking
from tests.integration.app.waiting import until
from tests.integration.sending.going_out import FakeCarrier, Post
from tests.integration.sending.mail.scripted import scripted_relay

pytestmark = pytest.mark.crash

KILLS = 20
KEY = b"k" * KEY_BYTES
ALL_OF_THEM = 1_000_000

Send = Callable[[int, float], bool]
"""Have a sender come to so many steps and live on for some seconds; tell whether it ended before."""


@contextmanager
def killable_sender(room: Room, blobs: Path, port: int) -> Iterator[Send]:
    arguments = (room.database.url, str(blobs), str(port), KEY.hex())
    with forking("tests.crash.killable_sender", *arguments) as process:
        yield lambda steps, seconds: asked(process, f"{steps} {seconds}") == "1\n"


LARGE = pytest.mark.skipif(
    "POSTROOM_TEST_LARGE" not in os.environ, reason="takes a minute: POSTROOM_TEST_LARGE=1"
)


def at_work(database: Database) -> int:
    """Return how many other connections have a transaction open."""
    with database.transaction() as connection:
        row = connection.execute(
            "select count(*) as others from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null"
        ).fetchone()
    assert row is not None
    return int(row["others"])


def bury(post: Post) -> None:
    """Let the lease of the dead run out, once the database has ended what they had it do."""
    until(lambda: not at_work(post.room.database))
    post.clock.now = datetime.now(UTC) + LEASE
    sweep(post.mailroom)


@pytest.mark.parametrize(("count", "most_steps"), [(1000, 15), pytest.param(20_000, 100, marks=LARGE)])
def test_nobody_gets_two_and_nobody_is_lost_without_a_doubt(
    room: Room, alice: Person, tmp_path: Path, count: int, most_steps: int
) -> None:
    post = Post(replace(room, sealer=Sealer([KEY])), alice, FakeCarrier())
    post.clock.now = datetime.now(UTC)
    post.many(post.campaign(), count)
    chance = random.Random(count)
    killed = 0
    with scripted_relay() as sink, killable_sender(room, tmp_path / "blobs", sink.port) as send:
        for _ in range(KILLS):
            killed += not send(chance.randint(1, most_steps), chance.uniform(0, 0.02))
            bury(post)
        assert killed == KILLS, "each had something left to do"
        assert send(ALL_OF_THEM, 0)
        arrived = Counter(sink.receivers())

    rows = post.rows()
    assert max(arrived.values()) == 1, "nobody gets two"
    assert post.claims() == 0
    assert {row["state"] for row in rows} <= {"sent", "in_doubt"}, "nobody is left to wait"
    sent = {row["address"] for row in rows if row["state"] == "sent"}
    doubted = {row["address"] for row in rows if row["state"] == "in_doubt"}
    assert sent <= set(arrived), "what counts as sent was taken"
    assert set(arrived) <= sent | doubted, "what was taken counts, or is listed"
    assert len(sent | doubted) == count
    assert len(doubted) <= 2 * AT_ONCE * KILLS
    told = [event.address or "" for event in post.events(EventType.SENT)]
    assert sorted(told) == sorted(sent), "each is told of once"
