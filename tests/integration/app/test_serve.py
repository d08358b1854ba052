from __future__ import annotations

import ftplib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from postroom.app.postgres import EmbeddedPostgres
from postroom.app.serve import GROUPS, parts_of
from postroom.app.settings import PREFIX, Settings
from postroom.contacts.errors import Refused
from tests.integration.app.waiting import gone, until

SERVER = Path(__file__).with_name("server.py")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    # Not pytest's own directory: root's database user must be let through every directory above it.
    directory = Path(tempfile.mkdtemp(prefix="postroom-"))
    yield directory
    if (directory / "postgres").exists():
        with EmbeddedPostgres(directory):
            pass
    shutil.rmtree(directory)


def serve(data: Path, *groups: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.Popen(
        [sys.executable, str(SERVER), str(data), *groups],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[subprocess.Popen[str]]:
    process = serve(data)
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said.startswith("Postroom is ready: ftp 127.0.0.1:"):
        process.kill()
        pytest.fail(f"not ready: {process.communicate()}")
    yield process
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert "ended by a bug" not in log
    assert not (data / "run" / "endpoints.json").exists()
    assert not EmbeddedPostgres(data).alive(), "the embedded database ends with its last user"


def endpoints(data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((data / "run" / "endpoints.json").read_text())
    return found


def healthy(data: Path) -> bool:
    try:
        with urllib.request.urlopen(f"http://{endpoints(data)['http']}/health", timeout=20) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def greeting(address: str) -> str:
    host, _, port = address.rpartition(":")
    with ftplib.FTP() as client:
        return client.connect(host, int(port), timeout=20)


def test_all_parts_are_up_where_the_file_says(server: subprocess.Popen[str], data: Path) -> None:
    found = endpoints(data)

    assert set(found) == {"ftp", "sftp", "http", "pid"}
    assert found["pid"] == server.pid
    assert healthy(data)
    assert greeting(found["ftp"]).startswith("220")


def test_a_second_one_on_the_same_directory_is_refused(server: subprocess.Popen[str], data: Path) -> None:
    second = serve(data)
    _, log = second.communicate(timeout=30)

    assert second.returncode == 5
    assert f"already serves {data} (process {server.pid})" in log
    assert healthy(data)


def test_commands_share_the_database_of_a_running_server(server: subprocess.Popen[str], data: Path) -> None:
    with EmbeddedPostgres(data):
        pass

    assert healthy(data), "leaving did not stop it"


def test_a_killed_database_comes_back(server: subprocess.Popen[str], data: Path) -> None:
    postgres = EmbeddedPostgres(data)
    pid = postgres.postmaster_pid()
    assert pid is not None

    os.kill(pid, signal.SIGKILL)

    until(lambda: gone(pid) and postgres.alive(), 60)
    until(lambda: healthy(data), 60)


def test_only_some_groups_run_only_their_parts() -> None:
    settings = Settings.load({"workers": 2})

    assert [part.name for part in parts_of(settings, GROUPS)] == [
        "ftp",
        "sftp",
        "web",
        "worker-1",
        "worker-2",
        "sender-1",
    ]
    assert [part.name for part in parts_of(settings, ["web"])] == ["web"]


def test_mails_that_come_back_have_a_part_once_they_have_a_port() -> None:
    settings = Settings.load({"bounce_port": 0, "bounce_domain": "bounces.example.com"})

    assert [part.name for part in parts_of(settings, ["returns"])] == ["returns"]
    with pytest.raises(Refused, match="needs POSTROOM_BOUNCE_PORT"):
        parts_of(Settings.load(), ["returns"])


@pytest.mark.parametrize("only", [[], ["gateway", "wrong"]])
def test_an_unknown_group_is_refused(only: list[str]) -> None:
    with pytest.raises(Refused, match="--only takes gateway, web, worker, sender, returns"):
        parts_of(Settings.load(), only)


def test_a_taken_port_is_told_and_nothing_stays(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = serve(data / "second", str(taken.getsockname()[1]), "web")
        _, log = process.communicate(timeout=60)

    assert process.returncode == 6
    assert "web cannot start: HTTP cannot listen on 127.0.0.1" in log
    assert not EmbeddedPostgres(data / "second").alive()
