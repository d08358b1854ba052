"""Exporters that die on order: `python -m tests.crash.killable_exporter URL BLOBS`.

Orders come on standard input, one JSON object a line; for each a process is forked, which plans a file of
each flow under an extra name and makes all that are planned, and dies where it is told to. What happened goes
to standard output.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from postroom.jobs.queue import Queue
from postroom.outflow.depot import Depot
from postroom.outflow.generating import generate
from postroom.outflow.planning import plan
from postroom.outflow.scheduling import Slot
from postroom.store import generations
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.sealing import Sealer
from tests.crash.killable_worker import Steps

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def export(url: str, blobs: Path, order: dict[str, Any], told: int) -> None:
    steps = Steps(told, order["kill_at"], order["microseconds"])
    account_id = order["account_id"]
    with Database(url, for_bulk=True) as database:
        depot = Depot(
            database, LocalBlobs(blobs), Queue(url), Sealer([bytes(32)]), lambda: NOON, between_steps=steps
        )
        for flow in order["flows"]:
            plan(depot, account_id, flow, Slot(NOON.date(), order["extra"], NOON))
        with database.reading() as connection:
            found = generations.planned_runs(connection, now=NOON)
        planned = [run_id for owner, run_id, _ in found if owner == account_id]
        for run_id in planned:
            generate(depot, account_id, run_id)


def run_one(url: str, blobs: Path, order: dict[str, Any]) -> dict[str, Any]:
    """Run one exporter to its end; return its steps and the signal that ended it, 0 for none."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        code = 1
        try:
            export(url, blobs, order, told)
            code = 0
        finally:
            os._exit(code)
    os.close(told)
    with os.fdopen(heard, "rb") as pipe:
        steps = pipe.read().decode().split("\n")[:-1]
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"the exporter failed: {order}, after {steps}")
    return {"steps": steps, "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}


if __name__ == "__main__":
    for line in sys.stdin:
        result = run_one(sys.argv[1], Path(sys.argv[2]), json.loads(line))
        print(json.dumps(result), flush=True)  # noqa: T201  # its reader waits for this line
