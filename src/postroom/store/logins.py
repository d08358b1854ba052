"""Logins: who connects, with which password or keys, and how often they failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Cursor

from postroom.contacts.errors import Conflict, Missing
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("logins")


@dataclass(frozen=True, slots=True)
class Login:
    """A login with its account."""

    login: str
    account_id: int
    account_name: str
    password_hash: str | None
    enabled: bool
    created_at: datetime


def create_login(
    connection: Connection, *, login: str, account_id: int, password_hash: str | None, now: datetime
) -> None:
    """Make a login; raise Conflict when the name is taken."""
    row = connection.execute(
        _SQL["create_login"],
        {"login": login, "account_id": account_id, "password_hash": password_hash, "now": now},
    ).fetchone()
    if row is None:
        raise Conflict(f"There is already a login named '{login}'.", code="LOGIN_EXISTS")


def login_by_name(connection: Connection, login: str) -> Login | None:
    """Return the login, or None: the caller must not tell a stranger which."""
    row = connection.execute(_SQL["login_by_name"], {"login": login}).fetchone()
    return Login(**row) if row else None


def is_enabled(connection: Connection, login: str, account_id: int) -> bool:
    """Tell whether a login of the account is switched on."""
    parameters = {"login": login, "account_id": account_id}
    return connection.execute(_SQL["login_enabled"], parameters).fetchone() is not None


def all_logins(connection: Connection, account_id: int | None = None) -> list[dict[str, Any]]:
    """Return login, account_name, has_password, enabled, keys, created_at of every login, by name."""
    return connection.execute(_SQL["all_logins"], {"account_id": account_id}).fetchall()


def set_enabled(connection: Connection, login: str, *, enabled: bool) -> None:
    """Switch a login on or off; raise Missing when there is none."""
    _must_hit(connection.execute(_SQL["set_login_enabled"], {"login": login, "enabled": enabled}), login)


def set_password_hash(connection: Connection, login: str, password_hash: str) -> None:
    """Replace a login's password hash; raise Missing when there is none."""
    parameters = {"login": login, "password_hash": password_hash}
    _must_hit(connection.execute(_SQL["set_login_password"], parameters), login)


def add_key(connection: Connection, login: str, *, fingerprint: str, public_key: str) -> None:
    """Let a public key log in; adding it twice is fine."""
    connection.execute(
        _SQL["add_login_key"], {"login": login, "fingerprint": fingerprint, "public_key": public_key}
    )


def has_key(connection: Connection, login: str, fingerprint: str) -> bool:
    """Tell whether the key may log in."""
    return (
        connection.execute(_SQL["login_key"], {"login": login, "fingerprint": fingerprint}).fetchone()
        is not None
    )


def locked_until(connection: Connection, scopes: list[str], now: datetime) -> datetime | None:
    """Return when the latest lock on any of `scopes` ends, or None when none is locked."""
    row = connection.execute(_SQL["locked_until"], {"scopes": scopes, "now": now}).fetchone()
    return row["locked_until"] if row else None


def count_failure(
    connection: Connection, scope: str, *, limit: int, window: timedelta, now: datetime
) -> None:
    """Count a failed login in `scope`; `limit` failures within `window` lock it for as long."""
    connection.execute(
        _SQL["count_failure"],
        {"scope": scope, "limit": limit, "now": now, "window_start": now - window, "until": now + window},
    )


def forget_failures(connection: Connection, scope: str) -> None:
    """Clear the failures of `scope` after a good login."""
    connection.execute(_SQL["forget_failures"], {"scope": scope})


def _must_hit(cursor: Cursor[dict[str, Any]], login: str) -> None:
    if cursor.fetchone() is None:
        raise Missing(f"There is no login named '{login}'.", code="NO_LOGIN")
