"""Deleting contacts; `ingest` alone does.

Arrays come through a subselect: the planner then takes the index and does not weigh each element (for 300,000
that took longer than a third of the deletion), and in order, so that each look into it is beside the last.
"""

from __future__ import annotations

from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("deleting")


def delete_contacts(connection: Connection, account_id: int, keys: str) -> str:
    """Delete the contacts that an ordered array literal of keys names; return their ids, a line each."""
    row = connection.execute(_SQL["delete_contacts"], {"account_id": account_id, "keys": keys}).fetchone()
    assert row is not None  # an aggregate always answers
    return row["lines"] or ""


def delete_memberships(connection: Connection, account_id: int, contact_ids: str) -> None:
    """Take the contacts of an ordered array literal of ids off every list."""
    connection.execute(_SQL["delete_memberships"], {"account_id": account_id, "contact_ids": contact_ids})
