"""Somebody whose campaigns go by way of partners, and what the partner finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.contacts.channels import Channel
from postroom.contacts.events import Event
from postroom.contacts.partners import partner_order
from postroom.drops.room import Room
from postroom.sending.mailroom import Mailroom
from postroom.sending.partners.writing import Batch, Written, hand_to_partner
from postroom.store.partner_files import PartnerFile, Target, content_of, partner_file_by_id
from tests.conftest import Person
from tests.integration.sending.written import NOON, Writer

LETTERS = {"address1": "1 rue Verte", "zipcode": "75011", "city": "Paris"}


def mailroom_of(room: Room, **changes: Any) -> Mailroom:
    """Return a mailroom over a room, at noon."""
    given: dict[str, Any] = {
        "database": room.database,
        "blobs": room.blobs,
        "queue": room.queue,
        "sealer": room.sealer,
        "clock": lambda: NOON,
    }
    return Mailroom(**{**given, **changes})


@dataclass(frozen=True, slots=True)
class Marketer:
    """Launches campaigns of one account for partners."""

    room: Room
    person: Person

    @property
    def writer(self) -> Writer:
        return Writer(self.room.database, self.person)

    @property
    def account_id(self) -> int:
        return self.person.account.account_id

    def resident(self, name: str, **values: str) -> int:
        """Make a contact with a postal address; return its id."""
        return self.writer.contact(email=f"{name}@example.com", **LETTERS, **values)

    def launch(
        self,
        channel: Channel = Channel.PRINT,
        *,
        name: str = "Autumn",
        target: Target | None = None,
        now: datetime = NOON,
        also: tuple[Event, ...] = (),
        mailroom: Mailroom | None = None,
        **options: Any,
    ) -> Written:
        """Write the file of a new campaign for all contacts, or for a target."""
        campaign_id = self.writer.campaign(name, channel=channel)
        batch = Batch(
            self.account_id, campaign_id, name, partner_order(channel, options), target or Target(None)
        )
        with self.room.database.transaction() as connection:
            return hand_to_partner(connection, mailroom or mailroom_of(self.room), batch, now=now, also=also)

    def file(self, written: Written) -> PartnerFile:
        """Return what is known of a file."""
        assert written.partner_file_id is not None
        with self.room.database.transaction() as connection:
            return partner_file_by_id(connection, self.account_id, written.partner_file_id)

    def content(self, written: Written) -> str:
        """Return what is in a file."""
        assert written.partner_file_id is not None
        with self.room.database.transaction() as connection:
            file = content_of(connection, self.account_id, written.partner_file_id)
        with self.room.blobs.open(file.blob_key) as stream:
            return stream.read().decode()
