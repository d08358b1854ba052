"""The programs that senders use, as they come with Debian."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postroom.gateway.ftp.server import FtpServer
from tests.clients import require_program
from tests.fakes.memory_vfs import MemoryTree
from tests.integration.gateway.ftp.conftest import StartServer
from tests.integration.gateway.ftp.served import INBOX, SECRET, ServedVfs, wait_until

pytestmark = pytest.mark.clients

CONTENT = b"nom;pr\xe9nom\r\n" * 50_000
KEPT = datetime(2021, 2, 3, 4, 5, 6, tzinfo=UTC)

plain_and_tls = pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with one file to send, of a known time."""
    folder = tmp_path / "outgoing"
    folder.mkdir()
    file = folder / "été.csv"
    file.write_bytes(CONTENT)
    os.utime(file, (KEPT.timestamp(), KEPT.timestamp()))
    return folder


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment in which no client finds settings of whoever runs the tests."""
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def run(*command: str, env: dict[str, str], ok: bool = True) -> str:
    done = subprocess.run(command, env=env, capture_output=True, timeout=60, check=False)
    told = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    assert (done.returncode == 0) is ok, told
    return told


# ------------------------------------------------------------------------------------------- lftp


def lftp(server: FtpServer, home: dict[str, str], script: str, *, tls: bool, ok: bool = True) -> str:
    settings = (
        "set cmd:fail-exit yes; set net:max-retries 1; set net:timeout 15; set ssl:verify-certificate no; "
        f"set ftp:ssl-force {str(tls).lower()}; set ftp:ssl-allow {str(tls).lower()}; "
        f"set ftp:ssl-protect-data {str(tls).lower()}; "
    )
    opened = f"open -u alice,'{SECRET}' ftp://127.0.0.1:{server.port}; cd {INBOX}; "
    return run(require_program("lftp"), "--norc", "-c", settings + opened + script, env=home, ok=ok)


@plain_and_tls
def test_lftp_puts_lists_gets_renames_and_deletes(
    server: FtpServer, served_vfs: ServedVfs, source: Path, home: dict[str, str], *, tls: bool
) -> None:
    listed = lftp(server, home, f"put {source}/été.csv; ls; cls -l --time-style=long-iso; nlist", tls=tls)

    assert "été.csv" in listed
    assert "2021" in listed  # the time was kept
    assert served_vfs.inbox.content("été.csv") == CONTENT
    lftp(server, home, f"get été.csv -o {source}/back.csv; mv été.csv b.csv", tls=tls)
    assert (source / "back.csv").read_bytes() == CONTENT
    assert served_vfs.inbox.published() == ["b.csv"]
    lftp(server, home, "rm b.csv", tls=tls)
    assert served_vfs.inbox.published() == []


@plain_and_tls
def test_lftp_mirrors_a_folder(
    server: FtpServer, served_vfs: ServedVfs, source: Path, home: dict[str, str], *, tls: bool
) -> None:
    for number in range(12):
        (source / f"{number:02}.csv").write_bytes(CONTENT)

    lftp(server, home, f"mirror -R --no-perms --parallel=3 {source} .", tls=tls)

    names = served_vfs.inbox.published()
    assert len(names) == 13
    assert all(served_vfs.inbox.content(name) == CONTENT for name in names)
    wait_until(lambda: server.sessions == 0)
    assert served_vfs.inbox.released() == names


@plain_and_tls
def test_lftp_resumes_and_uploads_under_a_temporary_name(
    server: FtpServer, served_vfs: ServedVfs, source: Path, home: dict[str, str], *, tls: bool
) -> None:
    (source / "half.csv").write_bytes(CONTENT[:1000])
    lftp(server, home, f"put {source}/half.csv -o a.csv; put -c {source}/été.csv -o a.csv", tls=tls)
    assert served_vfs.inbox.content("a.csv") == CONTENT

    (source / "back.csv").write_bytes(CONTENT[:1000])
    lftp(server, home, f"get -c a.csv -o {source}/back.csv", tls=tls)
    assert (source / "back.csv").read_bytes() == CONTENT

    lftp(server, home, f"set xfer:use-temp-file yes; put {source}/été.csv -o b.csv", tls=tls)
    assert served_vfs.inbox.published() == ["a.csv", "b.csv"]


@plain_and_tls
def test_lftp_uploads_in_active_mode(
    server: FtpServer, served_vfs: ServedVfs, source: Path, home: dict[str, str], *, tls: bool
) -> None:
    lftp(server, home, f"set ftp:passive-mode no; put {source}/été.csv -o a.csv", tls=tls)

    assert served_vfs.inbox.content("a.csv") == CONTENT


@plain_and_tls
def test_lftp_is_told_why_a_file_is_refused(
    server: FtpServer, served_vfs: ServedVfs, source: Path, home: dict[str, str], *, tls: bool
) -> None:
    (source / "big.csv").write_bytes(bytes(21 * 1024 * 1024))

    told = lftp(server, home, f"put {source}/big.csv", tls=tls, ok=False)

    assert "552" in told
    assert served_vfs.inbox.published() == []


# ------------------------------------------------------------------------------------------- curl


def curl(server: FtpServer, home: dict[str, str], *arguments: str, tls: bool, ok: bool = True) -> str:
    security = ["--ssl-reqd", "--insecure"] if tls else []
    login = ["--silent", "--show-error", "--max-time", "30", "--user", f"alice:{SECRET}"]
    url = f"ftp://127.0.0.1:{server.port}/"
    told = [argument.replace("URL/", url) for argument in arguments]
    return run(require_program("curl"), *login, *security, *told, env=home, ok=ok)


@plain_and_tls
def test_curl_puts_gets_lists_resumes_and_renames(
    server: FtpServer, served_vfs: ServedVfs, source: Path, home: dict[str, str], *, tls: bool
) -> None:
    inbox = "URL" + INBOX
    curl(server, home, "-T", f"{source}/été.csv", f"{inbox}/%C3%A9t%C3%A9.csv", tls=tls)
    assert served_vfs.inbox.content("été.csv") == CONTENT
    assert "été.csv" in curl(server, home, f"{inbox}/", tls=tls)
    assert curl(server, home, "--list-only", f"{inbox}/", tls=tls) == "été.csv\n"

    curl(server, home, "-o", f"{source}/back.csv", f"{inbox}/%C3%A9t%C3%A9.csv", tls=tls)
    assert (source / "back.csv").read_bytes() == CONTENT
    curl(server, home, "-r", "10-19", "-o", f"{source}/part.csv", f"{inbox}/%C3%A9t%C3%A9.csv", tls=tls)
    assert (source / "part.csv").read_bytes() == CONTENT[10:20]

    rename = ["-Q", f"-RNFR {INBOX}/été.csv", "-Q", f"-RNTO {INBOX}/b.csv"]
    curl(server, home, *rename, "--list-only", f"{inbox}/", tls=tls)
    assert served_vfs.inbox.published() == ["b.csv"]
    curl(server, home, "--append", "-T", f"{source}/part.csv", f"{inbox}/b.csv", tls=tls)
    assert served_vfs.inbox.content("b.csv") == CONTENT + CONTENT[10:20]
    curl(server, home, "-Q", f"-DELE {INBOX}/b.csv", "--list-only", f"{inbox}/", tls=tls)
    assert served_vfs.inbox.published() == []


def test_curl_uploads_over_implicit_ftps(
    start_server: StartServer, served_vfs: ServedVfs, source: Path, home: dict[str, str]
) -> None:
    server = start_server(implicit_port=0)
    url = f"ftps://127.0.0.1:{server.implicit_port}/{INBOX}/a.csv"

    curl(server, home, "--insecure", "-T", f"{source}/été.csv", url, tls=False)

    assert served_vfs.inbox.content("a.csv") == CONTENT
    assert served_vfs.inbox.released() == ["a.csv"]


def test_curl_uploads_in_active_mode(
    server: FtpServer, served_vfs: ServedVfs, source: Path, home: dict[str, str]
) -> None:
    curl(server, home, "--ftp-port", "-", "-T", f"{source}/été.csv", "URL/" + INBOX + "/a.csv", tls=False)

    assert served_vfs.inbox.content("a.csv") == CONTENT


# ------------------------------------------------------------------------------------------ ncftp


def test_ncftp_puts_and_gets(
    server: FtpServer, served_vfs: ServedVfs, source: Path, home: dict[str, str]
) -> None:
    (source / "a.csv").write_bytes(CONTENT)
    login = ["-u", "alice", "-p", SECRET, "-P", str(server.port)]

    run(require_program("ncftpput"), *login, "127.0.0.1", INBOX, f"{source}/a.csv", env=home)
    assert served_vfs.inbox.content("a.csv") == CONTENT

    (source / "back").mkdir()
    run(require_program("ncftpget"), *login, "127.0.0.1", f"{source}/back", f"{INBOX}/a.csv", env=home)
    assert (source / "back" / "a.csv").read_bytes() == CONTENT


@pytest.mark.parametrize("options", [["-E"], ["-F"], ["-T", "tmp."], ["-A"]], ids=" ".join)
def test_ncftp_puts_in_each_of_its_ways(
    server: FtpServer, served_vfs: ServedVfs, source: Path, home: dict[str, str], options: list[str]
) -> None:
    (source / "a.csv").write_bytes(CONTENT)
    login = ["-u", "alice", "-p", SECRET, "-P", str(server.port), *options]

    run(require_program("ncftpput"), *login, "127.0.0.1", INBOX, f"{source}/a.csv", env=home)

    assert served_vfs.inbox.published() == ["a.csv"]
    assert served_vfs.inbox.content("a.csv") == CONTENT


# ----------------------------------------------------------------------------------------- rclone


def rclone(server: FtpServer, home: dict[str, str], *arguments: str, tls: bool) -> str:
    program = require_program("rclone")
    secret = run(program, "obscure", SECRET, env=home).strip()
    env = {
        **home,
        "RCLONE_CONFIG": f"{home['HOME']}/none.conf",
        "RCLONE_FTP_HOST": "127.0.0.1",
        "RCLONE_FTP_PORT": str(server.port),
        "RCLONE_FTP_USER": "alice",
        "RCLONE_FTP_PASS": secret,
        "RCLONE_FTP_EXPLICIT_TLS": str(tls).lower(),
        "RCLONE_FTP_NO_CHECK_CERTIFICATE": "true",
    }
    return run(program, "--retries", "1", "--low-level-retries", "1", *arguments, env=env)


@plain_and_tls
def test_rclone_copies_checks_moves_and_deletes(
    server: FtpServer, served_vfs: ServedVfs, source: Path, home: dict[str, str], *, tls: bool
) -> None:
    remote = f":ftp:{INBOX}"
    for number in range(5):
        (source / f"{number}.csv").write_bytes(CONTENT)

    rclone(server, home, "copy", str(source), remote, tls=tls)

    assert served_vfs.inbox.published() == ["0.csv", "1.csv", "2.csv", "3.csv", "4.csv", "été.csv"]
    assert all(served_vfs.inbox.content(name) == CONTENT for name in served_vfs.inbox.published())
    assert "0 differences" in rclone(server, home, "check", "--download", str(source), remote, tls=tls)
    assert "2021-02-03 04:05:06" in rclone(server, home, "lsl", remote, tls=tls)
    rclone(server, home, "moveto", f"{remote}/0.csv", f"{remote}/moved.csv", tls=tls)
    assert "moved.csv" in served_vfs.inbox.published()
    rclone(server, home, "delete", remote, tls=tls)
    assert served_vfs.inbox.published() == []


@plain_and_tls
def test_rclone_is_content_when_processing_takes_each_file_at_once(
    server: FtpServer, tree: MemoryTree, source: Path, home: dict[str, str], *, tls: bool
) -> None:
    tree.claims_at_once = True
    for number in range(8):
        (source / f"{number}.csv").write_bytes(CONTENT)

    rclone(server, home, "copy", str(source), f":ftp:{INBOX}", tls=tls)

    assert tree.published() == []
    assert tree.uploads_begun == 9


@plain_and_tls
def test_other_clients_are_content_as_well(
    server: FtpServer, tree: MemoryTree, source: Path, home: dict[str, str], *, tls: bool
) -> None:
    tree.claims_at_once = True

    lftp(server, home, f"put {source}/été.csv", tls=tls)
    curl(server, home, "-T", f"{source}/été.csv", f"URL{INBOX}/a.csv", tls=tls)
    if not tls:
        login = ["-u", "alice", "-p", SECRET, "-P", str(server.port)]
        run(require_program("ncftpput"), *login, "127.0.0.1", INBOX, f"{source}/été.csv", env=home)

    assert tree.published() == []
    assert tree.uploads_begun == (2 if tls else 3)
