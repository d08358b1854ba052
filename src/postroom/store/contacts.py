"""Looking contacts up. Changing them is merge.py's alone."""

from __future__ import annotations

from typing import Any

from postroom.contacts.optouts import OptOutReason
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("contacts")


def find_contacts(
    connection: Connection,
    account_id: int,
    *,
    email: str | None = None,
    mobile: str | None = None,
    phone: str | None = None,
    reference: str | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Return the contacts that have all the given (normalised) values.

    Each has its `lists` by name and its `optouts`: account, contact, hard_bounce or spam, by medium.
    """
    parameters = {
        "account_id": account_id,
        "email": email,
        "mobile": mobile,
        "phone": phone,
        "reference": reference,
        "limit": limit,
    }
    found = connection.execute(_SQL["find_contacts"], parameters).fetchall()
    ids = [contact["contact_id"] for contact in found]
    named = connection.execute(_SQL["lists_of_contacts"], {"account_id": account_id, "contact_ids": ids})
    lists = {row["contact_id"]: row["lists"] for row in named}
    optouts = _optouts(connection, account_id, ids)
    return [
        {**contact, "lists": lists.get(key, []), "optouts": optouts.get(key, {})}
        for contact in found
        for key in [contact["contact_id"]]
    ]


def count_contacts(connection: Connection, account_id: int) -> int:
    """Return how many contacts an account has."""
    row = connection.execute(_SQL["count_contacts"], {"account_id": account_id}).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["contacts"])


def _optouts(connection: Connection, account_id: int, contact_ids: list[int]) -> dict[int, dict[str, str]]:
    parameters = {"account_id": account_id, "contact_ids": contact_ids}
    rows = connection.execute(_SQL["optouts_of_contacts"], parameters)
    return {
        row["contact_id"]: {
            medium: OptOutReason(reason).name.lower() for medium, reason in row["optouts"].items()
        }
        for row in rows
    }
