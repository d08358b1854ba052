"""The clients that the gateway is measured with: ftplib, and Debian's sftp(1). The same for every server."""

from __future__ import annotations

import ftplib
import io
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Protocol

from bench.servers import Server

_BLOCK = 256 * 1024
_SERIAL = count(1)


class Client(Protocol):
    """One way to send files to a server; every method returns seconds."""

    def login(self, server: Server) -> float:
        """Connect, log in, and leave."""
        ...

    def in_turn(self, server: Server, file: Path, times: int) -> float:
        """Send a file so many times in one session, its login not counted where that can be."""
        ...

    def at_once(self, server: Server, file: Path, sessions: int) -> float:
        """Log in so many sessions at once, each of which sends the file."""
        ...


class FtpClient:
    """ftplib: FTP without TLS."""

    def login(self, server: Server) -> float:
        """Connect, log in, and leave."""
        began = time.perf_counter()
        with _ftp(server):
            return time.perf_counter() - began

    def in_turn(self, server: Server, file: Path, times: int) -> float:
        """Send after the login."""
        content = file.read_bytes()
        with _ftp(server) as ftp:
            began = time.perf_counter()
            for _ in range(times):
                _store(ftp, server, content)
            return time.perf_counter() - began

    def at_once(self, server: Server, file: Path, sessions: int) -> float:
        """Send from as many threads, each with its own login."""
        content = file.read_bytes()

        def session() -> None:
            with _ftp(server) as ftp:
                _store(ftp, server, content)

        return _together(session, sessions)


class LoggedInFtpClient(FtpClient):
    """ftplib again, but the clock starts when all sessions have logged in."""

    def at_once(self, server: Server, file: Path, sessions: int) -> float:
        """Send from as many threads at the same moment."""
        content = file.read_bytes()
        ready = threading.Barrier(sessions + 1)

        def session() -> None:
            with _ftp(server) as ftp:
                ready.wait()
                _store(ftp, server, content)

        with ThreadPoolExecutor(sessions) as pool:
            running = [pool.submit(session) for _ in range(sessions)]
            ready.wait()
            began = time.perf_counter()
            for each in running:
                each.result()
            return time.perf_counter() - began


class SftpClient:
    """sftp(1) with a key: each call is a process, so connecting is always in the time."""

    def login(self, server: Server) -> float:
        """Connect, ask where we are, and leave."""
        return _timed(lambda: _sftp(server, ["pwd"]))

    def in_turn(self, server: Server, file: Path, times: int) -> float:
        """Send in one batch."""
        return _timed(lambda: _sftp(server, [_put(server, file) for _ in range(times)]))

    def at_once(self, server: Server, file: Path, sessions: int) -> float:
        """Send from as many processes."""
        return _together(lambda: _sftp(server, [_put(server, file)]), sessions)


def _ftp(server: Server) -> ftplib.FTP:
    ftp = ftplib.FTP(timeout=120)
    ftp.connect(*server.address)
    ftp.login(server.login, server.password)
    return ftp


def _store(ftp: ftplib.FTP, server: Server, content: bytes) -> None:
    ftp.storbinary(f"STOR {server.directory}/{next(_SERIAL)}.csv", io.BytesIO(content), _BLOCK)


def _put(server: Server, file: Path) -> str:
    return f"put {file} {server.directory}/{next(_SERIAL)}.csv"


def _sftp(server: Server, commands: Sequence[str]) -> None:
    host, port = server.address
    options = {
        "BatchMode": "yes",
        "IdentityFile": server.key,
        "IdentitiesOnly": "yes",
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": "/dev/null",
        "LogLevel": "ERROR",
        "Port": port,
    }
    arguments = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    subprocess.run(
        ["sftp", "-q", "-F", "none", *arguments, "-b", "-", f"{server.login}@{host}"],
        input="\n".join(commands) + "\n",
        stdout=subprocess.DEVNULL,
        check=True,
        text=True,
    )


def _together(session: Callable[[], None], sessions: int) -> float:
    with ThreadPoolExecutor(sessions) as pool:
        began = time.perf_counter()
        running = [pool.submit(session) for _ in range(sessions)]
        for each in running:
            each.result()
        return time.perf_counter() - began


def _timed(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
