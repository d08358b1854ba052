"""Messages that were sent, as campaigns and delivery leave them: for tests of what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from postroom.contacts.channels import Channel
from postroom.contacts.events import EventType, RecordedEvent
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.records import WrittenContact
from postroom.ingest import listing
from postroom.ingest.writing import Writing, create_contacts
from postroom.store import lists
from postroom.store.accounts import lock_account
from postroom.store.database import Connection, Database
from postroom.store.events import cut, events_between
from postroom.store.messages import Message, message_by_id
from postroom.store.optouts import Change, history
from tests.conftest import Person

SENT_AT = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes to people; all that is asked of their account goes through here."""

    database: Database
    person: Person

    @property
    def account_id(self) -> int:
        return self.person.account.account_id

    def contact(self, **values: str) -> int:
        """Make a contact; return its id."""
        writing = Writing(self.person.account, "test", SENT_AT)
        with self.database.transaction() as connection:
            lock_account(connection, self.account_id)
            (found,) = create_contacts(connection, writing, [WrittenContact(values, {})])
        return found

    def list_of(self, name: str, *contact_ids: int) -> int:
        """Make a list with contacts on it; return its id."""
        with self.database.transaction() as connection:
            lock_account(connection, self.account_id)
            list_id = lists.create_list(connection, self.account_id, name, now=SENT_AT)
            if contact_ids:
                listing.add_contacts(connection, self.account_id, list_id, contact_ids, now=SENT_AT)
        return list_id

    def campaign(
        self,
        name: str = "Autumn",
        *,
        channel: Channel = Channel.EMAIL,
        list_id: int | None = None,
        links: tuple[str, ...] = (),
        is_test: bool = False,
        sender: str = "",
    ) -> int:
        """Make a campaign whose links go to URLs, numbered from 1; return its id."""
        with self.database.transaction() as connection:
            content = {"sender": sender} if sender else {}
            campaign_id = _campaign(
                connection, self.account_id, name, channel, list_id, content, is_test=is_test
            )
            for link_id, url in enumerate(links, 1):
                connection.execute(
                    "insert into campaign_links values (%s, %s, %s, %s, %s, %s)",
                    [self.account_id, campaign_id, link_id, url, f"link {link_id}", ["shop", "autumn"]],
                )
        return campaign_id

    def message(
        self,
        campaign_id: int,
        contact_id: int,
        address: str = "bob@example.com",
        *,
        channel: Channel = Channel.EMAIL,
        sent_at: datetime | None = SENT_AT,
    ) -> int:
        """Make a message that was sent, or is still claimed where it has not been; return its id."""
        with self.database.transaction() as connection:
            row = connection.execute(
                "insert into messages (account_id, campaign_id, contact_id, channel, address, state, due_at,"
                " attempts, claim, claimed_at, sent_at)"
                " values (%s, %s, %s, %s, %s, %s, %s, 1, %s, %s, %s) returning message_id",
                [
                    self.account_id,
                    campaign_id,
                    contact_id,
                    channel.value,
                    address,
                    "sent" if sent_at else "claimed",
                    SENT_AT,
                    None if sent_at else "00000000-0000-0000-0000-000000000001",
                    SENT_AT,
                    sent_at,
                ],
            ).fetchone()
        assert row is not None
        return int(row["message_id"])

    def messages(self, campaign_id: int, count: int) -> list[int]:
        """Make messages that were sent to as many contacts; return their ids."""
        with self.database.transaction() as connection:
            rows = connection.execute(
                "insert into messages (account_id, campaign_id, contact_id, channel, address, state, due_at,"
                " attempts, sent_at)"
                " select %s, %s, n, 'EMAIL', 'person' || n || '@example.com', 'sent', %s, 1, %s"
                " from generate_series(1, %s) as n returning message_id",
                [self.account_id, campaign_id, SENT_AT, SENT_AT, count],
            ).fetchall()
        return [int(row["message_id"]) for row in rows]

    def read(self, message_id: int) -> Message:
        """Return a message."""
        with self.database.transaction() as connection:
            found = message_by_id(connection, self.account_id, message_id)
        assert found is not None
        return found

    def events(self, *types: EventType) -> list[RecordedEvent]:
        """Return what happened, in order; of all types unless some are named."""
        with self.database.transaction() as connection:
            up_to = cut(connection, self.account_id).seq
            wanted = types or tuple(EventType)
            return list(events_between(connection, self.account_id, wanted, after=0, up_to=up_to))

    def optout(self, address: str, medium: Medium = Medium.EMAIL) -> OptOutReason | None:
        """Return why an address must not be used by a medium."""
        return self.optouts(medium.value).get(address)

    def optouts(self, scope: str) -> dict[str, OptOutReason]:
        """Return the addresses that are opted out of a scope, and why."""
        with self.database.transaction() as connection:
            rows = connection.execute(
                "select address, reason from optouts where account_id = %s and scope = %s",
                [self.account_id, scope],
            ).fetchall()
        return {row["address"]: OptOutReason(row["reason"]) for row in rows}

    def acts(self, address: str) -> list[Change]:
        """Return what the ledger says of an address, newest first."""
        with self.database.transaction() as connection:
            return history(connection, self.account_id, address, limit=20)


def _campaign(
    connection: Connection,
    account_id: int,
    name: str,
    channel: Channel,
    list_id: int | None,
    content: Mapping[str, str],
    *,
    is_test: bool,
) -> int:
    values: dict[str, Any] = {
        "account_id": account_id,
        "name": name,
        "channel": channel.value,
        "list_id": list_id,
        "is_test": is_test,
        "now": SENT_AT,
        "content": Jsonb(content),
        "empty": Jsonb({}),
    }
    row = connection.execute(
        "insert into campaigns (account_id, name, kind, channel, list_id, content, options, is_test, state,"
        " created_at, created_by, launched_at) values (%(account_id)s, %(name)s, 'ONE_SHOT', %(channel)s,"
        " %(list_id)s, %(content)s, %(empty)s, %(is_test)s, 'running', %(now)s, 'test', %(now)s)"
        " returning campaign_id",
        values,
    ).fetchone()
    assert row is not None
    return int(row["campaign_id"])
