"""The making of files: attempts and their failures, what came of them, and files made anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from postroom.store.database import Connection
from postroom.store.flows import Run, RunState, run_of
from postroom.store.statements import statements

_SQL = statements("generations")


@dataclass(frozen=True, slots=True)
class Generated:
    """The file of a run as it was made; without a key there is none, as it would have been empty."""

    rows: int
    left_out: int
    remarks: Mapping[str, int]
    size: int
    sha256: str | None
    blob_key: str | None


def begin_generation(connection: Connection, account_id: int, run_id: int, *, now: datetime) -> Run | None:
    """Count an attempt and return the run; None when its file is not to be made, or not yet."""
    parameters = {"account_id": account_id, "run_id": run_id, "now": now}
    row = connection.execute(_SQL["begin_generation"], parameters).fetchone()
    return run_of(row) if row else None


def note_unmade(connection: Connection, run: Run, failure: str, *, next_at: datetime) -> None:
    """Note why a file could not be made, and when that is tried again; nothing if another came of it."""
    parameters = {
        "account_id": run.account_id,
        "run_id": run.run_id,
        "anew": Jsonb(dict(run.anew)) if run.anew else None,
        "failure": failure,
        "next_at": next_at,
    }
    connection.execute(_SQL["note_unmade"], parameters)


def record_generated(connection: Connection, run: Run, made: Generated, *, now: datetime) -> Run | None:
    """Write down that the file is there; None when another was faster, or it is to be made otherwise."""
    state = RunState.GENERATED if made.blob_key else RunState.SKIPPED
    parameters = {
        "account_id": run.account_id,
        "run_id": run.run_id,
        "revision": run.revision,
        "anew": Jsonb(dict(run.anew)) if run.anew else None,
        "state": state,
        "rows": made.rows,
        "left_out": made.left_out,
        "remarks": Jsonb(dict(made.remarks)),
        "size": made.size,
        "sha256": made.sha256,
        "blob_key": made.blob_key,
        "now": now,
    }
    row = connection.execute(_SQL["record_generated"], parameters).fetchone()
    return run_of(row) if row else None


def fail_generation(connection: Connection, account_id: int, run_id: int, failure: str) -> Run | None:
    """Give the making of a file up, and fall back to the former one; None when that is over already."""
    parameters = {"account_id": account_id, "run_id": run_id, "failure": failure}
    row = connection.execute(_SQL["fail_generation"], parameters).fetchone()
    return run_of(row) if row else None


def generate_again(
    connection: Connection, run: Run, *, file_name: str, plan: Mapping[str, Any], location: str | None
) -> None:
    """Have the file of a run's window made anew, as its next revision; the former one stays until then."""
    before = RunState.FAILED if run.state is RunState.PLANNED else run.state  # it has no file to fall back to
    state = run.anew["state"] if run.anew else before
    anew = {"state": state, "file_name": file_name, "plan": dict(plan), "location": location}
    parameters = {"account_id": run.account_id, "run_id": run.run_id, "anew": Jsonb(anew)}
    connection.execute(_SQL["generate_again"], parameters)


def planned_runs(connection: Connection, *, now: datetime) -> list[tuple[int, int, str]]:
    """Return account, run and flow of all files that are to be made by now."""
    rows = connection.execute(_SQL["planned_runs"], {"now": now})
    return [(row["account_id"], row["run_id"], row["flow"]) for row in rows]
