"""What the tests of command batches share."""

from __future__ import annotations

import pytest

from postroom.store.database import Database
from tests.conftest import MakePerson
from tests.integration.ingest.commands.batches import Realm


@pytest.fixture
def realm(database: Database, make_person: MakePerson) -> Realm:
    """Return Alice's realm, where an address identifies a contact."""
    return Realm.of(database, make_person("alice", criterion="email", language="en"))


@pytest.fixture
def keyed(database: Database, make_person: MakePerson) -> Realm:
    """Return Bob's realm, where a customer key does."""
    return Realm.of(database, make_person("bob", criterion="reference", language="en"))
