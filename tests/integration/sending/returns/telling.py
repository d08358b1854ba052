"""What the event store says at the end of a story."""

from __future__ import annotations

from postroom.contacts.events import EventType, RecordedEvent
from postroom.store.database import Database
from postroom.store.events import cut, events_between
from tests.conftest import Person


def told(database: Database, person: Person, *types: EventType) -> list[RecordedEvent]:
    """Return all events of an account, of these types or of any, in their order."""
    account_id = person.account.account_id
    with database.transaction() as connection:
        end = cut(connection, account_id)
        return list(events_between(connection, account_id, types or list(EventType), after=0, up_to=end.seq))


def kinds(database: Database, person: Person) -> list[str]:
    return [each.type.value for each in told(database, person)]
