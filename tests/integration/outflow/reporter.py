"""An account whose campaigns are reported, and what a sender finds of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from postroom.contacts.channels import Channel
from postroom.contacts.events import Event, EventSource, EventType
from postroom.drops.browsing import entries, entry, open_file, tree_seen
from postroom.drops.room import Room
from postroom.outflow.depot import Depot
from postroom.outflow.reports.reporting import report
from postroom.store.events import record_events
from tests.conftest import Person
from tests.integration.sending.written import Writer

DAY = "2026-11-10"
MORNING = datetime(2026, 11, 10, 9, tzinfo=UTC)
NEXT_DAY = datetime(2026, 11, 11, 0, 10, tzinfo=UTC)
ATTRIBUTES: Mapping[EventType, Mapping[str, Any]] = {
    EventType.OPENED: {"machineOpening": False, "firstOpening": True},
    EventType.CLICKED: {"machineClick": False, "linkId": 1, "url": "https://example.com"},
    EventType.UNSUBSCRIBED: {"method": "LINK", "subscriptions": ["EMAIL"]},
    EventType.SENT: {"language": "fr", "sender": "shop@example.com"},
}


@dataclass
class Reporter:
    """Records what recipients do, has it reported, and looks into the tree."""

    room: Room
    person: Person
    now: datetime = MORNING
    steps: list[str] = field(default_factory=list)

    @property
    def writer(self) -> Writer:
        return Writer(self.room.database, self.person)

    @property
    def account_id(self) -> int:
        return self.person.account.account_id

    def depot(self, **changes: Any) -> Depot:
        given: dict[str, Any] = {
            "database": self.room.database,
            "blobs": self.room.blobs,
            "queue": self.room.queue,
            "sealer": self.room.sealer,
            "clock": lambda: self.now,
        }
        return Depot(**{**given, **changes})

    def react(
        self,
        type_: EventType,
        campaign_id: int,
        contact_id: int,
        *,
        channel: Channel = Channel.EMAIL,
        address: str = "bob@example.com",
        now: datetime | None = None,
        **attributes: Any,
    ) -> None:
        """Record that a contact did something."""
        moment = now or self.now
        event = Event(
            type_,
            EventSource.TRACKER,
            moment,
            channel,
            contact_id,
            campaign_id,
            contact_id,
            address,
            {"sentMoment": moment.isoformat(), **ATTRIBUTES[type_], **attributes},
        )
        with self.room.database.transaction() as connection:
            record_events(connection, self.account_id, [event], now=moment)

    def report(self, now: datetime | None = None, **changes: Any) -> int:
        """Have the reports written that are due; return how many days were."""
        if now is not None:
            self.now = now
        return report(self.depot(**changes), self.account_id)

    def listed(self, *path: str) -> list[str]:
        """Return the names in a folder below /reporting."""
        tree = tree_seen(self.room, self.account_id, self.person.login)
        return [each.name for each in entries(self.room, tree, self.account_id, ("reporting", *path))]

    def content(self, name: str, day: str = DAY) -> bytes:
        """Fetch a file."""
        tree = tree_seen(self.room, self.account_id, self.person.login)
        file = entry(self.room, tree, self.account_id, ("reporting", day, name)).file
        assert file is not None
        with open_file(self.room, file) as stream:
            return stream.read()

    def files(self, name: str, day: str = DAY) -> dict[str, bytes]:
        """Return what is in an archive, by the names of files."""
        with zipfile.ZipFile(io.BytesIO(self.content(name, day))) as archive:
            assert archive.testzip() is None
            return {each: archive.read(each) for each in archive.namelist()}

    def emails(self, name: str, file: str, day: str = DAY) -> list[str]:
        """Return the addresses in a file of an archive, in their order."""
        lines = self.files(name, day)[file].decode("iso-8859-1").splitlines()
        place = lines[0].split(";").index("Email")
        return [line.split(";")[place] for line in lines[1:]]

    def later(self, **span: float) -> datetime:
        """Let time pass; return what time it is."""
        self.now += timedelta(**span)
        return self.now
