"""Bringing finished files to their locations."""

from __future__ import annotations

from postroom.contacts.errors import Missing
from postroom.jobs.queue import Enqueues
from postroom.store.database import Connection


def enqueue_delivery(connection: Connection, queue: Enqueues, account_id: int, run_id: int) -> None:
    """Have the file of a run brought to its location, in the caller's transaction.

    Without a location there is nothing to do: the file stays here, GENERATED, to be fetched.
    """
    del connection, queue, account_id, run_id


def require_location(connection: Connection, account_id: int, name: str) -> None:
    """Raise Missing when an account has no location of that name."""
    del connection, account_id
    raise Missing(f"There is no location '{name[:80]}'.", code="NO_LOCATION")
