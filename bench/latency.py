"""How long a sender waits: from the last byte of an upload to its file in `ok`, on a running Postroom."""

from __future__ import annotations

import io
import secrets
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from bench.tables import Table
from demo.office import Office
from demo.people import rows_within, write_file
from demo.senders import SftpSender

LOGIN = "bench"
_FULL_BYTES = 20 * 1024 * 1024
_IMPORT = "/contacts/import"
_FIRST_FULL_SEED = 1000
_LOOK_EVERY = 0.002
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds from the last byte to the answer to the close, and to `ok`, of one size."""

    contacts: int
    size: int
    closed: Sequence[float]
    settled: Sequence[float]


def measure(directory: Path, *, rounds: int, say: Callable[[str], None]) -> list[Waits]:
    """Upload files of 1, 1,000 and as many contacts as 20 MiB hold, new ones each time."""
    password = secrets.token_urlsafe(12)
    seeds = count(1)
    waits = []
    with Office(directory, settings={"LOG_LEVEL": "warning"}) as office:
        office.command("account", "create", LOGIN)
        office.command("login", "create", LOGIN, "--account", LOGIN, "--password-stdin", secret=password)
        with SftpSender(office.address("sftp"), LOGIN, password, office.directory / "keys") as sender:
            # The first upload of all finds everything cold; it is not counted.
            _wait(sender, _file(1, next(seeds)), "warm-up.csv")
            plan = (
                (1, 5 * rounds, seeds),
                (1000, 5 * rounds, seeds),
                (_least_full(rounds), rounds, count(_FIRST_FULL_SEED)),
            )
            for contacts, times, from_seeds in plan:
                say(f"latency: {contacts:,} contacts, {times} times")
                found = [_upload(sender, contacts, seed) for seed in islice(from_seeds, times)]
                size = round(statistics.mean(size for size, _, _ in found))
                waits.append(Waits(contacts, size, [each[1] for each in found], [each[2] for each in found]))
    return waits


def table(waits: Sequence[Waits]) -> Table:
    """Show medians and the longest."""
    rows = [
        (
            f"{each.contacts:,}",
            f"{each.size:,}",
            f"{len(each.settled)}",
            _ms(statistics.median(each.closed)),
            _ms(statistics.median(each.settled)),
            _ms(max(each.settled)),
            f"{each.contacts / statistics.median(each.settled):,.0f}",
        )
        for each in waits
    ]
    header = ("Contacts", "Bytes", "Uploads", "Answered ms", "In ok ms", "Longest ms", "Contacts/s")
    notes = (
        "Over SFTP, to an account that keeps what the uploads before brought. The clock starts when the",
        "last byte is sent and stops when a listing shows the file in ok; answered: when the close was",
        "confirmed.",
    )
    return Table("From the last byte to ok", header, rows, notes)


def _least_full(seeds: int) -> int:
    """Return how many rows fit into 20 MiB with each of these seeds; they differ by a percent."""
    return min(
        rows_within(_FULL_BYTES, seed=seed) for seed in range(_FIRST_FULL_SEED, _FIRST_FULL_SEED + seeds)
    )


def _file(contacts: int, seed: int) -> bytes:
    file = io.BytesIO()
    write_file(file, contacts, seed=seed)
    return file.getvalue()


def _upload(sender: SftpSender, contacts: int, seed: int) -> tuple[int, float, float]:
    content = _file(contacts, seed)
    closed, settled = _wait(sender, content, f"seed-{seed}.csv")
    return len(content), closed, settled


def _wait(sender: SftpSender, content: bytes, name: str) -> tuple[float, float]:
    last_byte = 0.0

    def sent(so_far: int) -> None:
        nonlocal last_byte
        if so_far == len(content):
            last_byte = time.perf_counter()

    sender.put(content, f"{_IMPORT}/in/{name}", sent)
    closed = time.perf_counter()
    deadline = closed + _PATIENCE_SECONDS
    while not any(found.endswith(f"_{name}") for found in sender.names(f"{_IMPORT}/ok")):
        assert time.perf_counter() < deadline, f"{name} is not in ok; is it in ko?"
        time.sleep(_LOOK_EVERY)
    return closed - last_byte, time.perf_counter() - last_byte


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f}"
