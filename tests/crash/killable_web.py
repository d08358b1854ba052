"""A web server that dies on order: `python -m tests.crash.killable_web URL BLOBS KEY [STEP]`.

It prints its port and serves, until it comes to that step of a write: there it kills itself. KEY, in
hexadecimal digits, is what seals its secrets, so that tokens outlive their server.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from postroom.drops.room import Room
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.queue import Queue
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.sealing import Sealer
from postroom.web.app import create_app
from postroom.web.server import WebServer


def serve(url: str, blobs: str, key: str, deadly: str = "") -> None:
    """Serve until killed."""

    def step(name: str) -> None:
        if name == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    with Database(url) as database:
        room = Room(
            database,
            LocalBlobs(Path(blobs)),
            Queue(url),
            Sealer([bytes.fromhex(key)]),
            Readers(),
            between_steps=step,
        )
        server = WebServer(create_app(room, version="1.2.3"))
        server.start()
        print(server.port, flush=True)  # noqa: T201  # its reader waits for this line
        signal.pause()


if __name__ == "__main__":
    serve(*sys.argv[1:])
