"""A worker process whose job never ends: `python -m tests.integration.jobs.blocked_worker URL`."""

from __future__ import annotations

import sys
import threading

from postroom.jobs.worker import Worker
from tests.integration.jobs.working import QUICK


def block(name: str) -> None:
    print(name, flush=True)  # noqa: T201  # its reader waits for this line
    threading.Event().wait()


if __name__ == "__main__":
    Worker(sys.argv[1], {"work": block}, config=QUICK).run()
