from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.sending.going_out import FakeCarrier, Post
from tests.integration.sending.marketing import Marketer


@pytest.fixture
def marketer(room: Room, alice: Person) -> Marketer:
    """Return Alice as somebody who makes campaigns."""
    return Marketer(room, alice)


@pytest.fixture
def stranger(room: Room, charlie: Person) -> Marketer:
    """Return Charlie, who must see and touch nothing of Alice's."""
    return Marketer(room, charlie)


@pytest.fixture
def carrier() -> FakeCarrier:
    """Return what takes messages of a test, and whatever else it is told to do."""
    return FakeCarrier()


@pytest.fixture
def post(room: Room, alice: Person, carrier: FakeCarrier) -> Post:
    """Return Alice's messages on their way out."""
    return Post(room, alice, carrier)
