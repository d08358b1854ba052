"""Messages that stand in a database as if a campaign had sent them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from postroom.contacts.channels import Channel
from postroom.store.database import Connection, Database
from postroom.store.messages import Message, message_by_id
from tests.conftest import Person

SENT_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def posted(
    database: Database,
    person: Person,
    address: str,
    *,
    channel: Channel = Channel.EMAIL,
    is_test: bool = False,
    contact_id: int = 7,
) -> Message:
    """Put a message that was sent into a campaign of its own."""
    account_id = person.account.account_id
    with database.transaction() as connection:
        campaign_id = _campaign(connection, account_id, channel, is_test=is_test)
        row = connection.execute(
            "insert into messages (account_id, campaign_id, contact_id, channel, address, state, due_at,"
            " attempts, sent_at) values (%s, %s, %s, %s, %s, 'sent', %s, 1, %s) returning message_id",
            (account_id, campaign_id, contact_id, channel.value, address, SENT_AT, SENT_AT),
        ).fetchone()
        assert row
        message = message_by_id(connection, account_id, row["message_id"])
    assert message
    return message


def _campaign(connection: Connection, account_id: int, channel: Channel, *, is_test: bool) -> int:
    content = json.dumps({"channel": channel.value, "variants": {}})
    row = connection.execute(
        "insert into campaigns (account_id, name, kind, channel, content, options, is_test, state,"
        " created_at, created_by) values (%s, 'News', 'ONE_SHOT', %s, %s, '{}', %s, 'finished', %s, 'alice')"
        " returning campaign_id",
        (account_id, channel.value, content, is_test, SENT_AT),
    ).fetchone()
    assert row
    return int(row["campaign_id"])
