"""Changes of accounts' criteria: waiting in line, claimed, applied; and whom they merged into whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from postroom.contacts.criteria import Criterion, Match
from postroom.contacts.errors import Missing
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("criteria")


@dataclass(frozen=True, slots=True)
class CriterionChange:
    """One change; `state` is waiting, claimed, applied or parked, `was` and `was_match` what it replaced."""

    account_id: int
    change_id: int
    criterion: Criterion
    asked_at: datetime
    asked_by: str
    state: str
    attempts: int
    settled_at: datetime | None
    was: Criterion | None
    outcome: Mapping[str, int] | None
    match: Match
    was_match: Match | None


@dataclass(frozen=True, slots=True)
class MergedContact:
    """A contact that was merged into another, and its values of the criterion's fields."""

    contact_id: int
    merged_id: int
    key_values: Sequence[str | None]


def ask_change(
    connection: Connection,
    account_id: int,
    criterion: Criterion,
    match: Match,
    *,
    by_whom: str,
    now: datetime,
) -> CriterionChange:
    """Put a change in line."""
    parameters = {
        "account_id": account_id,
        "criterion": criterion.value,
        "match": match.value,
        "by_whom": by_whom,
        "now": now,
    }
    row = connection.execute(_SQL["ask_change"], parameters).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return change_by_id(connection, account_id, row["change_id"])


def change_by_id(connection: Connection, account_id: int, change_id: int) -> CriterionChange:
    """Return a change; raise Missing when there is none."""
    parameters = {"account_id": account_id, "change_id": change_id}
    row = connection.execute(_SQL["change_by_id"], parameters).fetchone()
    if row is None:
        raise Missing(f"The account has no change {change_id} of its criterion.", code="NO_CHANGE")
    return _change(row)


def changes_of_account(connection: Connection, account_id: int) -> list[CriterionChange]:
    """Return every change of an account, newest first."""
    return [
        _change(row) for row in connection.execute(_SQL["changes_of_account"], {"account_id": account_id})
    ]


def oldest_change(connection: Connection, account_id: int) -> CriterionChange | None:
    """Return and lock the next change in line."""
    row = connection.execute(_SQL["oldest_change"], {"account_id": account_id}).fetchone()
    return _change(row) if row else None


def claim_change(connection: Connection, change: CriterionChange) -> CriterionChange:
    """Take a change; return it as it stands then."""
    row = connection.execute(_SQL["claim_change"], _key(change)).fetchone()
    assert row is not None  # the caller has locked it
    return _change(row)


def hold_change(connection: Connection, change: CriterionChange) -> bool:
    """Keep others from a claimed change; tell whether the claim still stands."""
    parameters = {**_key(change), "attempts": change.attempts}
    return connection.execute(_SQL["hold_change"], parameters).fetchone() is not None


def settle_change(
    connection: Connection,
    change: CriterionChange,
    *,
    state: str,
    was: tuple[Criterion, Match],
    outcome: Mapping[str, int] | None,
    now: datetime,
) -> None:
    """End a change."""
    criterion, match = was
    ends = {
        "state": state,
        "was": criterion.value,
        "was_match": match.value,
        "outcome": Jsonb(outcome) if outcome is not None else None,
    }
    connection.execute(_SQL["settle_change"], {**_key(change), **ends, "now": now})


def accounts_changing(connection: Connection) -> list[int]:
    """Return the accounts that have a change in line."""
    return [row["account_id"] for row in connection.execute(_SQL["accounts_changing"])]


def anything_in_line(connection: Connection, account_id: int) -> bool:
    """Tell whether an account has contacts, or deposits or changes that are not settled."""
    row = connection.execute(_SQL["anything_in_line"], {"account_id": account_id}).fetchone()
    return bool(row and row["found"])


def merged_contacts(connection: Connection, change: CriterionChange) -> Iterator[MergedContact]:
    """Yield whom a change merged into whom, as long as that is kept."""
    with connection.cursor(name="merged_contacts") as cursor:
        for row in cursor.execute(_SQL["merged_contacts_of"], _key(change)):
            yield MergedContact(**row)


def merged_since(connection: Connection, account_id: int, since: datetime) -> Sequence[int]:
    """Return the contacts of both sides of all merges from a moment on."""
    row = connection.execute(_SQL["merged_since"], {"account_id": account_id, "since": since}).fetchone()
    assert row is not None  # an aggregate always answers
    return row["contact_ids"] or []


def forget_merged(connection: Connection, account_id: int, *, before: datetime) -> None:
    """Let go of who was merged into whom before some time."""
    connection.execute(_SQL["forget_merged"], {"account_id": account_id, "before": before})


def _key(change: CriterionChange) -> dict[str, int]:
    return {"account_id": change.account_id, "change_id": change.change_id}


def _change(row: Mapping[str, Any]) -> CriterionChange:
    read = {
        "criterion": Criterion(row["criterion"]),
        "match": Match(row["match"]),
        "was": Criterion(row["was"]) if row["was"] else None,
        "was_match": Match(row["was_match"]) if row["was_match"] else None,
    }
    return CriterionChange(**{**row, **read})
