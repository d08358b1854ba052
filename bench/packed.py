"""The most contacts that one upload can hold: a zip as large as uploads may be, of two million short rows."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from bench.child import Measured, measured
from bench.imports import import_file
from bench.scratch import Scratch, settle_down
from bench.tables import Table

CONTACTS = 2_000_000
_AIM_MIB = 400
_ROWS_PER_WRITE = 10_000
_SEED = 6


def measure(scratch: Scratch, *, say: Callable[[str], None]) -> tuple[int, Measured]:
    """Import the zip into an empty account; return its size in bytes and what that took."""
    say(f"packed: {CONTACTS:,} contacts in a zip")
    file = scratch.directory / "packed.zip"
    _write(file)
    with scratch.fresh_database() as url:
        settle_down(url)
        found = measured(
            import_file,
            url=url,
            warm_url=scratch.warm_url,
            account_id=scratch.account_id,
            blobs=scratch.directory / "packed-blobs",
            file=file,
            marker=None,
            action="import",
        )
    assert found.details["counts"]["created"] == CONTACTS
    return file.stat().st_size, found


def table(size: int, found: Measured) -> Table:
    """Show it beside the aim."""
    header = ("Contacts", "Bytes", "Seconds", "Contacts/s", "Worker MiB", "Reader MiB")
    row = (
        f"{CONTACTS:,}",
        f"{size:,}",
        f"{found.seconds:.1f}",
        f"{CONTACTS / found.seconds:,.0f}",
        f"{found.peak_mib:.0f}",
        f"{found.details['reader_mib']:.0f}",
    )
    aim = ("aim", "", "", "", str(_AIM_MIB), str(_AIM_MIB))
    note = "Memory is the most that either process ever had, interpreter and libraries included."
    return Table("A zip as large as uploads may be", header, [row, aim], [note])


def _write(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("people.csv", "w") as csv:
        csv.write(b"Email;Mobile\n")
        rows = _rows(Random(_SEED))
        for _ in range(CONTACTS // _ROWS_PER_WRITE):
            csv.write("".join(next(rows) for _ in range(_ROWS_PER_WRITE)).encode())


def _rows(random: Random) -> Iterator[str]:
    number = 0
    while True:
        name = f"{random.choice(_FIRST)}.{random.choice(_LAST)}{number}"
        yield f"{name}@example.fr;06{random.randrange(10**8):08}\n"
        number += 1


_FIRST = ("alice", "bob", "charlie", "denise", "emile", "fanny", "gerard", "helene", "ines", "jules", "lea")
_LAST = ("martin", "bernard", "thomas", "petit", "robert", "richard", "durand", "dubois", "moreau", "roux")
