"""The program itself, on the embedded database: alone, side by side, and beside `postroom serve`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from postroom.app.postgres import EmbeddedPostgres

PATIENCE_SECONDS = 120


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return where the data is to be, still absent."""
    return tmp_path / "data"


def start(data: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `postroom` as a program, with nothing of ours in its environment."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("POSTROOM_")}
    return subprocess.Popen(
        [sys.executable, "-m", "postroom.cli", "--data", str(data), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> str:
    """Wait until a command has ended well; return what it printed."""
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, errors
    return output


def answer(data: Path, *arguments: str) -> Any:
    """Run a command to its end; return its answer in JSON."""
    return json.loads(finished(start(data, *arguments, "--json")))


@contextmanager
def serving(data: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `postroom serve` until the end of the block; it is ready when the block starts."""
    process = start(data, "serve", *arguments)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Postroom is ready")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)


@pytest.mark.slow
def test_commands_start_the_embedded_database_for_their_own_time(data: Path) -> None:
    assert answer(data, "account", "create", "acme")["name"] == "acme"
    made = answer(data, "login", "create", "alice", "--account", "acme")

    side_by_side = [start(data, *command, "--json") for command in (["account", "list"], ["login", "list"])]
    accounts, logins = (json.loads(finished(process)) for process in side_by_side)

    assert [each["name"] for each in accounts] == ["acme"]
    assert [each["login"] for each in logins] == ["alice"]
    assert made["password"] not in json.dumps(logins)
    assert not EmbeddedPostgres(data).alive()


@pytest.mark.slow
def test_commands_work_while_postroom_serves(data: Path) -> None:
    with serving(data, "--only", "worker") as served:
        answer(data, "account", "create", "acme")
        second = start(data, "serve", "--only", "worker")
        _, errors = second.communicate(timeout=PATIENCE_SECONDS)
        assert [each["name"] for each in answer(data, "account", "list")] == ["acme"]

    assert second.returncode == 5
    assert errors.startswith(f"postroom: Postroom already serves {data}")
    assert served.returncode == 0
    assert not EmbeddedPostgres(data).alive()
