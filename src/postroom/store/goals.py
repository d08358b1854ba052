"""Goals of accounts; what reaches them are events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.goals import GoalKind, goal_name, goal_patterns
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("goals")

MOST_GOALS: Final = 200


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal; `patterns` are its pages, as they were written."""

    account_id: int
    goal_id: int
    name: str
    kind: GoalKind
    patterns: tuple[str, ...]
    created_at: datetime


def create_goal(
    connection: Connection,
    account_id: int,
    name: str,
    kind: GoalKind,
    patterns: Sequence[str],
    *,
    now: datetime,
) -> Goal:
    """Make a goal; raise Refused when it cannot be, Conflict when its name is taken."""
    parameters = {
        "account_id": account_id,
        "name": goal_name(name),
        "kind": kind.value,
        "patterns": list(goal_patterns(kind, patterns)),
        "now": now,
    }
    if len(goals_of_account(connection, account_id)) >= MOST_GOALS:
        raise Refused(f"An account has {MOST_GOALS} goals at the most.", code="TOO_MANY_GOALS")
    row = connection.execute(_SQL["create_goal"], parameters).fetchone()
    if row is None:
        raise Conflict(f"There is a goal '{parameters['name']}' already.", code="GOAL_EXISTS")
    return _goal(row)


def goals_of_account(connection: Connection, account_id: int) -> list[Goal]:
    """Return every goal of an account, by id."""
    rows = connection.execute(_SQL["goals_of_account"], {"account_id": account_id})
    return [_goal(row) for row in rows]


def goal_by_id(connection: Connection, account_id: int, goal_id: int) -> Goal:
    """Return a goal; raise Missing when the account has none of that id."""
    row = connection.execute(
        _SQL["goal_by_id"], {"account_id": account_id, "goal_id": min(goal_id, 2**63 - 1)}
    ).fetchone()
    if row is None:
        raise Missing(f"There is no goal {goal_id}.", code="NO_GOAL")
    return _goal(row)


def goal_named(connection: Connection, account_id: int, name_or_id: str) -> Goal:
    """Return the goal of that name, else of that id; raise Missing when there is none."""
    for goal in goals_of_account(connection, account_id):
        if name_or_id in {goal.name, str(goal.goal_id)}:
            return goal
    raise Missing(f"There is no goal '{name_or_id}' in this account.", code="NO_GOAL")


def delete_goal(connection: Connection, account_id: int, goal_id: int) -> None:
    """Forget a goal; what reached it stays told."""
    connection.execute(_SQL["delete_goal"], {"account_id": account_id, "goal_id": goal_id})


def contact_of_message(connection: Connection, account_id: int, message_id: int) -> int | None:
    """Return who got a message; None when it is gone or was a test."""
    parameters = {"account_id": account_id, "message_id": message_id}
    row = connection.execute(_SQL["contact_of_message"], parameters).fetchone()
    return int(row["contact_id"]) if row else None


def is_contact(connection: Connection, account_id: int, contact_id: int) -> bool:
    """Tell whether a contact is there."""
    parameters = {"account_id": account_id, "contact_id": min(contact_id, 2**63 - 1)}
    return connection.execute(_SQL["contact_there"], parameters).fetchone() is not None


def _goal(row: Mapping[str, Any]) -> Goal:
    return Goal(**{**row, "kind": GoalKind(row["kind"]), "patterns": tuple(row["patterns"])})
