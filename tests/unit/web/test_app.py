from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from postroom.drops.room import Room
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.queue import Queue
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.sealing import KEY_BYTES, Sealer
from postroom.web.app import create_app
from postroom.web.health import UNREACHABLE, Health
from postroom.web.server import WebServer

WELL = Health(database="ok", schema="ok")


@contextmanager
def served(probe: Callable[[], Health]) -> Iterator[str]:
    server = WebServer(create_app(roomless(), version="1.2.3", probe=probe))
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop(1)


def roomless() -> Room:
    """Return a room that is never entered: no database is behind it."""
    return Room(
        database=Database("postgresql://nobody@127.0.0.1:1/nothing"),
        blobs=LocalBlobs(Path("/nonexistent")),
        queue=Queue(""),
        sealer=Sealer([bytes(KEY_BYTES)]),
        readers=Readers(),
    )


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # our own server
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_a_healthy_installation_says_so() -> None:
    with served(lambda: WELL) as url:
        status, body = get(url + "/health")

    assert status == 200
    assert json.loads(body) == {"status": "ok", "version": "1.2.3", "database": "ok", "schema": "ok"}


def test_without_its_database_it_is_unavailable() -> None:
    with served(lambda: UNREACHABLE) as url:
        status, body = get(url + "/health")

    assert status == 503
    assert json.loads(body)["database"] == "unreachable"


def test_an_outdated_schema_is_not_healthy() -> None:
    with served(lambda: Health(database="ok", schema="outdated")) as url:
        assert get(url + "/health")[0] == 503


def test_a_database_that_does_not_answer_keeps_nobody_waiting() -> None:
    answered = threading.Event()

    def probe() -> Health:
        answered.wait(30)
        return WELL

    with served(probe) as url:
        assert get(url + "/health")[0] == 503
        answered.set()


def test_metrics_tell_release_and_health() -> None:
    with served(lambda: WELL) as url:
        status, body = get(url + "/metrics")

    assert status == 200
    assert 'postroom_info{version="1.2.3"} 1.0' in body
    assert "postroom_healthy 1.0" in body
    assert "process_resident_memory_bytes" in body


def test_the_first_page_names_the_product_and_the_guides() -> None:
    with served(lambda: WELL) as url:
        status, body = get(url + "/")

    assert status == 200
    assert "Postroom 1.2.3" in body
    assert "docs/" in body


def test_what_is_not_there_is_not_there() -> None:
    with served(lambda: WELL) as url:
        assert get(url + "/nothing")[0] == 404
        assert get(url + "/../etc/passwd")[0] == 404
