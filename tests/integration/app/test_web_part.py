from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from postroom.app.bootstrap import opened
from postroom.app.lifetime import Lifetime
from postroom.app.logs import configure_logs
from postroom.app.parts import web
from postroom.app.settings import Settings
from tests.conftest import Person
from tests.integration.app.waiting import until
from tests.integration.cli.conftest import as_url
from tests.integration.web.site import GRANT, bearer, make_client


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return what this process logs, as its part would."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs("info", "json", part="web", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """Run the part; yield where it listens."""
    reports = io.StringIO()
    lifetime = Lifetime(reports, drain_seconds=5)
    part = threading.Thread(target=web.run, args=(settings, lifetime))
    part.start()
    try:
        until(lambda: "ready" in reports.getvalue())
        yield json.loads(reports.getvalue())["ready"]["http"]
    finally:
        lifetime.stop()
        part.join(30)


def settings_of(database_url: str, data: Path, **options: object) -> Settings:
    return Settings.load({"database_url": as_url(database_url), "data": data, "http_port": 0, **options})


def test_the_part_gives_tokens_and_logs_each_request_with_its_id(
    database_url: str, tmp_path: Path, alice: Person, log: io.StringIO
) -> None:
    settings = settings_of(database_url, tmp_path)
    with opened(settings) as postroom:
        shop = make_client(postroom.room, alice)
    with running(settings) as address:
        form = {"grant_type": GRANT, **shop.form}
        answer = httpx.post(
            f"http://{address}/token", data=form, headers={"X-Request-ID": "look-here"}, trust_env=False
        )

    assert answer.status_code == 200
    entries = [json.loads(line) for line in log.getvalue().splitlines()]
    (entry,) = [entry for entry in entries if "POST /token" in entry["event"]]
    assert entry["request_id"] == "look-here"
    assert answer.json()["access_token"] not in log.getvalue()


def test_with_tls_the_part_speaks_https_alone(database_url: str, tmp_path: Path, log: io.StringIO) -> None:
    with running(settings_of(database_url, tmp_path, http_tls=True)) as address:
        answer = httpx.get(
            f"https://{address}/health",
            verify=False,  # noqa: S501  # the certificate of a server just started is unknown by nature
            trust_env=False,
        )
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://{address}/health", trust_env=False)

    assert answer.json()["status"] == "ok"


def test_a_client_that_the_settings_limit_is_limited(
    database_url: str, tmp_path: Path, alice: Person, log: io.StringIO
) -> None:
    settings = settings_of(database_url, tmp_path, lockout_failures=1, lockout_minutes=7)
    with opened(settings) as postroom:
        shop = make_client(postroom.room, alice)
    with running(settings) as address, httpx.Client(base_url=f"http://{address}", trust_env=False) as calls:
        wrong = {"grant_type": GRANT, **shop.form, "client_secret": "wrong"}
        statuses = [calls.post("/token", data=wrong).status_code for _ in range(2)]

    assert statuses == [400, 429]


def test_a_token_is_good_on_every_node_with_the_same_secret_key(
    database_url: str, tmp_path: Path, alice: Person, log: io.StringIO
) -> None:
    key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    nodes = [settings_of(database_url, tmp_path / name, secret_key=key) for name in ("one", "other")]
    with opened(nodes[0]) as postroom:
        shop = make_client(postroom.room, alice)
    with running(nodes[0]) as one:
        answer = httpx.post(f"http://{one}/token", data={"grant_type": GRANT, **shop.form}, trust_env=False)
        keys = httpx.get(f"http://{one}/.well-known/jwks.json", trust_env=False).json()
    with running(nodes[1]) as other:
        assert httpx.get(f"http://{other}/.well-known/jwks.json", trust_env=False).json() == keys

    assert bearer(answer.json()["access_token"])
