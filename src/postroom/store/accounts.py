"""Accounts: who owns lists and contacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from postroom.contacts.custom_fields import CustomColumn, FieldType
from postroom.contacts.errors import Conflict, Missing
from postroom.contacts.fields import EXTRA_FIELDS
from postroom.contacts.settings import AccountSettings
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("accounts")

PATIENCE_SECONDS: Final = 5.0
"""How long a call waits for its account."""


LockAccount = Callable[[Connection, int], None]
"""Takes the lock of an account's contacts: `lock_account`, or `lock_account_soon` for who must not wait."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account and its settings; custom fields are among these when it was asked for by itself."""

    account_id: int
    name: str
    settings: AccountSettings
    created_at: datetime


def create_account(connection: Connection, *, name: str, settings: AccountSettings, now: datetime) -> Account:
    """Make an account; raise Conflict when the name is taken."""
    row = connection.execute(
        _SQL["create_account"], {"name": name, "settings": Jsonb(settings.as_json()), "now": now}
    ).fetchone()
    if row is None:
        raise Conflict(f"There is already an account named '{name}'.", code="ACCOUNT_EXISTS")
    return Account(row["account_id"], name, settings, now)


def account_by_name(connection: Connection, name: str) -> Account:
    """Return the account named `name`; raise Missing when there is none."""
    row = connection.execute(_SQL["account_by_name"], {"name": name}).fetchone()
    if row is None:
        raise Missing(f"There is no account named '{name}'.", code="NO_ACCOUNT")
    return _account(row)


def account_by_id(connection: Connection, account_id: int) -> Account:
    """Return the account; raise Missing when there is none."""
    row = connection.execute(_SQL["account_by_id"], {"account_id": account_id}).fetchone()
    if row is None:
        raise Missing(f"There is no account {account_id}.", code="NO_ACCOUNT")
    return _account(row)


def all_accounts(connection: Connection) -> list[Account]:
    """Return every account, by name."""
    return [_account(row) for row in connection.execute(_SQL["all_accounts"])]


def hold_settings(connection: Connection, account_id: int) -> Account:
    """Return the account and keep others from changing its settings until the transaction ends."""
    row = connection.execute(_SQL["hold_settings"], {"account_id": account_id}).fetchone()
    if row is None:
        raise Missing(f"There is no account {account_id}.", code="NO_ACCOUNT")
    return _account(row)


def update_settings(connection: Connection, account_id: int, settings: AccountSettings) -> None:
    """Store new settings for an account."""
    connection.execute(
        _SQL["update_account_settings"],
        {"account_id": account_id, "settings": Jsonb(settings.as_json())},
    )


def lock_account(connection: Connection, account_id: int) -> None:
    """Let one batch at a time change an account's contacts, until the transaction ends."""
    connection.execute(_SQL["lock_account"], {"account_id": account_id})


def lock_account_soon(
    connection: Connection, account_id: int, *, patience_seconds: float = PATIENCE_SECONDS
) -> None:
    """Do as `lock_account` for somebody who waits for an answer.

    Raises Conflict when others keep the account busy for that long; the transaction is lost then.
    """
    asked = (_SQL["try_lock_account"], _SQL["lock_account"])
    _lock_soon(connection, account_id, asked, patience_seconds)


def share_account_soon(
    connection: Connection, account_id: int, *, patience_seconds: float = PATIENCE_SECONDS
) -> None:
    """Keep everybody from the account who locks it, but not others who share it; else as `lock_account_soon`.

    For changes that cannot come into one another's way: the account would be waiting for the disk, commit
    by commit. Who shares an account does not lock it in the same transaction.
    """
    asked = (_SQL["try_share_account"], _SQL["share_account"])
    _lock_soon(connection, account_id, asked, patience_seconds)


def _lock_soon(
    connection: Connection, account_id: int, asked: tuple[str, str], patience_seconds: float
) -> None:
    """Get a lock by the first statement when it is free, else by the second."""
    at_once, waiting = asked
    row = connection.execute(at_once, {"account_id": account_id}).fetchone()
    if row and row["locked"]:
        return
    milliseconds = max(1, round(patience_seconds * 1000))
    connection.execute(_SQL["bound_waiting"], {"milliseconds": milliseconds})
    try:
        connection.execute(waiting, {"account_id": account_id})
    except psycopg.errors.LockNotAvailable as busy:
        raise Conflict(
            "The account's contacts are being changed by a file or another call; try again in a moment.",
            code="ACCOUNT_BUSY",
        ) from busy
    connection.execute(_SQL["unbound_waiting"])


def _account(row: Mapping[str, Any]) -> Account:
    settings = AccountSettings.from_json(row["settings"])
    custom = {
        EXTRA_FIELDS[slot - 1]: CustomColumn(name, FieldType(kind))
        for slot, name, kind in row.get("custom") or ()
    }
    return Account(row["account_id"], row["name"], replace(settings, custom=custom), row["created_at"])
