"""The gateway, database and blob store behind it, beside native servers: same client, same disk, in turns."""

from __future__ import annotations

import os
import random
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import servers
from bench.servers import Server
from bench.tables import Table
from bench.uploads import Client, FtpClient, LoggedInFtpClient, SftpClient

_BIG, _SMALL, _MIDDLE = 20_000_000, 100_000, 1_000_000
_BIG_TIMES, _SMALL_TIMES, _SESSIONS, _LOGINS = 4, 200, 50, 10


@dataclass(frozen=True, slots=True)
class Case:
    """What is done in a round on each server, and the most of the best native's time that we aim at."""

    name: str
    run: Callable[[Server], float]
    aim: float | None = None
    written: tuple[int, int] | None = None
    """Bytes of a file and how many files, where the disk is worth measuring."""


@dataclass(slots=True)
class Comparison:
    """Seconds of every round by case and server, and why servers are missing."""

    title: str
    cases: Sequence[Case]
    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    disk: dict[str, list[float]] = field(default_factory=dict)


def measure(directory: Path, *, rounds: int, say: Callable[[str], None]) -> list[Comparison]:
    """Compare over FTP and over SFTP; servers that are not there are left out, and said to be."""
    directory.mkdir()
    files = {size: _file(directory / f"{size}.csv", size) for size in (_BIG, _SMALL, _MIDDLE)}
    with ExitStack() as stack:
        our_ftp, our_sftp = stack.enter_context(servers.postroom(directory / "postroom"))
        ftp = [stack.enter_context(servers.vsftpd(directory / "vsftpd"))]
        ftp.append(stack.enter_context(servers.pure_ftpd(directory / "pure-ftpd")))
        sftp = [stack.enter_context(servers.openssh(directory / "openssh"))]
        return [
            _compare(
                Comparison(title, cases), [ours, *natives], rounds=rounds, scratch=directory / "disk", say=say
            )
            for title, cases, ours, natives in (
                ("The gateway over FTP", _ftp_cases(files), our_ftp, ftp),
                ("The gateway over SFTP", _cases(SftpClient(), files, (0.6, 0.8, 0.25)), our_sftp, sftp),
            )
        ]


def table(comparison: Comparison) -> Table:
    """Show medians in milliseconds, and ours beside the best native."""
    names = list(dict.fromkeys(name for by_server in comparison.seconds.values() for name in by_server))
    rows = []
    for case in comparison.cases:
        medians = {name: statistics.median(found) for name, found in comparison.seconds[case.name].items()}
        natives = [seconds for name, seconds in medians.items() if name != "Postroom"]
        ratio = f"{medians['Postroom'] / min(natives):.2f}" if natives else ""
        times = [f"{medians[name] * 1000:,.1f}" for name in names]
        disk = comparison.disk.get(case.name)
        alone = f"{statistics.median(disk) * 1000:,.1f}" if disk else ""
        rows.append((case.name, *times, alone, ratio, f"{case.aim:.2f}" if case.aim else ""))
    header = ("Case", *(f"{name} ms" for name in names), "Disk alone ms", "Ours / best", "Aim")
    return Table(comparison.title, header, rows, [*_NOTES, *comparison.missing])


_NOTES = (
    "Medians of rounds in turns. All write to one disk, but only Postroom waits until a file is safe on",
    "it: it fsyncs the bytes and commits to the database before it says yes. Disk alone: the same files",
    "copied there and fsynced one by one, by nobody's server. vsftpd takes anybody without a password,",
    "pure-ftpd checks one with a cheap hash; Postroom checks one with argon2id, which is most of its",
    "login. Over SFTP all check a key.",
)


def _compare(
    comparison: Comparison,
    found: Sequence[Server | str],
    *,
    rounds: int,
    scratch: Path,
    say: Callable[[str], None],
) -> Comparison:
    present = [server for server in found if isinstance(server, Server)]
    comparison.missing += [f"Left out: {why}." for why in found if isinstance(why, str)]
    say(f"{comparison.title}: {', '.join(server.name for server in present)}, {rounds} rounds")
    for _ in range(rounds):
        for case in comparison.cases:
            for server in present:
                by_server = comparison.seconds.setdefault(case.name, {})
                by_server.setdefault(server.name, []).append(case.run(server))
            if case.written:
                comparison.disk.setdefault(case.name, []).append(_disk_alone(scratch, *case.written))
    return comparison


def _ftp_cases(files: dict[int, Path]) -> list[Case]:
    client = FtpClient()
    return [
        *_cases(client, files, (1.2, 2.0, 0.6)),
        Case(
            f"{_SESSIONS} sessions × 1 MB, logged in before",
            lambda server: LoggedInFtpClient().at_once(server, files[_MIDDLE], _SESSIONS),
        ),
    ]


def _cases(client: Client, files: dict[int, Path], aims: tuple[float, float, float]) -> list[Case]:
    return [
        Case(
            f"{_BIG_TIMES} × 20 MB, one session",
            lambda server: client.in_turn(server, files[_BIG], _BIG_TIMES),
            aims[0],
            (_BIG, _BIG_TIMES),
        ),
        Case(
            f"{_SMALL_TIMES} × 100 KB, one session",
            lambda server: client.in_turn(server, files[_SMALL], _SMALL_TIMES),
            aims[1],
            (_SMALL, _SMALL_TIMES),
        ),
        Case(
            f"{_SESSIONS} sessions × 1 MB",
            lambda server: client.at_once(server, files[_MIDDLE], _SESSIONS),
            aims[2],
            (_MIDDLE, _SESSIONS),
        ),
        Case(
            "connect and log in",
            lambda server: statistics.median(client.login(server) for _ in range(_LOGINS)),
        ),
    ]


def _file(path: Path, size: int) -> Path:
    path.write_bytes(random.Random(size).randbytes(size))
    return path


def _disk_alone(directory: Path, size: int, times: int) -> float:
    content = random.Random(size).randbytes(size)
    directory.mkdir()
    began = time.perf_counter()
    for number in range(times):
        with (directory / str(number)).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    seconds = time.perf_counter() - began
    shutil.rmtree(directory)
    return seconds
