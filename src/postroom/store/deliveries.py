"""Files on their way to their locations: claimed by a lease, each step noted under the number of its try."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from postroom.store.database import Connection
from postroom.store.flows import Run, run_of
from postroom.store.statements import statements

_SQL = statements("deliveries")


def claim_delivery(
    connection: Connection, account_id: int, flow: str, *, now: datetime, until: datetime
) -> Run | None:
    """Claim the oldest file of a flow that is on its way; None when it is not due, or somebody is at it.

    Files of one flow go one after another, in the order of their windows. `tries` is the claim's token.
    """
    parameters = {"account_id": account_id, "flow": flow, "now": now, "until": until}
    row = connection.execute(_SQL["claim_delivery"], parameters).fetchone()
    return run_of(row) if row else None


def note_uploaded(connection: Connection, run: Run, *, until: datetime) -> bool:
    """Note that the bytes are there under another name; False when the claim was taken over."""
    return _noted(connection, "note_uploaded", run, until=until)


def note_generated(connection: Connection, run: Run, *, until: datetime) -> bool:
    """Note that the bytes are not there after all; False when the claim was taken over."""
    return _noted(connection, "note_generated", run, until=until)


def note_later(connection: Connection, run: Run, failure: str, *, next_at: datetime) -> bool:
    """Note why a try failed and when the next one is due; False when the claim was taken over."""
    return _noted(connection, "note_later", run, failure=failure, next_at=next_at)


def note_published(connection: Connection, run: Run, *, now: datetime) -> Run | None:
    """Note that a file is at its location; None when the claim was taken over."""
    return _ended(connection, "note_published", run, now=now)


def note_failed(connection: Connection, run: Run, failure: str) -> Run | None:
    """Note that a file is not tried again by itself; None when the claim was taken over."""
    return _ended(connection, "note_failed", run, failure=failure)


def due_deliveries(connection: Connection, *, now: datetime) -> list[tuple[int, str]]:
    """Return account and flow of all files to be brought to their locations now."""
    rows = connection.execute(_SQL["due_deliveries"], {"now": now})
    return [(row["account_id"], row["flow"]) for row in rows]


def users_of_location(connection: Connection, account_id: int, location: str) -> list[str]:
    """Return the active flows that go to a location."""
    rows = connection.execute(_SQL["users_of_location"], {"account_id": account_id, "location": location})
    return [row["flow"] for row in rows]


def runs_under_way(connection: Connection, account_id: int, location: str) -> list[Run]:
    """Return the runs whose files are still to be made or brought there, in their order."""
    rows = connection.execute(_SQL["runs_under_way"], {"account_id": account_id, "location": location})
    return [run_of(row) for row in rows]


def begin_anew(connection: Connection, account_id: int, location: str) -> set[str]:
    """Have files brought wholly to a location that is another place by now; return the flows they are of.

    What was uploaded to the old place counts for nothing, and whoever is uploading there has lost the file.
    """
    return _flows(connection, "begin_anew", account_id, location)


def try_soon(connection: Connection, account_id: int, location: str) -> set[str]:
    """Have files that wait for a location tried at once; return the flows they are of."""
    return _flows(connection, "try_soon", account_id, location)


def _flows(connection: Connection, statement: str, account_id: int, location: str) -> set[str]:
    rows = connection.execute(_SQL[statement], {"account_id": account_id, "location": location})
    return {row["flow"] for row in rows}


def _noted(connection: Connection, statement: str, run: Run, **given: Any) -> bool:
    return connection.execute(_SQL[statement], _parameters(run, given)).fetchone() is not None


def _ended(connection: Connection, statement: str, run: Run, **given: Any) -> Run | None:
    row = connection.execute(_SQL[statement], _parameters(run, given)).fetchone()
    return run_of(row) if row else None


def _parameters(run: Run, given: dict[str, Any]) -> dict[str, Any]:
    return {"account_id": run.account_id, "run_id": run.run_id, "tries": run.tries, **given}
