"""What tests of phones share: a mailroom with a clock of theirs, and SMS that were sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.events import EventType, RecordedEvent
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.sending.mailroom import Mailroom
from postroom.sending.phone.receipts import RECEIPT_TASK
from postroom.store.events import cut, events_between
from postroom.store.messages import Message, message_by_id
from tests.conftest import MakePerson, Person
from tests.integration.drops.clock import Clock

SENT_AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
NUMBER = "+33612345678"


@dataclass(slots=True)
class Exchange:
    """Accounts, the SMS that they sent, and what came of these."""

    mailroom: Mailroom
    alice: Person
    charlie: Person

    def sent(
        self,
        person: Person,
        *,
        provider: str | None = "web",
        provider_id: str | None = "x1",
        number: str = NUMBER,
        minutes: int = 0,
        is_test: bool = False,
        channel: Channel = Channel.SMS,
        state: str = "sent",
    ) -> Message:
        """Put a message there as if it had been handed over."""
        account_id = person.account.account_id
        at = SENT_AT + timedelta(minutes=minutes)
        with self.mailroom.database.transaction() as connection:
            campaign = connection.execute(
                "insert into campaigns (account_id, name, kind, channel, content, options, is_test, state,"
                " created_at, created_by)"
                " values (%s, 'N', 'ONE_SHOT', %s, %s, '{}', %s, 'running', %s, 'x') returning campaign_id",
                (account_id, channel.value, json.dumps({"channel": channel.value}), is_test, at),
            ).fetchone()
            assert campaign
            row = connection.execute(
                "insert into messages (account_id, campaign_id, contact_id, channel, address, state, due_at,"
                " attempts, sent_at, provider, provider_id, claim, claimed_at)"
                " values (%s, %s, 7, %s, %s, %s, %s, 1, %s, %s, %s, %s, %s) returning message_id",
                (
                    account_id,
                    campaign["campaign_id"],
                    channel.value,
                    number,
                    state,
                    at,
                    at if state == "sent" else None,
                    provider,
                    provider_id,
                    uuid4() if state == "claimed" else None,
                    at,
                ),
            ).fetchone()
            assert row
            message = message_by_id(connection, account_id, row["message_id"])
        assert message
        return message

    def events(self, person: Person) -> list[RecordedEvent]:
        """Return every event of an account, in order."""
        account_id = person.account.account_id
        with self.mailroom.database.transaction() as connection:
            up_to = cut(connection, account_id).seq
            return sorted(
                events_between(connection, account_id, list(EventType), after=0, up_to=up_to),
                key=lambda event: event.seq,
            )

    def opted_out(self, person: Person, number: str = NUMBER) -> OptOutReason | None:
        """Return why a number gets no SMS."""
        with self.mailroom.database.transaction() as connection:
            row = connection.execute(
                "select reason from optouts where account_id = %s and scope = %s and address = %s",
                (person.account.account_id, Medium.SMS.value, number),
            ).fetchone()
        return OptOutReason(row["reason"]) if row else None

    def jobs(self) -> list[dict[str, object]]:
        """Return the arguments of the jobs that look at receipts again, the oldest first."""
        with self.mailroom.database.transaction() as connection:
            rows = connection.execute(
                "select args, scheduled_at from procrastinate_jobs where task_name = %s order by id",
                (RECEIPT_TASK,),
            ).fetchall()
        return [{**row["args"], "at": row["scheduled_at"]} for row in rows]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def exchange(room: Room, clock: Clock, make_person: MakePerson) -> Exchange:
    mailroom = Mailroom(room.database, room.blobs, room.queue, room.sealer, clock)
    return Exchange(mailroom, make_person("alice"), make_person("charlie"))
