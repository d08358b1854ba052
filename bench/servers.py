"""The servers that the gateway is measured beside: real ones, started for a run, uploads into a directory."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.office import Office

PURE_FTPD = "POSTROOM_BENCH_PURE_FTPD"
"""Names the program pure-ftpd, which Debian does not install beside vsftpd."""

LOGIN = "bench"
_CHEAP_PASSWORD = "bench-password"  # noqa: S105  # of a server that lives for a minute on loopback
_CHEAP_HASH = "$5$rounds=1000$postroombench$PScyaSlMVXu6kIkucZ7SEkvNdDtNqHmAbjB3aRT/LT8"
"""That password as crypt(3) with a thousand rounds of SHA-256: pure-ftpd's own choice takes seconds."""
_START_SECONDS = 20.0
_SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"
_EMPTY = "/run/vsftpd-bench-empty"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens, how to log in, and the directory to upload to; `key` is an SSH key file."""

    name: str
    address: tuple[str, int]
    login: str
    password: str
    directory: str
    key: Path | None = None


@contextmanager
def postroom(directory: Path) -> Iterator[tuple[Server, Server]]:
    """Run our own gateway, database and blobs behind it; yield FTP and SFTP. No worker empties `in`."""
    key, password = _make_key(directory), secrets.token_urlsafe(12)
    with Office(directory / "data", only="gateway", settings={"LOG_LEVEL": "warning"}) as office:
        office.command("account", "create", LOGIN)
        public = str(key.with_suffix(".pub"))
        known = ("--account", LOGIN, "--password-stdin", "--key", public)
        office.command("login", "create", LOGIN, *known, secret=password)
        inbox = "/contacts/import/in"
        yield (
            Server("Postroom", office.address("ftp"), LOGIN, password, inbox),
            Server("Postroom", office.address("sftp"), LOGIN, password, inbox, key),
        )


@contextmanager
def vsftpd(directory: Path) -> Iterator[Server | str]:
    """Run vsftpd for anonymous uploads; yield why not when it cannot run."""
    program = shutil.which("vsftpd", path=_SBIN)
    if program is None or os.geteuid() != 0:
        yield "vsftpd: not installed" if program is None else "vsftpd: needs root"
        return
    inbox = _inbox(directory)
    Path(_EMPTY).mkdir(exist_ok=True)
    port = free_port()
    settings = {
        "listen": "YES",
        "listen_address": "127.0.0.1",
        "listen_port": str(port),
        "background": "NO",
        "anonymous_enable": "YES",
        "no_anon_password": "YES",
        "anon_root": str(inbox.parent),
        "anon_upload_enable": "YES",
        "write_enable": "YES",
        "ftp_username": somebody().pw_name,
        "secure_chroot_dir": _EMPTY,
        "seccomp_sandbox": "NO",
        "xferlog_enable": "NO",
        "max_clients": "0",
        "max_per_ip": "0",
    }
    config = directory / "vsftpd.conf"
    config.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="ascii")
    with running([program, str(config)], port):
        yield Server("vsftpd", ("127.0.0.1", port), "anonymous", "", "/in")


@contextmanager
def pure_ftpd(directory: Path) -> Iterator[Server | str]:
    """Run the pure-ftpd that POSTROOM_BENCH_PURE_FTPD names, with one user of its own database."""
    program = os.environ.get(PURE_FTPD)
    if program is None or os.geteuid() != 0:
        yield f"pure-ftpd: {PURE_FTPD} does not name it" if program is None else "pure-ftpd: needs root"
        return
    inbox, port, nobody = _inbox(directory), free_port(), somebody()
    text, users = directory / "users", directory / "users.pdb"
    owner = f"{nobody.pw_uid}:{nobody.pw_gid}"
    text.write_text(f"{LOGIN}:{_CHEAP_HASH}:{owner}::{inbox}/./::::::::::::\n", encoding="utf-8")
    maker = shutil.which("pure-pw", path=f"{Path(program).parent.parent / 'bin'}:/usr/bin")
    assert maker is not None, "pure-pw is not beside pure-ftpd"
    subprocess.run([maker, "mkdb", str(users), "-f", str(text)], check=True)
    limits = ["-c", "200", "-C", "200", "-u", "1"]
    listen = [program, "-S", f"127.0.0.1,{port}", "-E", "-H", "-A", "-l", f"puredb:{users}"]
    with running([*listen, *limits], port):
        yield Server("pure-ftpd", ("127.0.0.1", port), LOGIN, _CHEAP_PASSWORD, "")


@contextmanager
def openssh(directory: Path) -> Iterator[Server | str]:
    """Run OpenSSH's sshd with its internal SFTP server, for the user who runs this."""
    program = shutil.which("sshd", path=_SBIN)
    if program is None or shutil.which("sftp") is None:
        yield "OpenSSH: sshd or sftp is not installed"
        return
    inbox, key = _inbox(directory), _make_key(directory)
    host_key = directory / "host_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host_key], check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    port = free_port()
    lines = (
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {host_key}",
        f"AuthorizedKeysFile {key.with_suffix('.pub')}",
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "MaxStartups 200",
        "Subsystem sftp internal-sftp",
    )
    config = directory / "sshd_config"
    config.write_text("\n".join(lines) + "\n", encoding="ascii")
    with running([program, "-D", "-f", str(config)], port):
        login = pwd.getpwuid(os.geteuid()).pw_name
        yield Server("OpenSSH", ("127.0.0.1", port), login, "", str(inbox), key)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _make_key(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    key = directory / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    return key


def _inbox(directory: Path) -> Path:
    """Make a directory that an anonymous user may write to, below one that it may not."""
    inbox = directory / "root" / "in"
    inbox.mkdir(parents=True)
    nobody = somebody()
    if os.geteuid() == 0:
        os.chown(inbox, nobody.pw_uid, nobody.pw_gid)
        for passed in (directory, directory.parent):
            passed.chmod(0o755)
    return inbox


def somebody() -> pwd.struct_passwd:
    """Return the user that anonymous FTP has on Debian, else nobody."""
    try:
        return pwd.getpwnam("ftp")
    except KeyError:
        return pwd.getpwnam("nobody")


@contextmanager
def running(command: Sequence[str], port: int) -> Iterator[None]:
    """Run a server while the block runs; it listens when the block begins."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _listens(port):
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{command[0]} does not listen"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
