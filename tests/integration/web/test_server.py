from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from postroom.contacts.errors import Unavailable
from postroom.drops.room import Room
from postroom.store.database import Database
from postroom.web.app import create_app
from postroom.web.server import Listening, WebServer
from tests.clients import require_program
from tests.integration.web.programs import CURL_TOKEN, PHP_TOKEN, answer_of
from tests.integration.web.site import Credentials, Site, served


def test_a_statement_that_takes_too_long_is_a_503(web_room: Room, database_url: str) -> None:
    with (
        Database(database_url, statement_seconds=0.2) as hasty,
        served(replace(web_room, database=hasty)) as site,
    ):
        add_slow_route(site, hasty)
        answer = site.calls.get("/v1/slow")

    assert answer.status_code == 503
    assert answer.json()["code"] == "TOO_LONG"


def add_slow_route(site: Site, database: Database) -> None:
    @site.app.get("/v1/slow")
    def slow() -> None:
        with database.transaction() as connection:
            connection.execute("select pg_sleep(30)")


def test_requests_that_run_end_before_the_server_does(web_room: Room) -> None:
    begun, go_on = threading.Event(), threading.Event()
    with served(web_room) as site, ThreadPoolExecutor(2) as pool:

        @site.app.get("/v1/waiting")
        def waiting() -> str:
            begun.set()
            go_on.wait(10)
            return "done"

        answer = pool.submit(site.calls.get, "/v1/waiting")
        assert begun.wait(10)
        stopped = pool.submit(site.server.stop, 10)
        go_on.set()
        stopped.result(20)

        assert answer.result(20).json() == "done"


def test_a_port_that_is_taken_is_told(web_room: Room) -> None:
    app = create_app(web_room, version="1.2.3")
    with served(web_room) as site, pytest.raises(Unavailable, match="cannot listen"):
        WebServer(app, Listening(port=site.server.port)).start()


def test_more_connections_than_allowed_are_turned_away(web_room: Room) -> None:
    with served(web_room, listening=Listening(connections=1)) as site:
        assert site.calls.get("/health").status_code == 503


@pytest.mark.clients
def test_curl_gets_a_token_as_documented(site: Site, shop: Credentials) -> None:
    require_program("curl")

    assert answer_of(["sh", "-c", CURL_TOKEN], site, shop)["token_type"] == "bearer"


@pytest.mark.clients
def test_php_gets_a_token_by_a_form_in_parts(site: Site, shop: Credentials) -> None:
    require_program("php")

    assert answer_of(["php", "-r", PHP_TOKEN], site, shop)["token_type"] == "bearer"


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = {thread.name for thread in threading.enumerate()}
    yield
    assert "postroom-web" not in {thread.name for thread in threading.enumerate()} - before
