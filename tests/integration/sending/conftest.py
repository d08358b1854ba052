from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.sending.marketing import Marketer


@pytest.fixture
def marketer(room: Room, alice: Person) -> Marketer:
    """Return Alice as somebody who makes campaigns."""
    return Marketer(room, alice)


@pytest.fixture
def stranger(room: Room, charlie: Person) -> Marketer:
    """Return Charlie, who must see and touch nothing of Alice's."""
    return Marketer(room, charlie)
