"""Bytes that nobody can reach are removed, a day later; all others stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroom.drops.room import Room
from postroom.drops.tidying import tidy
from postroom.store.blobs import new_key
from tests.conftest import Person
from tests.integration.drops.sender import Sender

PEOPLE = "Email\na@example.com\n"


@pytest.fixture
def tomorrow(room: Room) -> Room:
    """Return the same room, a day and an hour from now."""
    return replace(room, clock=lambda: datetime.now(UTC) + timedelta(hours=25))


def test_a_blob_without_a_row_is_removed(room: Room, tomorrow: Room) -> None:
    key = room.blobs.put_bytes(b"left by a killed worker")

    assert tidy(tomorrow) == 1

    assert key not in set(room.blobs.keys())


def test_an_upload_that_was_never_finished_is_removed(room: Room, tomorrow: Room) -> None:
    staged = room.blobs.staging / new_key()
    staged.write_bytes(b"half")

    assert tidy(tomorrow) == 1

    assert not staged.exists()


def test_what_is_younger_than_a_day_stays(room: Room) -> None:
    key = room.blobs.put_bytes(b"its row is about to be committed")

    assert tidy(room) == 0

    with room.blobs.open(key) as blob:
        assert blob.read() == b"its row is about to be committed"


def test_files_that_a_sender_sees_stay(room: Room, tomorrow: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    sender.drop("people.csv", PEOPLE + "nobody\n")

    tidy(tomorrow)

    (name, report) = sender.names("contacts/import/ok")
    assert sender.read("contacts/import/ok", name) == PEOPLE + "nobody\n"
    assert "nobody" in sender.read("contacts/import/ok", report)


def test_a_deposit_that_waits_keeps_its_bytes(room: Room, tomorrow: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    sender.leave("people.csv", PEOPLE)

    tidy(tomorrow)

    done = sender.process()
    assert done is not None
    assert done.state == "applied"
