"""What the life of a drop needs from outside, handed over in one piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network

from postroom.ingest import rekeying
from postroom.ingest.blocks import BLOCK_BYTES
from postroom.ingest.consents import LOT_ROWS
from postroom.ingest.digests import WORTH_ROWS
from postroom.ingest.dispatching import LOT_ROWS as DISPATCH_ROWS
from postroom.ingest.sandbox.confinement import ReaderLimits
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.queue import Enqueues
from postroom.store.blobs import BlobStore
from postroom.store.database import Database
from postroom.store.lockout import Lockout
from postroom.store.sealing import Sealer

READER = "postroom.drops.reader"
"""The module whose process reads what senders leave: for `Readers`."""

PROCESS_TASK = "drops.process_account"
"""The job that processes the oldest waiting drop of one account."""

SWEEP_TASK = "drops.sweep"
"""The job that looks for waiting drops that no job will process."""

EXPIRE_TASK = "drops.expire"
"""The job that removes files and reports that were kept for long enough."""

TIDY_TASK = "drops.tidy"
"""The job that removes bytes that nobody can reach."""


RECOUNT_TASK = "lists.recount"
"""The job that counts the lists whose counters nobody knows."""


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def no_step(name: str) -> None:
    """Do nothing between two steps; crash tests put a SIGKILL here."""
    del name


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of deposits; sizes in bytes, durations as their names say."""

    upload_bytes: int = 20 * 1024 * 1024
    inflated_bytes: int = 1024 * 1024 * 1024
    block_bytes: int = BLOCK_BYTES
    reading: ReaderLimits = field(default_factory=ReaderLimits)
    digests_from_lines: int = WORTH_ROWS
    lot_rows: int = LOT_ROWS
    dispatch_rows: int = DISPATCH_ROWS
    rekeyed_rows: int = rekeying.LOT_ROWS
    recoveries: int = 3
    progress_seconds: float = 0.5
    keep_days: int = 30
    journal_days: int = 30
    unconfirmed_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Room:
    """Database, blobs, queue, sealer, readers, clock and limits."""

    database: Database
    blobs: BlobStore
    queue: Enqueues
    sealer: Sealer
    readers: Readers
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], datetime] = utc_now
    between_steps: Callable[[str], None] = no_step
    files_url: str | None = None
    """Where senders reach their tree, such as sftp://files.example.com: notices link to reports by it."""
    location_networks: Sequence[IPv4Network | IPv6Network] = ()
    """Private networks that files may be brought to."""
    universal_optouts: bool = False
    """Whether a command batch may opt an address out of every account that has a realm."""
    lockout: Lockout = field(default_factory=Lockout)
    """How failures lock somebody out, over FTP, SFTP and HTTP and by command batches alike."""


def account_lock(account_id: int) -> str:
    """Name the lock that keeps the deposits of one account in order."""
    return f"account:{account_id}"
