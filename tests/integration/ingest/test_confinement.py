"""What a reader cannot do, tried by a process confined as it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from postroom.ingest.sandbox.confinement import can_forbid
from tests.integration.ingest.probe import TRIES

ROOT = Path(__file__).parents[3]
LIMITED = {"hog memory", "burn time"}
FORBIDDEN = sorted(set(TRIES) - LIMITED - {"compute"})

forbids = pytest.mark.skipif(not can_forbid(), reason="this system cannot take files and network away")


def tried(name: str, directory: Path, *user_id: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), *sys.path])
    return subprocess.run(
        [sys.executable, "-m", "tests.integration.ingest.probe", name, *user_id],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "victim").write_text("whole")
    return tmp_path


def test_a_confined_process_computes(directory: Path) -> None:
    assert tried("compute", directory).stdout == "done"


@forbids
@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_confined_process_is_refused_the_world(name: str, directory: Path) -> None:
    assert tried(name, directory).stdout == "EPERM"
    assert [path.name for path in directory.iterdir()] == ["victim"]
    assert (directory / "victim").read_text() == "whole"


@forbids
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("name", ["write a file", "open a socket", "start a program"])
def test_an_ordinary_user_is_confined_as_root_is(name: str, directory: Path) -> None:
    directory.chmod(0o777)

    assert tried(name, directory, "65534").stdout == "EPERM"


def test_a_memory_hog_gets_no_more(directory: Path) -> None:
    assert tried("hog memory", directory).stdout == "no memory"


@pytest.mark.slow
def test_a_burner_of_time_is_ended(directory: Path) -> None:
    assert tried("burn time", directory).returncode in {-signal.SIGXCPU, -signal.SIGKILL}
