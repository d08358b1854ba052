"""What the tests of notices share: Alice's targets, and an office whose clock and receivers are theirs."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace

import pytest

from postroom.drops.room import Room
from postroom.notices import targets
from postroom.notices.carrying import Answer, Carries, Parcel, Verdict
from postroom.notices.delivering import attempt
from postroom.notices.message import Event, Message
from postroom.notices.office import Office
from postroom.notices.outbox import DELIVER_TASK, post
from postroom.notices.targets import WebhookRules
from postroom.store import notices
from postroom.store.notices import Delivery, Kind, Target
from tests.conftest import Person
from tests.integration.drops.clock import Clock

DELIVERED = Answer(Verdict.DELIVERED, "204 No Content")
DOWN = Answer(Verdict.LATER, "503 Service Unavailable")
RULES = WebhookRules(networks=[ipaddress.ip_network("127.0.0.0/8")])


@dataclass(slots=True)
class Carrier:
    """Answers as it is told, and keeps what it was given."""

    answer: Answer = DELIVERED
    parcels: list[Parcel] = field(default_factory=list)

    def carry(self, parcel: Parcel) -> Answer:
        self.parcels.append(parcel)
        return self.answer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def office(room: Room, clock: Clock, carrier: Carrier) -> Office:
    carriers: dict[Kind, Carries] = {"email": carrier, "webhook": carrier}
    return Office(room.database, room.queue, room.sealer, carriers, clock=clock, chance=lambda: 0.5)


@dataclass(slots=True)
class Notices:
    """One account's notices, at the level of the office."""

    office: Office
    account_id: int

    def add(self, url: str = "http://127.0.0.1:1/hook") -> Target:
        return self.add_with_secret(url)[0]

    def add_with_secret(self, url: str) -> tuple[Target, str]:
        with self.office.database.transaction() as connection:
            return targets.add_webhook(self.office, connection, self.account_id, url, list(Event), RULES)

    def post(self, about: str = "1-1") -> list[Delivery]:
        """Put a message on its way; return its deliveries."""
        message = Message("drop.applied", about, self.office.clock(), {"id": about}, "Applied", "It was.", ())
        with self.office.database.transaction() as connection:
            now = self.office.clock()
            count = post(
                connection, self.office.queue, self.account_id, Event.SUCCESS, lambda: message, now=now
            )
        return self.log()[-count:] if count else []

    def attempt(self, number: int = -1, office: Office | None = None) -> Answer | None:
        """Make one attempt at a delivery of the log."""
        delivery = self.log()[number]
        return attempt(office or self.office, delivery.account_id, delivery.delivery_id)

    def log(self) -> list[Delivery]:
        """Return every delivery, the oldest first."""
        with self.office.database.transaction() as connection:
            logged = notices.deliveries_of_account(connection, self.account_id)
        return [each.delivery for each in reversed(logged)]

    def targets(self) -> list[Target]:
        with self.office.database.transaction() as connection:
            return notices.targets_of_account(connection, self.account_id)

    def jobs(self) -> list[tuple[int, str]]:
        """Return delivery and time of every job that waits, the oldest first."""
        with self.office.database.transaction() as connection:
            rows = connection.execute(
                "select args, scheduled_at from procrastinate_jobs where task_name = %s order by id",
                (DELIVER_TASK,),
            ).fetchall()
        return [
            (row["args"]["delivery_id"], f"{row['scheduled_at']:%d %H:%M:%S}" if row["scheduled_at"] else "")
            for row in rows
        ]

    def forget_jobs(self) -> None:
        with self.office.database.transaction() as connection:
            connection.execute("delete from procrastinate_jobs")

    def stopping_at(self, step: str) -> Office:
        """Return an office in which a process dies at a step, as far as the database can tell."""

        def between(name: str) -> None:
            if name == step:
                raise KeyboardInterrupt

        return replace(self.office, between_steps=between)


@pytest.fixture
def alices(office: Office, alice: Person) -> Notices:
    return Notices(office, alice.account.account_id)
