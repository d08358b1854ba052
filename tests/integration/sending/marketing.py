"""Somebody who makes campaigns, and what can be seen of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from postroom.contacts.campaigns import MessageState
from postroom.contacts.channels import Channel
from postroom.contacts.events import EventSource, EventType
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.templates import Content, Variant
from postroom.drops.room import Room
from postroom.ingest.consents import change_consents
from postroom.sending import campaigns as sending
from postroom.sending.campaigns import By, Wanted
from postroom.sending.launching import expand
from postroom.sending.mailroom import Mailroom
from postroom.store import campaign_counts, campaigns, segments, templates
from postroom.store.accounts import account_by_id
from postroom.store.campaign_counts import Counts
from postroom.store.campaigns import Campaign, Options
from postroom.store.optouts import Act
from tests.conftest import Person
from tests.integration.sending.written import Writer

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
BY = By("marketing", EventSource.UI)
HTML = '<p>Hello <a href="https://shop.example.com/sale">the sale</a></p>'


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


def nothing(name: str) -> None:
    """Do nothing between two steps."""
    del name


@dataclass
class Marketer:
    """A person who makes campaigns of an account."""

    room: Room
    person: Person
    clock: Clock = field(default_factory=Clock)
    between_steps: Callable[[str], None] = nothing

    @property
    def mailroom(self) -> Mailroom:
        return Mailroom(
            database=self.room.database,
            blobs=self.room.blobs,
            queue=self.room.queue,
            sealer=self.room.sealer,
            clock=self.clock,
            between_steps=self.between_steps,
        )

    @property
    def account_id(self) -> int:
        return self.person.account.account_id

    @property
    def writer(self) -> Writer:
        return Writer(self.room.database, self.person)

    def people(self, *addresses: str) -> list[int]:
        """Make a contact of each e-mail address; return their ids."""
        return [self.writer.contact(email=each) for each in addresses]

    def news(self, *addresses: str, name: str = "news") -> int:
        """Make a list with a contact of each e-mail address on it; return its id."""
        return self.writer.list_of(name, *self.people(*addresses))

    def template(
        self,
        name: str = "Sale",
        *,
        channel: Channel = Channel.EMAIL,
        html: str = HTML,
        subject: str = "Sale",
        sender: str = "news@example.com",
    ) -> int:
        """Make a template; return its id."""
        text = "Sale! STOP 36105" if channel is not Channel.EMAIL else ""
        variant = Variant(subject=subject, html=html if channel is Channel.EMAIL else "", text=text)
        content = Content(channel, {"": variant}, sender=sender)
        with self.room.database.transaction() as connection:
            return templates.create_template(
                connection, self.account_id, name, content, now=self.clock()
            ).template_id

    def segment(self, text: str, name: str = "some") -> int:
        """Save a filter; return its id."""
        with self.room.database.transaction() as connection:
            settings = account_by_id(connection, self.account_id).settings
            return segments.create_segment(
                connection, self.account_id, settings, name, text, now=self.clock()
            ).segment_id

    def draft(self, list_id: int, template_id: int | None = None, name: str = "Sale", **options: Any) -> int:
        """Make a draft; return its id."""
        wanted = Wanted(name, list_id, template_id or self.template(), Options(**options))
        return sending.create(self.mailroom, self.account_id, wanted, by=BY).campaign_id

    def launch(self, list_id: int, template_id: int | None = None, **options: Any) -> int:
        """Launch a campaign and have its messages made; return its id."""
        campaign_id = self.draft(list_id, template_id, **options)
        sending.launch(self.mailroom, self.account_id, campaign_id, by=BY)
        assert self.expand(campaign_id)
        return campaign_id

    def expand(self, campaign_id: int) -> bool:
        return expand(self.mailroom, self.account_id, campaign_id)

    def campaign(self, campaign_id: int) -> Campaign:
        with self.room.database.transaction() as connection:
            return campaigns.campaign_by_id(connection, self.account_id, campaign_id)

    def counts(self, campaign_id: int) -> Counts:
        with self.room.database.transaction() as connection:
            return campaign_counts.count_campaign(connection, self.campaign(campaign_id))

    def messages(self, campaign_id: int, *fields: str) -> list[Any]:
        """Return the messages of a campaign in the order of their making: addresses, or other fields."""
        with self.room.database.transaction() as connection:
            rows = connection.execute(
                "select * from messages where account_id = %s and campaign_id = %s order by message_id",
                (self.account_id, campaign_id),
            ).fetchall()
        wanted = fields or ("address",)
        return [row[wanted[0]] if len(wanted) == 1 else tuple(row[name] for name in wanted) for row in rows]

    def not_sent(self, campaign_id: int) -> dict[str | None, str]:
        """Return whom a campaign was not sent to, by address, and why."""
        return {
            event.address: event.attributes["reason"]
            for event in self.writer.events(EventType.NOT_SENT)
            if event.campaign_id == campaign_id
        }

    def states(self, campaign_id: int) -> list[str]:
        """Return the states that a campaign was recorded to be in."""
        return [
            event.attributes["state"]
            for event in self.writer.events(EventType.CAMPAIGN_STATE)
            if event.campaign_id == campaign_id
        ]

    def hand_over(self, campaign_id: int, state: MessageState = MessageState.SENT) -> None:
        """Let all messages that wait have come to an end."""
        with self.room.database.transaction() as connection:
            connection.execute(
                "update messages set state = %s, sent_at = %s"
                " where account_id = %s and campaign_id = %s and state = 'waiting'",
                (state.value, self.clock(), self.account_id, campaign_id),
            )

    def optout(self, scope: str, address: str, reason: OptOutReason = OptOutReason.CONTACT) -> None:
        """Opt an address out of a scope."""
        act = Act(self.account_id, scope, "call", "test", self.clock())
        with self.room.database.transaction() as connection:
            change_consents(connection, act, {address: reason})

    def suppress(
        self, address: str, kind: str, *, until: datetime | None = None, channel: str = "EMAIL"
    ) -> None:
        """Leave an address alone."""
        with self.room.database.transaction() as connection:
            connection.execute(
                "insert into suppressions"
                " (account_id, address, channel, kind, reason, bounces, since_at, until_at)"
                " values (%s, %s, %s, %s, 'HARDBOUNCE', 1, %s, %s)",
                (self.account_id, address, channel, kind, self.clock(), until),
            )

    def jobs(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the jobs that wait, with their arguments."""
        with self.room.database.transaction() as connection:
            rows = connection.execute(
                "select task_name, args from procrastinate_jobs where status = 'todo' order by id"
            ).fetchall()
        return [(row["task_name"], row["args"]) for row in rows]
