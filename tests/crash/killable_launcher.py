"""Launches that die on order: `python -m tests.crash.killable_launcher URL BLOBS`.

Each line of its input is an order in JSON: `account_id`, `campaign_id` (none to carry out requests instead)
and the `step` at which to die. It answers with the signal by which the launch ended, 0 for none.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from postroom.jobs.queue import Queue
from postroom.sending.launching import expand
from postroom.sending.mailroom import Mailroom
from postroom.sending.requests import carry_out
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.sealing import KEY_BYTES, Sealer


def work(url: str, blobs: Path, order: dict[str, Any]) -> None:
    def die(name: str) -> None:
        if name == order["step"]:
            os.kill(os.getpid(), signal.SIGKILL)

    with Database(url) as database:
        mailroom = Mailroom(
            database=database,
            blobs=LocalBlobs(blobs),
            queue=Queue(url),
            sealer=Sealer([secrets.token_bytes(KEY_BYTES)]),
            clock=lambda: datetime.now(UTC),
            between_steps=die,
        )
        if order["campaign_id"] is None:
            carry_out(mailroom, order["account_id"])
        else:
            expand(mailroom, order["account_id"], order["campaign_id"])


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            work(sys.argv[1], Path(sys.argv[2]), json.loads(line))
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}\n")
        sys.stdout.flush()
