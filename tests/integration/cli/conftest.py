"""What the tests of the command line share: a terminal on the test's own database."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    """Return a terminal; it finds the blobs of the fixture `room`."""
    return Terminal(tmp_path, as_url(database_url))


@pytest.fixture
def sender(room: Room, alice: Person) -> Sender:
    """Return who leaves files in Alice's tree."""
    return Sender(room, alice)


def as_url(conninfo: str) -> str:
    """Write a connection string of keywords as the URL that operators set."""
    return "postgresql://?" + urlencode(psycopg.conninfo.conninfo_to_dict(conninfo))
