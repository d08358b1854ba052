"""Messages that wait to go out, a mailroom to hand them over with, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from postroom.contacts.campaigns import MessageState
from postroom.contacts.channels import Channel
from postroom.contacts.events import EventType, RecordedEvent
from postroom.contacts.templates import Content, Variant
from postroom.drops.room import Room
from postroom.sending.carrying import Carrier, Fate, Handover, Letter, Told
from postroom.sending.delivering import deliver
from postroom.sending.mailroom import Mailroom
from postroom.sending.waking import DELIVER_TASK
from tests.conftest import Person
from tests.integration.sending.written import Writer

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HTML = '<p>Hello {{ first_name }}, look at <a href="https://shop.example.com/sale">the sale</a>.</p>'
CONTENT = Content(
    Channel.EMAIL,
    {"": Variant("For {{ first_name }}", HTML)},
    sender="The shop <news@shop.example.com>",
    reply_to="help@shop.example.com",
    defaults={"first_name": "you"},
)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class FakeCarrier:
    """Takes whatever comes, unless it is told otherwise, by address; keeps what it was given."""

    answers: dict[str, Handover] = field(default_factory=dict)
    otherwise: Handover = field(default_factory=lambda: Handover(Fate.SENT, "fake", answer="250 OK"))
    letters: list[Letter] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def carry(self, letters: Sequence[Letter], told: Told) -> None:
        self.before()
        for letter in letters:
            self.letters.append(letter)
            told(letter, self.answers.get(letter.address, self.otherwise))

    def close(self) -> None:
        pass

    def addresses(self) -> list[str]:
        return [letter.address for letter in self.letters]


@dataclass
class Post:
    """One account's messages, waiting and gone."""

    room: Room
    person: Person
    carrier: Carrier
    clock: Clock = field(default_factory=Clock)
    channel: Channel = Channel.EMAIL
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mailroom(self) -> Mailroom:
        room = Mailroom(
            database=self.room.database,
            blobs=self.room.blobs,
            queue=self.room.queue,
            sealer=self.room.sealer,
            clock=self.clock,
            carriers={self.channel: self.carrier},
            tracking_url="https://t.shop.example.com",
            bounce_domain="bounces.example.com",
        )
        return replace(room, **self.options)

    @property
    def account_id(self) -> int:
        return self.person.account.account_id

    @property
    def writer(self) -> Writer:
        return Writer(self.room.database, self.person)

    def campaign(
        self, content: Content = CONTENT, *, state: str = "running", kind: str = "ONE_SHOT", **more: Any
    ) -> int:
        """Make a campaign with a content; return its id."""
        campaign_id = self.writer.campaign(channel=self.channel, **more)
        with self.room.database.transaction() as connection:
            connection.execute(
                "update campaigns set content = %s, state = %s, kind = %s"
                " where account_id = %s and campaign_id = %s",
                [Jsonb(content.as_json()), state, kind, self.account_id, campaign_id],
            )
        return campaign_id

    def set_state(self, campaign_id: int, state: str) -> None:
        with self.room.database.transaction() as connection:
            connection.execute(
                "update campaigns set state = %s where account_id = %s and campaign_id = %s",
                [state, self.account_id, campaign_id],
            )

    def waiting(
        self,
        campaign_id: int,
        *addresses: str,
        due_at: datetime | None = None,
        own: dict[str, Any] | None = None,
        **values: str,
    ) -> list[int]:
        """Make a contact and a message that waits for each address; return the messages."""
        field_name = self.channel.address_field or "email"
        contacts = [self.writer.contact(**{field_name: each, **values}) for each in addresses]
        at = due_at or self.clock()
        return [
            self._message(campaign_id, contact_id, address, at, own)
            for contact_id, address in zip(contacts, addresses, strict=True)
        ]

    def many(self, campaign_id: int, count: int, domain: str = "example.org") -> None:
        """Make many contacts and messages that wait, in two statements."""
        parameters = {
            "account_id": self.account_id,
            "campaign_id": campaign_id,
            "channel": self.channel.value,
            "count": count,
            "domain": domain,
            "now": self.clock(),
        }
        with self.room.database.transaction() as connection:
            connection.execute(_MANY_CONTACTS, parameters)
            connection.execute(_MANY_MESSAGES, parameters)

    def deliver(self, lane: int = 0) -> int:
        return deliver(self.mailroom, self.account_id, self.channel, lane)

    def rows(self) -> list[dict[str, Any]]:
        """Return all messages, in order."""
        with self.room.database.transaction() as connection:
            return connection.execute(
                "select * from messages where account_id = %s order by message_id", [self.account_id]
            ).fetchall()

    def states(self) -> list[MessageState]:
        return [MessageState(row["state"]) for row in self.rows()]

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for state in self.states():
            counts[state.value] = counts.get(state.value, 0) + 1
        return counts

    def events(self, *types: EventType) -> list[RecordedEvent]:
        return self.writer.events(*types)

    def claims(self) -> int:
        with self.room.database.transaction() as connection:
            row = connection.execute(
                "select count(*) as claims from message_claims where account_id = %s", [self.account_id]
            ).fetchone()
        assert row is not None
        return int(row["claims"])

    def jobs(self) -> list[tuple[int, datetime | None]]:
        """Return lane and time of the jobs that wait to hand over."""
        with self.room.database.transaction() as connection:
            rows = connection.execute(
                "select args, scheduled_at from procrastinate_jobs where task_name = %s order by id",
                [DELIVER_TASK],
            ).fetchall()
        return [(row["args"]["lane"], row["scheduled_at"]) for row in rows]

    def dying_at(self, step: str) -> Post:
        """Return the same post, whose process dies at a step, as far as the database can tell."""

        def between(name: str) -> None:
            if name == step:
                raise KeyboardInterrupt

        return replace(self, options={**self.options, "between_steps": between})

    def _message(
        self, campaign_id: int, contact_id: int, address: str, due_at: datetime, own: dict[str, Any] | None
    ) -> int:
        with self.room.database.transaction() as connection:
            row = connection.execute(
                "insert into messages (account_id, campaign_id, contact_id, channel, address, format, own,"
                " state, due_at, attempts) values (%s, %s, %s, %s, %s, 99, %s, 'waiting', %s, 0)"
                " returning message_id",
                [
                    self.account_id,
                    campaign_id,
                    contact_id,
                    self.channel.value,
                    address,
                    Jsonb(own) if own else None,
                    due_at,
                ],
            ).fetchone()
        assert row is not None
        return int(row["message_id"])


_MANY_CONTACTS = """
with taken as (
    insert into contact_ids as c values (%(account_id)s, %(count)s)
    on conflict (account_id) do update set last_id = c.last_id + %(count)s
)
insert into contacts (account_id, contact_id, dedup_key, email, first_name)
select %(account_id)s, n + (select greatest(max(contact_id), 1000000) from contacts),
    md5(n || %(domain)s)::uuid, 'p' || n || '@' || %(domain)s, 'Number ' || n
from generate_series(1, %(count)s) as n
"""

_MANY_MESSAGES = """
insert into messages (account_id, campaign_id, contact_id, channel, address, format, state, due_at, attempts)
select %(account_id)s, %(campaign_id)s, contact_id, %(channel)s, email, 99, 'waiting', %(now)s, 0
from contacts where account_id = %(account_id)s and contact_id > 1000000 and email like '%%@' || %(domain)s
order by contact_id
"""
