"""Jobs that hand messages over: at once or at a time, and no more of them than are needed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from postroom.contacts.channels import Channel
from postroom.drops.room import Room
from postroom.sending.waking import enqueue_delivery
from tests.conftest import Person
from tests.integration.sending.going_out import START, FakeCarrier, Post


@pytest.fixture
def post(room: Room, alice: Person) -> Post:
    return Post(room, alice, FakeCarrier())


def wake(post: Post, at: datetime | None = None, channel: Channel = Channel.EMAIL) -> None:
    with post.room.database.transaction() as connection:
        enqueue_delivery(connection, post.room.queue, post.account_id, channel, at=at)


def test_a_job_exists_exactly_when_its_cause_does(post: Post) -> None:
    with post.room.database.transaction() as connection:
        enqueue_delivery(connection, post.room.queue, post.account_id, Channel.EMAIL)
        connection.rollback()
    assert post.jobs() == []

    wake(post)
    assert post.jobs() == [(0, None)]


def test_a_thousand_retries_make_a_few_jobs(post: Post) -> None:
    for number in range(50):
        wake(post, START + timedelta(seconds=number))

    assert [at for _, at in post.jobs()] == [START + timedelta(seconds=10 * step) for step in range(6)]


def test_a_job_is_never_early(post: Post) -> None:
    wake(post, START + timedelta(milliseconds=1))

    assert post.jobs() == [(0, START + timedelta(seconds=10))]


def test_a_job_for_later_holds_up_none_for_now_nor_one_of_another_channel(post: Post) -> None:
    wake(post, START + timedelta(hours=1))
    wake(post)
    wake(post, START + timedelta(hours=1), Channel.SMS)

    with post.room.database.transaction() as connection:
        rows = connection.execute("select lock from procrastinate_jobs").fetchall()
    assert len({row["lock"] for row in rows}) == 3
