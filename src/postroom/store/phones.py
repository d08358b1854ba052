"""Messages by what providers know of them: a name of their own, or the number that answers.

Providers serve several accounts at once and name none, so these look into all of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from postroom.store.accounts import all_accounts
from postroom.store.database import Connection
from postroom.store.messages import Message, message_by_id
from postroom.store.statements import statements

_SQL = statements("phones")


def message_named_by(connection: Connection, provider: str, provider_id: str) -> Message | None:
    """Return the message that a provider calls by a name, None when no account has one."""
    return _message(connection, "named_by_providers", {"provider": provider, "provider_id": provider_id})


def newest_to_number(connection: Connection, provider: str, number: str) -> Message | None:
    """Return the newest SMS that a provider may have brought to a number, None when none; tests are none.

    One that is just being handed over, or is in doubt, counts where no other does: people answer faster than
    it is written down.
    """
    return _message(connection, "newest_to_number", {"provider": provider, "address": number})


def settle_told(
    connection: Connection, message: Message, provider: str, provider_id: str | None, *, now: datetime
) -> str | None:
    """Take a message in doubt for sent, at the time of its claim, as its provider tells.

    Return who it is from, None when it is not in doubt any more.
    """
    parameters = {
        "account_id": message.account_id,
        "message_id": message.message_id,
        "provider": provider,
        "provider_id": provider_id,
        "now": now,
    }
    row = connection.execute(_SQL["settle_told"], parameters).fetchone()
    return row["sender"] if row else None


def _message(connection: Connection, statement: str, parameters: dict[str, Any]) -> Message | None:
    account_ids = [account.account_id for account in all_accounts(connection)]
    row = connection.execute(_SQL[statement], {**parameters, "account_ids": account_ids}).fetchone()
    return message_by_id(connection, row["account_id"], row["message_id"]) if row else None
