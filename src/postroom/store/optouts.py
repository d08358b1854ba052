"""Opt-outs and their ledger: reading them, and the statements by which `ingest` alone changes them.

Arrays of addresses come in their order, and through a subselect: the planner then takes the index and does
not weigh each element.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from postroom.contacts.media import ADDRESS_FIELD, Medium
from postroom.contacts.optouts import OptOutReason
from postroom.store.database import Connection
from postroom.store.merge import last_contact_id
from postroom.store.planning import joining_by_hash
from postroom.store.statements import statements

_SQL = statements("optouts")


@dataclass(frozen=True, slots=True)
class Act:
    """What causes changes of opt-outs: a file, a call, a click; `by_whom` is a login or whoever else."""

    account_id: int
    scope: str
    source: str
    by_whom: str
    acted_at: datetime
    drop_id: int | None = None
    campaign_id: int | None = None
    message_id: int | None = None
    """What the recipient answered to, by a click, a STOP, a complaint or a bounce."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """An address that must not be used for what `scope` covers."""

    scope: str
    address: str
    reason: OptOutReason
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the ledger; None stands for no opt-out, `line` is that of the file."""

    acted_at: datetime
    scope: str
    source: str
    drop_id: int | None
    by_whom: str
    line: int | None
    was: OptOutReason | None
    became: OptOutReason | None


def has_optouts(connection: Connection, account_id: int, scope: str) -> bool:
    """Tell whether an account has any opt-out of a scope."""
    row = connection.execute(_SQL["has_optouts"], {"account_id": account_id, "scope": scope}).fetchone()
    return bool(row and row["found"])


def begin_act(connection: Connection, act: Act) -> int:
    """Open the ledger for the changes of one act; return its id."""
    row = connection.execute(
        _SQL["begin_act"],
        {
            "account_id": act.account_id,
            "scope": act.scope,
            "source": act.source,
            "drop_id": act.drop_id,
            "by_whom": act.by_whom,
            "acted_at": act.acted_at,
            "campaign_id": act.campaign_id,
            "message_id": act.message_id,
        },
    ).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return int(row["act_id"])


def standing_optouts(connection: Connection, account_id: int, scope: str, *, addresses: str) -> str:
    """Return those of an array literal of addresses that are opted out, each as a line: address, tab, reason.

    One array and one text: as rows, a quarter of a million took three times as long.
    """
    parameters = {"account_id": account_id, "scope": scope, "addresses": addresses}
    row = connection.execute(_SQL["standing_optouts"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return row["lines"] or ""


def raise_optouts(
    connection: Connection, act: Act, act_id: int, reason: OptOutReason, *, addresses: str
) -> None:
    """Give the opt-outs of an array literal of addresses a stronger reason."""
    connection.execute(
        _SQL["raise_optouts"],
        {
            "account_id": act.account_id,
            "scope": act.scope,
            "reason": reason.value,
            "act_id": act_id,
            "addresses": addresses,
        },
    )


def lift_optouts(connection: Connection, act: Act, reasons: Sequence[OptOutReason], *, addresses: str) -> str:
    """Forget the opt-outs of an array literal of addresses that have one of `reasons`.

    Return these as `standing_optouts` does.
    """
    parameters = {
        "account_id": act.account_id,
        "scope": act.scope,
        "reasons": [reason.value for reason in reasons],
        "addresses": addresses,
    }
    row = connection.execute(_SQL["lift_optouts"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return row["lines"] or ""


@contextmanager
def copy_optouts(connection: Connection) -> Iterator[psycopg.Copy]:
    """Yield a COPY of new opt-outs that takes CSV: account_id, scope, address, reason, act_id."""
    with connection.cursor() as cursor, cursor.copy("copy optouts from stdin (format csv)") as copy:
        yield copy


@contextmanager
def copy_changes(connection: Connection) -> Iterator[psycopg.Copy]:
    """Yield a COPY into the ledger that takes CSV: account_id, act_id, line, address, was, became.

    An unquoted empty value is null.
    """
    with connection.cursor() as cursor, cursor.copy("copy consent_changes from stdin (format csv)") as copy:
        yield copy


def contact_addresses(
    connection: Connection, account_id: int, medium: Medium, *, most: int = 250_000
) -> Iterator[str]:
    """Yield the addresses of all contacts, a line each, of at most so many contacts at a time.

    As rows they take five times as long.
    """
    query = sql.SQL(_SQL["addresses_between"]).format(field=sql.Identifier(ADDRESS_FIELD[medium]))
    for after in range(0, last_contact_id(connection, account_id), most):
        row = connection.execute(
            query, {"account_id": account_id, "after": after, "upto": after + most}
        ).fetchone()
        assert row is not None  # an aggregate always answers
        yield row["lines"] or ""


def count_reached(connection: Connection, account_id: int, medium: Medium, *, addresses: str) -> int:
    """Count how many of an array literal of addresses some contact has; reads all contacts of the account.

    Contacts have no index by address, which each import would pay for.
    """
    query = sql.SQL(_SQL["count_contacts_reached"]).format(field=sql.Identifier(ADDRESS_FIELD[medium]))
    with joining_by_hash(connection):
        row = connection.execute(query, {"account_id": account_id, "addresses": addresses}).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["reached"])


def optouts_of(connection: Connection, account_id: int, addresses: Mapping[Medium, str]) -> list[OptOut]:
    """Return the opt-outs that stand for these normalised addresses, each in its medium."""
    parameters = {
        "account_id": account_id,
        "scopes": [medium.value for medium in addresses],
        "addresses": list(addresses.values()),
    }
    rows = connection.execute(_SQL["optouts_of_addresses"], parameters)
    return [OptOut(**{**row, "reason": OptOutReason(row["reason"])}) for row in rows]


def count_optouts(connection: Connection, account_id: int) -> list[dict[str, Any]]:
    """Return scope, reason (a number) and how many addresses, for each that there is."""
    return connection.execute(_SQL["count_optouts"], {"account_id": account_id}).fetchall()


def history(connection: Connection, account_id: int, address: str, *, limit: int) -> list[Change]:
    """Return what the ledger says of a normalised address, newest first.

    The ledger has no index by address, which would halve the speed of large files: this reads all of it.
    """
    parameters = {"account_id": account_id, "address": address, "limit": limit}
    rows = connection.execute(_SQL["consent_history"], parameters)
    return [Change(**{**row, "was": _reason(row["was"]), "became": _reason(row["became"])}) for row in rows]


def _reason(stored: int | None) -> OptOutReason | None:
    return None if stored is None else OptOutReason(stored)
