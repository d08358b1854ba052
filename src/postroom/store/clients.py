"""Clients of the API: programs that come with an id and a secret, each for one account."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Cursor

from postroom.contacts.errors import Conflict, Missing
from postroom.store.database import Connection
from postroom.store.statements import statements

BASIC: Final = "basic"
SCOPES: Final = {
    BASIC: "Everything",
    "lists:read": "Read lists",
    "lists:write": "Read and change lists",
    "contacts:read": "Read contacts",
    "contacts:write": "Read and change contacts",
    "tables:read": "Read relational tables and their rows",
    "tables:write": "Read and change relational tables and their rows",
    "campaigns:read": "Read campaigns, their counts, and segments",
    "campaigns:write": "Read, make and launch campaigns, and change segments",
    "templates:read": "Read templates, preview and check them",
    "templates:write": "Read and change templates",
    "drops:read": "Read drops, imports and their reports",
    "drops:write": "Upload files, and retry, release and undo drops",
    "suppressions:read": "Read who is in quarantine or blacklisted",
    "suppressions:write": "Read and change who is in quarantine or blacklisted",
    "goals:read": "Read goals",
    "goals:write": "Make and delete goals, and tell orders",
    "surveys:read": "Read surveys",
    "surveys:write": "Make, change and delete surveys",
    "partners:read": "Read and fetch files for partners",
    "flows:read": "Read OUT flows, and fetch their files",
    "flows:write": "Read, activate and run OUT flows",
}
"""What a client may be allowed. A :write has the :read of the same in it."""

_SQL = statements("clients")
_CLIENT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Client:
    """A client with its account; `secret_version` counts its secrets, and each token names its own."""

    client_id: str
    account_id: int
    account_name: str
    name: str
    secret_hash: str
    secret_version: int
    scopes: Sequence[str]
    enabled: bool
    created_at: datetime


def create_client(
    connection: Connection,
    *,
    name: str,
    account_id: int,
    secret_hash: str,
    scopes: Sequence[str],
    now: datetime,
) -> str:
    """Make a client and return its id, 32 hexadecimal digits; raise Conflict when the name is taken."""
    parameters = {
        "client_id": secrets.token_hex(16),
        "account_id": account_id,
        "name": name,
        "secret_hash": secret_hash,
        "scopes": list(scopes),
        "now": now,
    }
    row = connection.execute(_SQL["create_client"], parameters).fetchone()
    if row is None:
        raise Conflict(f"There is already a client named '{name}'.", code="CLIENT_EXISTS")
    return str(row["client_id"])


def client_by_id(connection: Connection, client_id: str) -> Client | None:
    """Return the client, or None: the caller must not tell a stranger which. Any text may be asked for."""
    if not _CLIENT_ID.fullmatch(client_id):
        return None
    row = connection.execute(_SQL["client_by_id"], {"client_id": client_id}).fetchone()
    return Client(**row) if row else None


def all_clients(connection: Connection, account_id: int | None = None) -> list[Client]:
    """Return every client, or those of one account, by name."""
    rows = connection.execute(_SQL["all_clients"], {"account_id": account_id}).fetchall()
    return [Client(**row) for row in rows]


def set_enabled(connection: Connection, name: str, *, enabled: bool) -> None:
    """Switch a client on or off; raise Missing when there is none."""
    _hit(connection.execute(_SQL["set_client_enabled"], {"name": name, "enabled": enabled}), name)


def set_secret_hash(connection: Connection, name: str, secret_hash: str) -> str:
    """Replace a client's secret, which ends its tokens; return its id, raise Missing when there is none."""
    parameters = {"name": name, "secret_hash": secret_hash}
    return _hit(connection.execute(_SQL["set_client_secret"], parameters), name)


def remove_client(connection: Connection, name: str) -> None:
    """Forget a client for good; raise Missing when there is none."""
    _hit(connection.execute(_SQL["remove_client"], {"name": name}), name)


def _hit(cursor: Cursor[dict[str, Any]], name: str) -> str:
    row = cursor.fetchone()
    if row is None:
        raise Missing(f"There is no client named '{name}'.", code="NO_CLIENT")
    return str(row["client_id"])
