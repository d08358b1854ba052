from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from postroom.app.child import Part
from postroom.app.settings import Settings
from postroom.app.supervise import Patience, Supervisor
from postroom.contacts.errors import Unavailable
from tests.integration.app.waiting import gone, until

ROOT = Path(__file__).parents[3]


class Running:
    """A supervisor in a thread, and what it said and raised."""

    def __init__(self, data: Path, names: list[str], patience: Patience, check: Callable[[], object]) -> None:
        plain = Settings.load({"data": data, "ftp_port": 0}).model_dump(mode="json")
        self.endpoints_file = data / "endpoints.json"
        self.said: queue.Queue[str] = queue.Queue()
        self.raised: Exception | None = None
        parts = [Part(name, f"tests.integration.app.fake_parts.{name}", plain) for name in names]
        self.supervisor = Supervisor(
            parts, endpoints_file=self.endpoints_file, announce=self.said.put, check=check, patience=patience
        )
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.supervisor.run()
        except Exception as raised:  # noqa: BLE001  # the test looks at it
            self.raised = raised

    def end(self) -> None:
        self.supervisor.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Start:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))

    def supervise(
        *names: str, patience: Patience | None = None, check: Callable[[], object] = bool
    ) -> Running:
        running = Running(tmp_path, list(names), patience or Patience(drain_seconds=10), check)
        request.addfinalizer(running.end)
        return running

    return supervise


def diary(data: Path) -> list[str]:
    file = data / "steady.txt"
    return file.read_text().splitlines() if file.exists() else []


def pid_in(line: str) -> int:
    return int(line.split()[1])


def test_one_line_and_a_file_tell_where_everything_is(start: Start, tmp_path: Path) -> None:
    running = start("steady")

    assert running.said.get(timeout=20) == "Postroom is ready: ftp 127.0.0.1:40021"
    assert json.loads(running.endpoints_file.read_text()) == {"ftp": "127.0.0.1:40021", "pid": os.getpid()}
    running.end()
    assert diary(tmp_path)[-1] == "drained"
    assert not running.endpoints_file.exists()
    assert running.raised is None


def test_a_dead_part_comes_back_on_its_port(start: Start, tmp_path: Path) -> None:
    running = start("steady")
    running.said.get(timeout=20)

    os.kill(pid_in(diary(tmp_path)[0]), signal.SIGKILL)

    until(lambda: len(diary(tmp_path)) == 2)
    assert diary(tmp_path)[1].endswith("at port 40021"), "port 0 the first time, the same port the second"
    running.end()
    assert diary(tmp_path)[-1] == "drained"


def test_a_part_that_cannot_start_ends_everything_with_its_reason(start: Start, tmp_path: Path) -> None:
    running = start("steady", "hopeless")

    running.thread.join(20)

    assert isinstance(running.raised, Unavailable)
    assert "hopeless cannot start: FTP cannot listen on 127.0.0.1:21" in running.raised.message
    assert running.said.empty()
    for line in diary(tmp_path):
        assert not line.startswith("started") or gone(pid_in(line))


def test_files_where_it_is_started_are_not_taken_for_libraries(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "structlog.py").write_text("raise RuntimeError('run by mistake')\n")
    monkeypatch.chdir(tmp_path)

    running = start("steady")

    assert running.said.get(timeout=20).startswith("Postroom is ready")


def test_a_bug_at_the_start_is_named(start: Start) -> None:
    running = start("buggy")

    running.thread.join(20)

    assert isinstance(running.raised, Unavailable)
    assert "buggy cannot start: ZeroDivisionError: a bug" in running.raised.message


def test_a_part_that_dies_again_and_again_is_given_up(start: Start) -> None:
    running = start("doomed", patience=Patience(deaths=1, drain_seconds=5))

    running.thread.join(20)

    assert isinstance(running.raised, Unavailable)
    assert "doomed" in running.raised.message
    assert "exit code 3" in running.raised.message


def test_a_part_that_does_not_end_is_killed_after_the_drain_time(start: Start) -> None:
    running = start("stubborn", patience=Patience(drain_seconds=0.2))
    running.said.get(timeout=20)

    running.end()

    assert running.raised is None


def test_a_second_signal_waits_no_longer(start: Start) -> None:
    running = start("stubborn", patience=Patience(drain_seconds=600))
    running.said.get(timeout=20)

    running.supervisor.stop()
    running.supervisor.stop()

    running.thread.join(20)
    assert not running.thread.is_alive()


def test_the_database_is_looked_after_every_second(start: Start) -> None:
    looked = threading.Event()

    start("steady", check=looked.set)

    assert looked.wait(20)


def test_parts_drain_and_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("supervised.py")), str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )
    until((tmp_path / "endpoints.json").exists)

    supervisor.kill()
    supervisor.communicate()

    until(lambda: diary(tmp_path)[-1] == "drained")
    until(lambda: gone(pid_in(diary(tmp_path)[0])))
