"""Workers that die on order: `python -m tests.crash.killable_worker URL BLOBS`.

Orders come on standard input, one JSON object a line; for each a process is forked (so that nobody waits for
imports), which processes one drop and dies where it is told to. What happened goes to standard output.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from postroom.drops.processing import process_account
from postroom.drops.room import PROCESS_TASK, READER, Limits, Room
from postroom.drops.undoing import undo
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.queue import Queue
from postroom.jobs.worker import Worker
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.sealing import Sealer
from tests.integration.jobs.working import QUICK


class Steps:
    """Tells each step, and kills the process at one of them.

    With `microseconds` the process dies that long after its step, but at the next step at the latest.
    """

    def __init__(self, told: int, kill_at: int | None, microseconds: int) -> None:
        self._told = told
        self._kill_at = kill_at
        self._microseconds = microseconds
        self._passed = 0
        self._maybe_die()

    def __call__(self, name: str) -> None:
        os.write(self._told, f"{name}\n".encode())
        self._passed += 1
        self._maybe_die()

    def _maybe_die(self) -> None:
        if self._kill_at is None or self._passed < self._kill_at:
            return
        if self._passed > self._kill_at or not self._microseconds:
            os.kill(os.getpid(), signal.SIGKILL)
        # The kernel ends the process at this signal, wherever it is: Python is not asked.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, self._microseconds / 1e6)


def work(url: str, blobs: Path, readers: Readers, order: dict[str, Any], told: int) -> None:
    steps = Steps(told, order["kill_at"], order["microseconds"])
    limits = Limits(recoveries=order["recoveries"], block_bytes=order["block_bytes"])
    with Database(url, for_bulk=True) as database:
        sealer = Sealer([bytes(32)])
        room = Room(database, LocalBlobs(blobs), Queue(url), sealer, readers, limits, between_steps=steps)
        if order["through_queue"]:
            Worker(url, {PROCESS_TASK: lambda account_id: process(room, account_id)}, config=QUICK).run()
        elif order["undo"] is not None:
            undo(room, order["account_id"], order["undo"], by_whom="olga")
        else:
            process(room, order["account_id"])


def process(room: Room, account_id: int) -> None:
    process_account(room, account_id)


def run_one(url: str, blobs: Path, readers: Readers, order: dict[str, Any]) -> dict[str, Any]:
    """Run one worker to its end; return its steps and the number of the signal that ended it, 0 for none."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        code = 1
        try:
            work(url, blobs, readers, order, told)
            code = 0
        finally:
            os._exit(code)
    os.close(told)
    with os.fdopen(heard, "rb") as pipe:
        steps = pipe.read().decode().split("\n")[:-1]
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"the worker failed: {order}, after {steps}")
    return {"steps": steps, "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}


if __name__ == "__main__":
    with Readers(READER) as shared:
        shared.start()  # once: what is forked shares it
        for line in sys.stdin:
            result = run_one(sys.argv[1], Path(sys.argv[2]), shared, json.loads(line))
            print(json.dumps(result), flush=True)  # noqa: T201  # its reader waits for this line
