"""Deposits and the states of their life; every transition is a compare-and-set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from psycopg.types.json import Jsonb

from postroom.contacts.batches import Known
from postroom.store.database import Connection
from postroom.store.files import Content
from postroom.store.statements import statements

_SQL = statements("drops")

State = Literal["arriving", "ready", "claimed", "applied", "refused", "parked"]
STATES: tuple[State, ...] = ("arriving", "ready", "claimed", "applied", "refused", "parked")


@dataclass(frozen=True, slots=True)
class Drop:
    """A deposit: what was left, when it was complete, what became of it."""

    account_id: int
    drop_id: int
    action: str
    name: str
    login: str
    confirmation: str
    state: State
    size: int
    sha256: str
    blob_key: str
    deposited_at: datetime
    prefix: int | None
    attempts: int
    claimed_at: datetime | None
    settled_at: datetime | None
    outcome: dict[str, Any] | None
    released_at: datetime | None
    released_by: str | None
    undone_at: datetime | None
    undone_by: str | None
    files_removed_at: datetime | None
    sent_account_id: int | None
    sent_drop_id: int | None
    """With the account's id: the deposit for several accounts that did this; it has no files of its own."""
    header: str
    mode: str | None
    list_id: int | None

    @property
    def public_id(self) -> str:
        """The id that people use."""
        return public_id(self.account_id, self.drop_id)


def public_id(account_id: int, drop_id: int) -> str:
    """Name a deposit as people do: account and drop, so that a look-up knows where to look."""
    return f"{account_id}-{drop_id}"


def create_drop(  # noqa: PLR0913 - a deposit has that many sides, all named
    connection: Connection,
    *,
    account_id: int,
    action: str,
    name: str,
    login: str,
    confirmation: str,
    state: State,
    content: Content,
    now: datetime,
) -> int:
    """Record a deposit; return its id."""
    row = connection.execute(
        _SQL["create_drop"],
        {
            "account_id": account_id,
            "action": action,
            "name": name,
            "login": login,
            "confirmation": confirmation,
            "state": state,
            "size": content.size,
            "sha256": content.sha256,
            "blob_key": content.blob_key,
            "deposited_at": now,
        },
    ).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return int(row["drop_id"])


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a call of the API asks for with its file: values of contacts.batches.Header and Mode."""

    header: str = "present"
    mode: str | None = None
    list_id: int | None = None


def create_whole_drop(  # noqa: PLR0913 - a deposit has that many sides, all named
    connection: Connection,
    *,
    account_id: int,
    action: str,
    name: str,
    by_whom: str,
    content: Content,
    prefix: int,
    wishes: Wishes,
    now: datetime,
) -> Drop:
    """Record a deposit by the API, which bears its deposit second from the start."""
    row = connection.execute(
        _SQL["create_whole_drop"],
        {
            "account_id": account_id,
            "action": action,
            "name": name,
            "login": by_whom,
            "size": content.size,
            "sha256": content.sha256,
            "blob_key": content.blob_key,
            "deposited_at": now,
            "prefix": prefix,
            "header": wishes.header,
            "mode": wishes.mode,
            "list_id": wishes.list_id,
        },
    ).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return Drop(**row)


def create_sent_drop(connection: Connection, drop: Drop, account_id: int) -> Drop:
    """Record what a claimed deposit does to another account, as a claimed drop of that account."""
    row = connection.execute(
        _SQL["create_sent_drop"],
        {"account_id": account_id, "sent_account_id": drop.account_id, "sent_drop_id": drop.drop_id},
    ).fetchone()
    assert row is not None  # the deposit is there
    return Drop(**row)


def drop_by_id(connection: Connection, account_id: int, drop_id: int) -> Drop | None:
    """Return one deposit, or None."""
    return _one(connection, "drop_by_id", account_id, drop_id)


def drops_of_account(
    connection: Connection, account_id: int, *, state: State | None = None, limit: int = 100
) -> list[Drop]:
    """Return an account's deposits, newest first."""
    rows = connection.execute(
        _SQL["drops_of_account"], {"account_id": account_id, "state": state, "limit": limit}
    )
    return [Drop(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class DropFilter:
    """Which deposits of an account are meant; None is any."""

    ids: Sequence[int] | None = None
    states: Sequence[State] | None = None
    action: str | None = None
    name: str | None = None


def drops_page(
    connection: Connection,
    account_id: int,
    wanted: DropFilter,
    *,
    limit: int,
    offset: int = 0,
    after: int | None = None,
    descending: bool = False,
) -> list[Drop]:
    """Return some deposits by id: from `offset` on, or those beyond the id `after`."""
    query = sql.SQL(_SQL["drops_page"]).format(
        direction=sql.SQL("desc" if descending else "asc"), beyond=sql.SQL("<" if descending else ">")
    )
    parameters = {**_filter(account_id, wanted), "limit": limit, "offset": offset, "after": after}
    return [Drop(**row) for row in connection.execute(query, parameters)]


def count_drops(connection: Connection, account_id: int, wanted: DropFilter) -> int:
    """Count the deposits that are meant."""
    row = connection.execute(_SQL["count_drops"], _filter(account_id, wanted)).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["total"])


def _filter(account_id: int, wanted: DropFilter) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "ids": None if wanted.ids is None else list(wanted.ids),
        "states": None if wanted.states is None else list(wanted.states),
        "action": wanted.action,
        "name": wanted.name,
    }


def first_applied(connection: Connection, drop: Drop) -> Known | None:
    """Return the account's first other deposit of the same bytes that was applied for the same action."""
    row = connection.execute(
        _SQL["first_applied"],
        {
            "account_id": drop.account_id,
            "sha256": drop.sha256,
            "action": drop.action,
            "drop_id": drop.drop_id,
        },
    ).fetchone()
    return (
        Known(public_id(drop.account_id, row["drop_id"]), row["name"], row["deposited_at"]) if row else None
    )


def confirm_drop(connection: Connection, account_id: int, drop_id: int) -> bool:
    """Make an unconfirmed deposit ready; False when it was not waiting for that."""
    return _hit(connection, "confirm_drop", account_id, drop_id)


def withdraw_drop(connection: Connection, account_id: int, drop_id: int) -> bool:
    """Forget a deposit that nobody has claimed; False when somebody has."""
    return _hit(connection, "withdraw_drop", account_id, drop_id)


def oldest_drop(
    connection: Connection, account_id: int, *, arriving_since: datetime, no_tables: bool = False
) -> Drop | None:
    """Return and lock the next deposit in line, counting unconfirmed ones younger than `arriving_since`.

    With `no_tables` batches of rows for relational tables (.csv) are passed over.
    """
    parameters = {"account_id": account_id, "arriving_since": arriving_since, "no_tables": no_tables}
    row = connection.execute(_SQL["oldest_drop"], parameters).fetchone()
    return Drop(**row) if row else None


def waiting_batches(connection: Connection, account_id: int, *, limit: int) -> list[Drop]:
    """Return the first `limit` command batches of an account that nobody has claimed, in line."""
    rows = connection.execute(_SQL["waiting_batches"], {"account_id": account_id, "limit": limit})
    return [Drop(**row) for row in rows]


def accounts_waiting(connection: Connection) -> list[int]:
    """Return the accounts with deposits that are ready, or claimed and not ended."""
    return [row["account_id"] for row in connection.execute(_SQL["accounts_waiting"])]


def claim_drop(connection: Connection, drop: Drop, *, prefix: int, now: datetime) -> Drop:
    """Take a locked deposit; its attempt number is the claim's token."""
    row = connection.execute(
        _SQL["claim_drop"],
        {"account_id": drop.account_id, "drop_id": drop.drop_id, "prefix": prefix, "now": now},
    ).fetchone()
    assert row is not None  # the row is locked by the caller
    return Drop(**row)


def hold_drop(connection: Connection, drop: Drop) -> bool:
    """Keep others from a claimed deposit until the transaction ends; False when the claim was lost."""
    row = connection.execute(
        _SQL["hold_drop"],
        {"account_id": drop.account_id, "drop_id": drop.drop_id, "attempts": drop.attempts},
    ).fetchone()
    return row is not None


def settle_drop(
    connection: Connection, drop: Drop, *, state: State, outcome: Mapping[str, Any], now: datetime
) -> None:
    """End a deposit that the caller holds."""
    connection.execute(
        _SQL["settle_drop"],
        {
            "account_id": drop.account_id,
            "drop_id": drop.drop_id,
            "state": state,
            "outcome": Jsonb(dict(outcome)),
            "now": now,
        },
    )


def replace_content(connection: Connection, drop: Drop, content: Content) -> None:
    """Let other bytes stand for those that were deposited, which the caller deletes after its commit."""
    connection.execute(
        _SQL["replace_content"],
        {
            "account_id": drop.account_id,
            "drop_id": drop.drop_id,
            "blob_key": content.blob_key,
            "size": content.size,
            "sha256": content.sha256,
        },
    )


def expire_drops(
    connection: Connection, account_id: int, *, before: datetime, now: datetime, limit: int
) -> list[int]:
    """Note that files of `limit` deposits settled before a moment are removed; return these deposits' ids."""
    rows = connection.execute(
        _SQL["expire_drops"], {"account_id": account_id, "before": before, "now": now, "limit": limit}
    )
    return [row["drop_id"] for row in rows]


def park_drop(connection: Connection, drop: Drop, *, outcome: Mapping[str, Any]) -> None:
    """Leave a claimed deposit to a person."""
    connection.execute(
        _SQL["park_drop"],
        {"account_id": drop.account_id, "drop_id": drop.drop_id, "outcome": Jsonb(dict(outcome))},
    )


def retry_drop(connection: Connection, account_id: int, drop_id: int) -> bool:
    """Put a parked or unconfirmed deposit back in line; False when it is in another state."""
    return _hit(connection, "retry_drop", account_id, drop_id)


def undo_drop(
    connection: Connection,
    account_id: int,
    drop_id: int,
    *,
    undo: Mapping[str, Any],
    by_whom: str,
    now: datetime,
) -> None:
    """Note that what a deposit did was taken back; `undo` joins its outcome, and may name a `report`.

    A report is a file of the deposit again, to be removed in its time.
    """
    connection.execute(
        _SQL["undo_drop"],
        {
            "account_id": account_id,
            "drop_id": drop_id,
            "by_whom": by_whom,
            "now": now,
            "undo": Jsonb(dict(undo)),
            "has_report": undo["report"] is not None,
        },
    )


def release_drop(
    connection: Connection, account_id: int, drop_id: int, *, by_whom: str, now: datetime
) -> bool:
    """Put a refused deposit back in line, for this once without the guard; False when it is not refused."""
    parameters = {"account_id": account_id, "drop_id": drop_id, "by_whom": by_whom, "now": now}
    return connection.execute(_SQL["release_drop"], parameters).fetchone() is not None


def _one(connection: Connection, statement: str, account_id: int, drop_id: int) -> Drop | None:
    row = connection.execute(_SQL[statement], {"account_id": account_id, "drop_id": drop_id}).fetchone()
    return Drop(**row) if row else None


def _hit(connection: Connection, statement: str, account_id: int, drop_id: int) -> bool:
    parameters = {"account_id": account_id, "drop_id": drop_id}
    return connection.execute(_SQL[statement], parameters).fetchone() is not None
