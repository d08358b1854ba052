"""Surveys of accounts; participations in them are events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from postroom.contacts.errors import Missing, Refused
from postroom.contacts.surveys import Definition, definition, merged
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("surveys")

MOST_SURVEYS: Final = 200


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey of an account."""

    account_id: int
    survey_id: int
    definition: Definition
    created_at: datetime
    updated_at: datetime


def put_survey(connection: Connection, account_id: int, wanted: Definition, *, now: datetime) -> Survey:
    """Make a survey, or give the one of that name another form; raise Refused when that cannot be."""
    connection.execute(_SQL["lock_surveys"], {"account_id": account_id})
    every = surveys_of_account(connection, account_id)
    old = next((each for each in every if each.definition.name == wanted.name), None)
    if old is None and len(every) >= MOST_SURVEYS:
        raise Refused(f"An account has {MOST_SURVEYS} surveys at the most.", code="TOO_MANY_SURVEYS")
    stored = wanted if old is None else merged(old.definition, wanted)
    parameters = {
        "account_id": account_id,
        "name": wanted.name,
        "definition": Jsonb(stored.as_json()),
        "now": now,
    }
    row = connection.execute(_SQL["create_survey" if old is None else "update_survey"], parameters).fetchone()
    assert row is not None  # the lock keeps others from changing it meanwhile
    return _survey(row)


def surveys_of_account(connection: Connection, account_id: int) -> list[Survey]:
    """Return every survey of an account, by id."""
    return [
        _survey(row) for row in connection.execute(_SQL["surveys_of_account"], {"account_id": account_id})
    ]


def survey_by_id(connection: Connection, account_id: int, survey_id: int) -> Survey:
    """Return a survey; raise Missing when the account has none of that id."""
    parameters = {"account_id": account_id, "survey_id": min(survey_id, 2**63 - 1)}
    row = connection.execute(_SQL["survey_by_id"], parameters).fetchone()
    if row is None:
        raise Missing(f"There is no survey {survey_id}.", code="NO_SURVEY")
    return _survey(row)


def survey_named(connection: Connection, account_id: int, name: str) -> Survey:
    """Return the survey of that name; raise Missing when there is none."""
    for each in surveys_of_account(connection, account_id):
        if each.definition.name == name:
            return each
    raise Missing(f"There is no survey '{name}' in this account.", code="NO_SURVEY")


def delete_survey(connection: Connection, account_id: int, survey_id: int) -> None:
    """Forget a survey; participations stay told."""
    connection.execute(_SQL["delete_survey"], {"account_id": account_id, "survey_id": survey_id})


def _survey(row: Mapping[str, Any]) -> Survey:
    return Survey(
        row["account_id"],
        row["survey_id"],
        definition(row["definition"]),
        row["created_at"],
        row["updated_at"],
    )
