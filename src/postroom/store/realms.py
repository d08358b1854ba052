"""Realms: the names under which accounts log in with command batches, their secrets, clients and children."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Cursor

from postroom.contacts.commands import BatchHeader
from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.realms import MOST_CLIENTS, check_identification, is_realm_name, realm_key
from postroom.store import criteria
from postroom.store.accounts import Account
from postroom.store.credentials import hash_secret, new_secret, secret_fits
from postroom.store.database import Connection
from postroom.store.lockout import Lockout
from postroom.store.statements import statements

_SQL = statements("realms")


@dataclass(frozen=True, slots=True)
class Realm:
    """A realm with its account; `parent_name` is the parent's realm, `clients` how many it has."""

    account_id: int
    account_name: str
    name: str
    parent_id: int | None
    parent_name: str | None
    has_password: bool
    clients: int


@dataclass(frozen=True, slots=True)
class RealmClient:
    """A client of a realm, without its secrets."""

    name: str
    created_at: datetime


def set_realm(connection: Connection, account: Account, name: str, *, now: datetime) -> None:
    """Give an account a realm, or its realm another name: password, clients and children stay.

    Raises Conflict when another account's realm has the name, in whatever case; the transaction is lost then.
    """
    parameters = {
        "account_id": account.account_id,
        "realm_key": realm_key(name),
        "name": name,
        "now": now,
    }
    try:
        connection.execute(_SQL["set_realm"], parameters)
    except psycopg.errors.UniqueViolation:
        raise Conflict(f"There is already a realm named '{name}'.", code="REALM_EXISTS") from None


def remove_realm(connection: Connection, account_id: int) -> None:
    """Take an account's realm away, with its secrets and clients; it is fine when there is none."""
    connection.execute(_SQL["remove_realm"], {"account_id": account_id})


def all_realms(connection: Connection) -> list[Realm]:
    """Return every realm, by name."""
    return [Realm(**row) for row in connection.execute(_SQL["all_realms"], {"account_id": None})]


def realm_of(connection: Connection, account_id: int) -> Realm | None:
    """Return an account's realm, if it has one."""
    row = connection.execute(_SQL["all_realms"], {"account_id": account_id}).fetchone()
    return Realm(**row) if row else None


def accounts_with_realms(connection: Connection) -> list[int]:
    """Return the ids of all accounts that have a realm, ascending."""
    return [row["account_id"] for row in connection.execute(_SQL["accounts_with_realms"])]


def children(connection: Connection, account_id: int) -> Mapping[str, int]:
    """Return the accounts whose realms are children of an account's, by their realms in lower case."""
    rows = connection.execute(_SQL["realm_children"], {"account_id": account_id})
    return {row["realm_key"]: row["account_id"] for row in rows}


def set_parent(connection: Connection, account: Account, parent: Account | None) -> None:
    """Let an account's realm be the child of another's, or of none.

    Raises Missing when either has no realm, Refused when one of them would be a child with children.
    """
    _hold(connection, account)
    if parent is not None:
        _hold(connection, parent)
        above = realm_of(connection, parent.account_id)
        if parent.account_id == account.account_id:
            raise Refused("A realm cannot be its own parent.", code="BAD_PARENT")
        if children(connection, account.account_id) or (above and above.parent_id is not None):
            raise Refused("A child realm has no children of its own.", code="BAD_PARENT")
    parent_id = parent.account_id if parent is not None else None
    connection.execute(_SQL["set_realm_parent"], {"account_id": account.account_id, "parent_id": parent_id})


def check_realm(connection: Connection, account: Account) -> None:
    """Raise Refused when the account has a realm and tells contacts apart, or soon will, as no batch can.

    Whoever changes a realm or what contacts are told apart by asks this at the end, with the account's
    settings held, so that of two at the same moment the second notices.
    """
    if realm_of(connection, account.account_id) is None:
        return
    check_identification(account.name, account.settings.criterion, account.settings.match)
    for change in criteria.changes_of_account(connection, account.account_id):
        if change.settled_at is None:
            check_identification(account.name, change.criterion, change.match)


# ------------------------------------------------------------------------------------------ secrets


def new_password(connection: Connection, account: Account) -> str:
    """Make a realm's password, which is known to the caller alone; files with the older one are refused.

    Raises Missing when the account has no realm.
    """
    secret = new_secret()
    parameters = {"account_id": account.account_id, "password_hash": hash_secret(secret)}
    if connection.execute(_SQL["set_realm_password"], parameters).fetchone() is None:
        raise _no_realm(account)
    return secret


def create_client(connection: Connection, account: Account, name: str, *, now: datetime) -> tuple[str, str]:
    """Make a client of an account's realm; return its password and its authorization.

    Raises Missing when there is no realm, Conflict when the name is taken or the realm has all its clients.
    """
    _hold(connection, account)
    known = [client.name for client in clients_of(connection, account.account_id)]
    if name in known:
        raise Conflict(f"The realm already has a client named '{name}'.", code="CLIENT_EXISTS")
    if len(known) >= MOST_CLIENTS:
        raise Conflict(
            f"A realm has at most {MOST_CLIENTS} clients: {', '.join(known)}. Delete one first.",
            code="TOO_MANY_CLIENTS",
        )
    password, authorization = new_secret(), new_secret()
    hashes = _hashes(account, name, password, authorization)
    connection.execute(_SQL["create_realm_client"], {**hashes, "now": now})
    return password, authorization


def regenerate_client(connection: Connection, account: Account, name: str) -> tuple[str, str]:
    """Give a client another password and authorization; raise Missing when there is none."""
    password, authorization = new_secret(), new_secret()
    hashes = _hashes(account, name, password, authorization)
    _must_hit(connection.execute(_SQL["set_realm_client_secrets"], hashes), name)
    return password, authorization


def delete_client(connection: Connection, account: Account, name: str) -> None:
    """Forget a client of an account's realm; raise Missing when there is none."""
    parameters = {"account_id": account.account_id, "name": name}
    _must_hit(connection.execute(_SQL["remove_realm_client"], parameters), name)


def clients_of(connection: Connection, account_id: int) -> list[RealmClient]:
    """Return the clients of an account's realm, by name."""
    rows = connection.execute(_SQL["realm_clients_of"], {"account_id": account_id})
    return [RealmClient(**row) for row in rows]


# ------------------------------------------------------------------------------------------- logins


def realm_login(connection: Connection, header: BatchHeader) -> int | None:
    """Return the account that a batch logs in to; None whatever is wrong, after the same work.

    With a client the password is the client's, and `client_auth` its authorization (seed 001).
    """
    client = header.api_client
    known = _secrets(connection, header.realm, client)
    if client is None:
        password_fits = secret_fits(known.get("password_hash"), header.password)
        return known.get("account_id") if password_fits and header.client_auth is None else None
    password_fits = secret_fits(known.get("client_password_hash"), header.password)
    authorized = secret_fits(known.get("auth_hash"), header.client_auth or "")
    return known.get("account_id") if password_fits and authorized else None


def counted_login(
    connection: Connection, header: BatchHeader, lockout: Lockout, *, by_login: str, now: datetime
) -> int | None:
    """Do as `realm_login`, and lock a realm for the login whose files failed at it too often.

    Failures count for the pair, as those of a login at an address do, and for `by_login` at all realms: so
    nobody can lock a realm for others. While it is locked the right password does not help either. What is
    counted is part of the caller's transaction, which must be committed.
    """
    who = f"realm {realm_key(header.realm)}" if is_realm_name(header.realm) else "realm"
    place = f"login {by_login}"
    if lockout.locked_until(connection, who, place, now) is not None:
        return None
    account_id = realm_login(connection, header)
    if account_id is None:
        lockout.count_failure(connection, who, place, now)
    else:
        lockout.forget_failures(connection, who, place)
    return account_id


def _secrets(connection: Connection, realm: str, client: str | None) -> Mapping[str, Any]:
    if not is_realm_name(realm) or not (client is None or is_realm_name(client)):
        return {}
    parameters = {"realm_key": realm_key(realm), "client": client}
    return connection.execute(_SQL["realm_secrets"], parameters).fetchone() or {}


def _hashes(account: Account, name: str, password: str, authorization: str) -> dict[str, object]:
    return {
        "account_id": account.account_id,
        "name": name,
        "password_hash": hash_secret(password),
        "auth_hash": hash_secret(authorization),
    }


def _hold(connection: Connection, account: Account) -> None:
    parameters = {"account_id": account.account_id}
    if connection.execute(_SQL["hold_realm"], parameters).fetchone() is None:
        raise _no_realm(account)


def _no_realm(account: Account) -> Missing:
    return Missing(
        f"Account {account.name} has no realm. Give it one: postroom account set {account.name} realm=NAME",
        code="NO_REALM",
    )


def _must_hit(cursor: Cursor[dict[str, Any]], name: str) -> None:
    if cursor.fetchone() is None:
        raise Missing(f"The realm has no client named '{name}'.", code="NO_CLIENT")
