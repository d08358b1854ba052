"""What the tests of files out share."""

from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter


@pytest.fixture
def clock() -> Clock:
    """Return the clock that the test moves."""
    return Clock()


@pytest.fixture
def exporter(room: Room, make_person: MakePerson, clock: Clock) -> Exporter:
    """Return Alice, who exports; her days are those of Brussels."""
    return Exporter(room, make_person("alice", time_zone="Europe/Brussels"), clock)


@pytest.fixture
def stranger(room: Room, make_person: MakePerson, clock: Clock) -> Exporter:
    """Return Charlie, who must see nothing of Alice's."""
    return Exporter(room, make_person("charlie"), clock)
