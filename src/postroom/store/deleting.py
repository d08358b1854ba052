"""Deleting contacts; `ingest` alone does.

Arrays come through a subselect: the planner then takes the index and does not weigh each element (for 300,000
that took longer than a third of the deletion), and in order, so that each look into it is beside the last.
"""

from __future__ import annotations

from postroom.store import relational_rows
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("deleting")


def delete_contacts(connection: Connection, account_id: int, keys: str) -> str:
    """Delete the contacts that an ordered array literal of keys names; return their ids, a line each."""
    row = connection.execute(_SQL["delete_contacts"], {"account_id": account_id, "keys": keys}).fetchone()
    assert row is not None  # an aggregate always answers
    return row["lines"] or ""


def delete_belongings(connection: Connection, account_id: int, contact_ids: str) -> None:
    """Remove what goes with contacts (an ordered array literal of ids): places on lists, rows of tables.

    Everybody who deletes contacts does this, too.
    """
    connection.execute(_SQL["delete_memberships"], {"account_id": account_id, "contact_ids": contact_ids})
    relational_rows.delete_rows_of_contacts(connection, account_id, contact_ids)
