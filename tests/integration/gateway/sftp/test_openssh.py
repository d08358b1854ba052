"""The sftp program of OpenSSH."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.clients import require_program
from tests.integration.gateway.sftp.openssh import sftp, sftp_command
from tests.integration.gateway.sftp.peer import INBOX, Running

pytestmark = pytest.mark.clients

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _program() -> None:
    require_program("sftp")


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    path = tmp_path / "contacts.csv"
    path.write_bytes(b"EMAIL\r\n" + b"alice@example.org\r\n" * 50_000)
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    return path


def test_put_and_get_keep_every_byte(running: Running, contacts: Path, tmp_path: Path) -> None:
    back = tmp_path / "back.csv"
    result = sftp(running, f"put {contacts} a.csv", f"get a.csv {back}")
    assert result.returncode == 0, result.stderr
    assert running.alice.content("a.csv") == contacts.read_bytes() == back.read_bytes()


def test_put_p_keeps_the_time(running: Running, contacts: Path) -> None:
    result = sftp(running, f"put -p {contacts} a.csv")
    assert result.returncode == 0, result.stderr
    assert running.alice.files[next(iter(running.alice.files))].modified_at == NOON


def test_ls_la_lists_what_is_there(running: Running) -> None:
    running.alice.put(f"{INBOX}/été 2026.csv", b"12345", NOON)
    result = sftp(running, "ls -la", "ls -la /contacts/import")
    assert result.returncode == 0, result.stderr
    file = next(line for line in result.stdout.splitlines() if line.endswith("été 2026.csv"))
    assert file.split()[:5] == ["-rw-r--r--", "1", "alice", "postroom", "5"]
    assert any(line.startswith("dr-xr-xr-x") and line.endswith(" on") for line in result.stdout.splitlines())


def test_names_in_utf_8_come_and_go(running: Running, contacts: Path) -> None:
    result = sftp(running, f'put {contacts} "clés à Zoë.csv"', 'rename "clés à Zoë.csv" "日本.csv"')
    assert result.returncode == 0, result.stderr
    assert running.alice.published() == ["日本.csv"]


def test_rename_and_rm(running: Running, contacts: Path) -> None:
    result = sftp(running, f"put {contacts} a.tmp", "rename a.tmp a.csv", f"put {contacts} b.csv", "rm b.csv")
    assert result.returncode == 0, result.stderr
    assert running.alice.published() == ["a.csv"]


def test_reput_continues_a_published_file(running: Running, contacts: Path) -> None:
    whole = contacts.read_bytes()
    running.alice.put(f"{INBOX}/a.csv", whole[:100_000])
    result = sftp(running, f"reput {contacts} a.csv")
    assert result.returncode == 0, result.stderr
    assert running.alice.content("a.csv") == whole


def test_put_f_asks_for_fsync_and_gets_it(running: Running, contacts: Path) -> None:
    result = sftp(running, f"put -f {contacts} a.csv")
    assert (result.returncode, result.stderr) == (0, "")


def test_put_r_fills_a_folder_that_exists(running: Running, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_bytes(b"x")
    result = sftp(running, f"put -r {folder} /contacts/import")
    assert result.returncode == 0, result.stderr
    assert running.alice.published() == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    "line", ["ln -s a.csv b.csv", "ln a.csv b.csv", "mkdir sub", "rmdir /contacts/import/in", "rm /reporting"]
)
def test_what_is_refused_ends_the_batch(running: Running, line: str) -> None:
    running.alice.put(f"{INBOX}/a.csv", b"")
    assert sftp(running, line).returncode == 1


def test_a_password_typed_by_a_program_opens_the_login(running: Running, tmp_path: Path) -> None:
    askpass = tmp_path / "askpass"
    askpass.write_text("#!/bin/sh\necho builder\n")
    askpass.chmod(0o700)
    command = [*sftp_command(running), "-oPreferredAuthentications=password", "bob@127.0.0.1"]
    result = subprocess.run(
        command,
        input="pwd\n",
        env={**os.environ, "SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "Remote working directory: /" in result.stdout


@pytest.mark.parametrize("cipher", ["aes128-gcm@openssh.com", "aes256-ctr", "chacha20-poly1305@openssh.com"])
def test_each_kind_of_cipher_works(running: Running, contacts: Path, cipher: str) -> None:
    command = [*sftp_command(running), "-c", cipher, "-b", "-", "alice@127.0.0.1"]
    batch = f"put {contacts} {INBOX}/a.csv\n".encode()
    subprocess.run(command, input=batch, check=True, capture_output=True, timeout=60)
    assert running.alice.content("a.csv") == contacts.read_bytes()


def test_an_old_client_finds_an_rsa_host_key(running: Running) -> None:
    command = [*sftp_command(running), "-oHostKeyAlgorithms=rsa-sha2-256", "-b", "-", "alice@127.0.0.1"]
    subprocess.run(command, input=b"pwd\n", check=True, capture_output=True, timeout=60)
