"""The web part alone, for the benchmark of the API.

`python -m bench.api_site URL BLOBS` tells its port, and ends with its standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fastapi import FastAPI

from postroom.drops.room import Room
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.queue import Queue
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.sealing import Sealer
from postroom.web.app import WebConfig, create_app
from postroom.web.server import WebServer

BARE = "/select-1"


def _add_bare(app: FastAPI, database: Database) -> None:
    """Add the least that a route with a query can cost."""

    @app.get(BARE)
    def bare() -> dict[str, int]:
        with database.transaction() as connection:
            row = connection.execute("select 1 as one").fetchone()
        return {"one": row["one"] if row else 0}


def _main(url: str, blobs: str) -> None:
    with Readers() as readers, Database(url) as database:
        room = Room(
            database=database,
            blobs=LocalBlobs(Path(blobs)),
            queue=Queue(url),
            sealer=Sealer([bytes(32)]),
            readers=readers,
        )
        app = create_app(room, version="bench", config=WebConfig(calls_per_minute=None))
        _add_bare(app, database)
        server = WebServer(app)
        server.start()
        print(server.port, flush=True)
        sys.stdin.read()
        server.stop(1)


if __name__ == "__main__":
    _main(*sys.argv[1:])
