"""FTPS and SFTP servers of others, from Debian, each started for a test on loopback.

Debian installs one FTP server at a time; POSTROOM_TEST_SERVERS names a directory where others lie unpacked.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.servers import free_port, running, somebody
from postroom.outflow.remote.seam import Address, Speaks
from postroom.outflow.remote.sftp import host_key_of

SECRET = "a-password"
_PLACES = "/usr/sbin:/sbin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs: where it is, and the directory on disk that its folder is."""

    address: Address
    directory: Path


Server = Callable[[Path, Path], AbstractContextManager[Served]]
"""Starts a server: takes a scratch directory and a certificate with its key in one file."""


@contextmanager
def vsftpd(directory: Path, certificate: Path) -> Iterator[Served]:
    """Run vsftpd, which takes data connections only with the TLS session of the control connection."""
    program = server_program("vsftpd")
    folder, port = _folder(directory), free_port()
    empty = directory / "empty"
    empty.mkdir()
    settings = {
        "listen": "YES",
        "listen_address": "127.0.0.1",
        "listen_port": str(port),
        "background": "NO",
        "anonymous_enable": "YES",
        "no_anon_password": "YES",
        "anon_root": str(folder.parent),
        "anon_upload_enable": "YES",
        "anon_other_write_enable": "YES",
        "anon_umask": "022",
        "write_enable": "YES",
        "ftp_username": somebody().pw_name,
        "secure_chroot_dir": str(empty),
        "seccomp_sandbox": "NO",
        "isolate_network": "NO",
        "xferlog_enable": "NO",
        "ssl_enable": "YES",
        "allow_anon_ssl": "YES",
        "force_anon_logins_ssl": "YES",
        "force_anon_data_ssl": "YES",
        "require_ssl_reuse": "YES",
        "rsa_cert_file": str(certificate),
        "ssl_ciphers": "HIGH",
    }
    config = directory / "vsftpd.conf"
    config.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="ascii")
    with running([program, str(config)], port):
        yield Served(_ftps(port, "/in", certificate, username="anonymous"), folder)


@contextmanager
def pure_ftpd(directory: Path, certificate: Path) -> Iterator[Served]:
    """Run pure-ftpd, which refuses what is not encrypted."""
    program, maker = server_program("pure-ftpd"), server_program("pure-pw")
    folder, port, owner = _folder(directory), free_port(), somebody()
    text, users = directory / "users", directory / "users.pdb"
    line = f"alice:{_hashed()}:{owner.pw_uid}:{owner.pw_gid}::{folder.parent}/./::::::::::::\n"
    text.write_text(line, encoding="ascii")
    subprocess.run([maker, "mkdb", str(users), "-f", str(text)], check=True)
    command = [program, "-S", f"127.0.0.1,{port}", "-E", "-H", "-A", "-u", "1", "-l", f"puredb:{users}"]
    with running([*command, "-Y", "3", "-2", str(certificate)], port):
        yield Served(_ftps(port, "in", certificate), folder)


@contextmanager
def proftpd(directory: Path, certificate: Path, *options: str) -> Iterator[Served]:
    """Run ProFTPD with mod_tls."""
    program = server_program("proftpd")
    folder, port, owner = _folder(directory), free_port(), somebody()
    passwords = directory / "passwords"
    passwords.write_text(
        f"alice:{_hashed()}:{owner.pw_uid}:{owner.pw_gid}::{folder.parent}:/bin/false\n", encoding="ascii"
    )
    passwords.chmod(0o600)
    modules = [path for path in _unpacked("usr/lib/proftpd") if path.is_dir()]
    lines = [
        *(f"ModulePath {path}" for path in modules[:1]),
        "LoadModule mod_tls.c",
        "ServerType standalone",
        "DefaultAddress 127.0.0.1",
        f"Port {port}",
        "UseIPv6 off",
        f"User {owner.pw_name}",
        "Group nogroup",
        f"ScoreboardFile {directory}/scoreboard",
        f"PidFile {directory}/pid",
        f"DelayTable {directory}/delay",
        "SystemLog none",
        "WtmpLog off",
        "AuthOrder mod_auth_file.c",
        f"AuthUserFile {passwords}",
        "RequireValidShell off",
        "DefaultRoot ~",
        "AllowOverwrite on",
        "TLSEngine on",
        "TLSRequired on",
        f"TLSRSACertificateFile {certificate}" if "RSA" in certificate.read_text() else "",
        f"TLSECCertificateFile {certificate}",
        f"TLSECCertificateKeyFile {certificate}",
        *options,
    ]
    config = directory / "proftpd.conf"
    config.write_text("\n".join(lines) + "\n", encoding="ascii")
    with running([program, "-n", "-q", "-c", str(config)], port):
        yield Served(_ftps(port, "in", certificate), folder)


@contextmanager
def proftpd_implicit(directory: Path, certificate: Path) -> Iterator[Served]:
    """Run ProFTPD with TLS from the start."""
    with proftpd(directory, certificate, "TLSOptions UseImplicitSSL") as served:
        yield replace(served, address=replace(served.address, protocol=Speaks.FTPS_IMPLICIT))


@contextmanager
def openssh(directory: Path, certificate: Path) -> Iterator[Served]:
    """Run OpenSSH's sshd with its internal SFTP server, for the user who runs this, with a key."""
    del certificate
    program = server_program("sshd")
    folder, port = _folder(directory), free_port()
    for name in ("own", "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name], check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    lines = (
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {directory}/host",
        f"AuthorizedKeysFile {directory}/own.pub",
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "Subsystem sftp internal-sftp",
    )
    config = directory / "sshd_config"
    config.write_text("\n".join(lines) + "\n", encoding="ascii")
    with running([program, "-D", "-f", str(config)], port):
        address = Address(
            Speaks.SFTP,
            "127.0.0.1",
            port,
            str(folder),
            pwd.getpwuid(os.geteuid()).pw_name,
            private_key=(directory / "own").read_text(encoding="ascii"),
            host_key=host_key_of("127.0.0.1", port),
        )
        yield Served(address, folder)


SERVERS: Mapping[str, Server] = {
    "vsftpd": vsftpd,
    "pure-ftpd": pure_ftpd,
    "proftpd": proftpd,
    "proftpd-implicit": proftpd_implicit,
    "openssh": openssh,
}
"""By the names of tests."""


def server_program(name: str) -> str:
    """Return the path of a server program; without it skip the test, or fail when POSTROOM_TEST_ALL=1.

    Those that are unpacked are not there in every release of Debian.
    """
    unpacked = os.environ.get("POSTROOM_TEST_SERVERS", "")
    places = ":".join(f"{unpacked}/usr/{each}" for each in ("sbin", "bin") if unpacked)
    found = shutil.which(name, path=f"{places}:{_PLACES}")
    if found and os.geteuid() == 0:
        return found
    reason = f"{name} is not installed." if found is None else f"{name} needs root."
    wanted = name in {"vsftpd", "sshd"} or bool(unpacked)
    if os.environ.get("POSTROOM_TEST_ALL") == "1" and os.geteuid() == 0 and wanted:
        pytest.fail(f"{reason} POSTROOM_TEST_ALL=1 wants every server.")
    pytest.skip(reason)


def _unpacked(path: str) -> list[Path]:
    places = [os.environ.get("POSTROOM_TEST_SERVERS", ""), "/"]
    return [Path(each) / path for each in places if each]


def _ftps(port: int, folder: str, certificate: Path, username: str = "alice") -> Address:
    authority = certificate.read_text(encoding="ascii")
    return Address(Speaks.FTPS, "127.0.0.1", port, folder, username, password=SECRET, authority=authority)


def _hashed() -> str:
    salted = subprocess.run(
        ["openssl", "passwd", "-5", "-salt", "postroom", SECRET], check=True, capture_output=True, text=True
    )
    return salted.stdout.strip()


def _folder(directory: Path) -> Path:
    """Make a directory that the server's user may write to, below one that it may not."""
    folder = directory / "root" / "in"
    folder.mkdir(parents=True)
    owner = somebody()
    if os.geteuid() == 0:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        for passed in (directory, *directory.parents):
            if not passed.stat().st_mode & 0o005:
                passed.chmod(passed.stat().st_mode | 0o055)
    return folder
