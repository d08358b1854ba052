"""paramiko, which most Python senders use."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.gateway.sftp.peer import INBOX, Running, sftp_of

PATH = f"{INBOX}/a.csv"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_put_with_confirmation_and_a_prefetching_get(running: Running, tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    local, back = tmp_path / "a.csv", tmp_path / "back.csv"
    local.write_bytes(content)
    with sftp_of(running) as client:
        assert client.put(str(local), PATH, confirm=True).st_size == len(content)
        client.get(PATH, str(back), prefetch=True)
    assert running.alice.content("a.csv") == content == back.read_bytes()


def test_putfo_pipelines_its_writes(running: Running) -> None:
    content = os.urandom(1_000_000)
    with sftp_of(running) as client:
        client.putfo(io.BytesIO(content), PATH)
    assert running.alice.content("a.csv") == content


def test_append_mode(running: Running) -> None:
    running.alice.put(PATH, b"one ")
    with sftp_of(running) as client, client.open(PATH, "a") as file:
        file.write(b"two")
    assert running.alice.content("a.csv") == b"one two"


def test_exclusive_mode(running: Running) -> None:
    with sftp_of(running) as client:
        with client.open(PATH, "wx") as file:
            file.write(b"first")
        with pytest.raises(OSError, match="exists"):
            client.open(PATH, "x")
    assert running.alice.content("a.csv") == b"first"


def test_seeking_in_r_plus_mode(running: Running) -> None:
    running.alice.put(PATH, b"Alice;Bob")
    with sftp_of(running) as client, client.open(PATH, "r+") as file:
        file.seek(6)
        file.write(b"Charlie")
    assert running.alice.content("a.csv") == b"Alice;Charlie"


def test_utime_chmod_and_listdir_attr(running: Running) -> None:
    running.alice.put(PATH, b"12345")
    with sftp_of(running) as client:
        client.utime(PATH, (NOON.timestamp(), NOON.timestamp()))
        client.chmod(PATH, 0o600)
        (entry,) = [entry for entry in client.listdir_attr(INBOX) if entry.filename == "a.csv"]
    assert (entry.st_size, entry.st_mtime, entry.st_uid, entry.st_gid) == (5, NOON.timestamp(), 1000, 1000)
