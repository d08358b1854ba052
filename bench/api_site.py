"""The web part alone, for the benchmark of the API.

`python -m bench.api_site URL BLOBS` tells its port, and ends with its standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fastapi import FastAPI
from fastapi.requests import Request
from fastapi.responses import Response
from starlette.routing import Route

from postroom.drops.room import Room
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.queue import Queue
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.sealing import Sealer
from postroom.web.app import WebConfig, create_app
from postroom.web.server import WebServer, spare_collector
from postroom.web.tracking.hits import GIF

BARE = "/select-1"
PICTURE = "/picture"
"""A route that answers as the pixel of messages does, and records nothing."""
PICTURE_FIRST = "/picture-first"
"""The same, ahead of all routes, as those of messages are."""


def _add_bare(app: FastAPI, database: Database) -> None:
    """Add the least that a route with a query can cost."""

    @app.get(BARE)
    def bare() -> dict[str, int]:
        with database.transaction() as connection:
            row = connection.execute("select 1 as one").fetchone()
        return {"one": row["one"] if row else 0}


def _add_picture(app: FastAPI) -> None:
    """Add the least that a route with a picture can cost, as any other route and ahead of them all."""

    @app.get(PICTURE)
    async def picture() -> Response:
        return Response(GIF, media_type="image/gif")

    async def first(request: Request) -> Response:
        del request
        return Response(GIF, media_type="image/gif")

    app.router.routes.insert(0, Route(PICTURE_FIRST, first))


def _main(url: str, blobs: str) -> None:
    with Readers() as readers, Database(url) as database:
        room = Room(
            database=database,
            blobs=LocalBlobs(Path(blobs)),
            queue=Queue(url),
            sealer=Sealer([bytes(32)]),
            readers=readers,
        )
        app = create_app(
            room, version="bench", config=WebConfig(calls_per_minute=None, hits_per_minute=10**9)
        )
        _add_bare(app, database)
        _add_picture(app)
        server = WebServer(app)
        spare_collector()
        server.start()
        print(server.port, flush=True)
        sys.stdin.read()
        server.stop(1)


if __name__ == "__main__":
    _main(*sys.argv[1:])
