"""Each client by its protocol, doing what senders do: put, list, rename, delete."""

from __future__ import annotations

import ftplib
import io
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko

from tests.acceptance.live import INBOX, Live, run
from tests.clients import require_program
from tests.conftest import Person

LOOPBACK = "127.0.0.1"
SSH_OPTIONS = ["-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR"]


# ------------------------------------------------------------------------------ programs


def lftp(live: Live, protocol: str, *commands: str) -> str:
    """Run lftp commands in the inbox over ftp, ftps or sftp."""
    port = live.sftp.port if protocol == "sftp" else live.ftp.port
    tls = str(protocol == "ftps").lower()
    script = [
        "set cmd:fail-exit yes",
        "set net:max-retries 1",
        "set net:timeout 15",
        "set ssl:verify-certificate no",
        f"set ftp:ssl-allow {tls}",
        f"set ftp:ssl-force {tls}",
        f"set ftp:ssl-protect-data {tls}",
        f'set sftp:connect-program "ssh -a -x -F none {" ".join(SSH_OPTIONS)}"',
        f"open -u alice,{live.alice.password} -p {port} {protocol.replace('ftps', 'ftp')}://{LOOPBACK}",
        f"cd {INBOX}",
        *commands,
    ]
    return run(live, require_program("lftp"), "--norc", "-c", "; ".join(script))


def curl(live: Live, protocol: str, path: str, *arguments: str) -> str:
    """Run curl on a path over ftp, ftps or sftp."""
    port = live.sftp.port if protocol == "sftp" else live.ftp.port
    url = f"{protocol.replace('ftps', 'ftp')}://{LOOPBACK}:{port}{path}"
    security = ["--ssl-reqd"] if protocol == "ftps" else []
    login = ["--silent", "--show-error", "--insecure", "--user", f"alice:{live.alice.password}"]
    return run(live, require_program("curl"), *login, *security, *arguments, url)


def sftp(live: Live, *lines: str) -> str:
    """Run sftp(1) with Alice's key on a batch, which ends at the first failure."""
    key = ["-oIdentitiesOnly=yes", f"-oIdentityFile={live.alice_key}"]
    command = [require_program("sftp"), "-q", "-F", "none", *SSH_OPTIONS, *key, "-P", str(live.sftp.port)]
    return run(live, *command, "-b", "-", f"alice@{LOOPBACK}", stdin="\n".join([f"cd {INBOX}", *lines, ""]))


def ncftpput(live: Live, source: Path, *options: str) -> str:
    """Run ncftpput into the inbox, under the file's own name."""
    login = ["-V", "-u", "alice", "-p", live.alice.password, "-P", str(live.ftp.port), *options]
    return run(live, require_program("ncftpput"), *login, LOOPBACK, INBOX, str(source))


def rclone(live: Live, protocol: str, *arguments: str) -> str:
    """Run rclone over ftp, ftps or sftp; `remote:` in the arguments is the server."""
    program = require_program("rclone")
    config = live.home / "rclone.conf"
    config.touch()
    kind = "sftp" if protocol == "sftp" else "ftp"
    settings = {
        "RCLONE_CONFIG": str(config),
        "RCLONE_CONFIG_REMOTE_TYPE": kind,
        "RCLONE_CONFIG_REMOTE_HOST": LOOPBACK,
        "RCLONE_CONFIG_REMOTE_PORT": str(live.sftp.port if kind == "sftp" else live.ftp.port),
        "RCLONE_CONFIG_REMOTE_USER": "alice",
        "RCLONE_CONFIG_REMOTE_PASS": run(live, program, "obscure", live.alice.password).strip(),
        **({"RCLONE_CONFIG_REMOTE_SHELL_TYPE": "none"} if kind == "sftp" else {}),
        **({"RCLONE_CONFIG_REMOTE_EXPLICIT_TLS": "true"} if protocol == "ftps" else {}),
        **({"RCLONE_CONFIG_REMOTE_NO_CHECK_CERTIFICATE": "true"} if protocol == "ftps" else {}),
    }
    return run(live, program, "--retries", "1", "--low-level-retries", "1", *arguments, **settings)


# ----------------------------------------------------------------------------- libraries


@contextmanager
def ftp_session(
    live: Live, person: Person, *, tls: bool = False, source: str = LOOPBACK, password: str | None = None
) -> Iterator[ftplib.FTP]:
    """Log in with ftplib and stand in the inbox."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    ftp = ftplib.FTP_TLS(context=context) if tls else ftplib.FTP()
    with ftp:
        ftp.connect(LOOPBACK, live.ftp.port, timeout=15, source_address=(source, 0))
        ftp.login(person.login, person.password if password is None else password)
        if isinstance(ftp, ftplib.FTP_TLS):
            ftp.prot_p()
        ftp.cwd(INBOX)
        yield ftp


@contextmanager
def sftp_session(
    live: Live, person: Person, *, source: str = LOOPBACK, password: str | None = None
) -> Iterator[paramiko.SFTPClient]:
    """Log in with paramiko and stand in the inbox."""
    address = (LOOPBACK, live.sftp.port)
    with socket.create_connection(address, timeout=15, source_address=(source, 0)) as sock:
        transport = paramiko.Transport(sock)
        try:
            transport.connect(
                username=person.login, password=person.password if password is None else password
            )
            client = paramiko.SFTPClient.from_transport(transport)
            assert client is not None
            with client:
                client.chdir(INBOX)
                yield client
        finally:
            transport.close()


def _ftplib_put(live: Live, source: Path, name: str, *, tls: bool) -> None:
    with ftp_session(live, live.alice, tls=tls) as ftp:
        ftp.storbinary(f"STOR {name}", io.BytesIO(source.read_bytes()))
        assert ftp.size(name) == source.stat().st_size
        ftp.quit()


def _paramiko_put(live: Live, source: Path, name: str) -> None:
    with sftp_session(live, live.alice) as client:
        assert client.put(source, name, confirm=True).st_size == source.stat().st_size


# ------------------------------------------------------------------------------- the cast


@dataclass(frozen=True)
class Client:
    """A way to put the file `source` into the inbox as `name`."""

    name: str
    put: Callable[[Live, Path, str], object]
    keeps_times: bool = False

    def __str__(self) -> str:
        """Name the client in the names of tests."""
        return self.name


def _curl_put(protocol: str) -> Callable[[Live, Path, str], object]:
    return lambda live, source, name: curl(live, protocol, f"{INBOX}/{name}", "-T", str(source))


def _lftp_put(protocol: str) -> Callable[[Live, Path, str], object]:
    return lambda live, source, name: lftp(live, protocol, f"put {source} -o {name}")


def _rclone_put(protocol: str) -> Callable[[Live, Path, str], object]:
    return lambda live, source, name: rclone(live, protocol, "copyto", str(source), f"remote:{INBOX}/{name}")


def _ncftp_put(live: Live, source: Path, name: str) -> None:
    named = live.home / name
    named.write_bytes(source.read_bytes())
    ncftpput(live, named)


CLIENTS = [
    *(Client(f"lftp {each}", _lftp_put(each), keeps_times=True) for each in ("ftp", "ftps", "sftp")),
    *(Client(f"curl {each}", _curl_put(each)) for each in ("ftp", "ftps", "sftp")),
    *(Client(f"rclone {each}", _rclone_put(each), keeps_times=True) for each in ("ftp", "ftps", "sftp")),
    Client("ncftp", _ncftp_put),
    Client("sftp", lambda live, source, name: sftp(live, f"put {source} {name}")),
    Client("sftp -p", lambda live, source, name: sftp(live, f"put -p {source} {name}"), keeps_times=True),
    Client("paramiko", _paramiko_put),
    Client("ftplib ftp", lambda live, source, name: _ftplib_put(live, source, name, tls=False)),
    Client("ftplib ftps", lambda live, source, name: _ftplib_put(live, source, name, tls=True)),
]
