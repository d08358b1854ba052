"""lftp, curl and rclone, as senders use them."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.clients import require_program
from tests.integration.gateway.sftp.peer import INBOX, Running

pytestmark = pytest.mark.clients

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    path = tmp_path / "contacts.csv"
    path.write_bytes(b"EMAIL\r\n" + b"alice@example.org\r\n" * 50_000)
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    return path


def _run(*command: str, env: dict[str, str] | None = None) -> str:
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=env)
    assert result.returncode == 0, result.stderr
    return result.stdout


def _lftp(running: Running, *commands: str) -> str:
    require_program("lftp")
    connect = "ssh -a -x -F none -oStrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null -oLogLevel=ERROR"
    script = [
        f'set sftp:connect-program "{connect}"',
        "set net:max-retries 1",
        "set cmd:fail-exit yes",
        f"open -u alice,wonder -p {running.port} sftp://127.0.0.1",
        f"cd {INBOX}",
        *commands,
    ]
    return _run("lftp", "-c", "; ".join(script))


def test_lftp_puts_renames_lists_gets_and_deletes(running: Running, contacts: Path, tmp_path: Path) -> None:
    back = tmp_path / "back.csv"
    listing = _lftp(
        running,
        f"put {contacts} -o a.tmp",
        "mv a.tmp 'été.csv'",
        "cls -l",
        f"get 'été.csv' -o {back}",
        f"put {contacts} -o b.csv",
        "rm b.csv",
    )
    assert "été.csv" in listing
    assert running.alice.published() == ["été.csv"]
    assert back.read_bytes() == contacts.read_bytes() == running.alice.content("été.csv")
    (file,) = running.alice.files.values()
    assert file.modified_at == NOON


def test_lftp_continues_a_published_file(running: Running, contacts: Path) -> None:
    running.alice.put(f"{INBOX}/a.csv", contacts.read_bytes()[:100_000])
    _lftp(running, f"put -c {contacts} -o a.csv")
    assert running.alice.content("a.csv") == contacts.read_bytes()


def test_lftp_mirrors_a_folder_into_in(running: Running, contacts: Path) -> None:
    _lftp(running, f"mirror -R --no-perms --include-glob '*.csv' {contacts.parent} .")
    assert running.alice.published() == ["contacts.csv"]


def _curl(running: Running, *arguments: str) -> str:
    require_program("curl")
    return _run("curl", "--silent", "--show-error", "--insecure", "--user", "alice:wonder", *arguments)


def test_curl_uploads_lists_renames_and_downloads(running: Running, contacts: Path, tmp_path: Path) -> None:
    url = f"sftp://127.0.0.1:{running.port}{INBOX}/"
    back = tmp_path / "back.csv"
    _curl(running, "--upload-file", str(contacts), f"{url}a.csv")
    _curl(running, "--quote", f"rename {INBOX}/a.csv {INBOX}/b.csv", url)
    assert "b.csv" in _curl(running, url)
    _curl(running, "--output", str(back), f"{url}b.csv")
    assert running.alice.content("b.csv") == contacts.read_bytes() == back.read_bytes()


def test_curl_appends_to_a_published_file(running: Running, contacts: Path) -> None:
    running.alice.put(f"{INBOX}/a.csv", b"first\r\n")
    url = f"sftp://127.0.0.1:{running.port}{INBOX}/a.csv"
    _curl(running, "--append", "--upload-file", str(contacts), url)
    assert running.alice.content("a.csv") == b"first\r\n" + contacts.read_bytes()


def test_rclone_copies_both_ways_and_keeps_times(running: Running, contacts: Path, tmp_path: Path) -> None:
    require_program("rclone")
    hidden = _run("rclone", "obscure", "wonder").strip()
    environment = {
        **os.environ,
        "RCLONE_CONFIG": str(tmp_path / "rclone.conf"),
        "RCLONE_CONFIG_POSTROOM_TYPE": "sftp",
        "RCLONE_CONFIG_POSTROOM_HOST": "127.0.0.1",
        "RCLONE_CONFIG_POSTROOM_PORT": str(running.port),
        "RCLONE_CONFIG_POSTROOM_USER": "alice",
        "RCLONE_CONFIG_POSTROOM_PASS": hidden,
        "RCLONE_CONFIG_POSTROOM_SHELL_TYPE": "none",
    }
    _run("rclone", "copyto", str(contacts), f"postroom:{INBOX}/é.csv", env=environment)
    _run("rclone", "moveto", f"postroom:{INBOX}/é.csv", f"postroom:{INBOX}/b.csv", env=environment)
    _run("rclone", "copy", f"postroom:{INBOX}", str(tmp_path / "back"), env=environment)
    assert "b.csv" in _run("rclone", "lsl", f"postroom:{INBOX}", env=environment)
    assert (tmp_path / "back" / "b.csv").read_bytes() == contacts.read_bytes()
    (file,) = running.alice.files.values()
    assert file.modified_at == NOON
