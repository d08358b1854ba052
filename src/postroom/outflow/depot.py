"""What files out need from outside, handed over in one piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from postroom.jobs.queue import Enqueues
from postroom.notices.guard import Network
from postroom.outflow.remote.connecting import connected
from postroom.outflow.remote.seam import Address, Remote
from postroom.store.blobs import BlobStore
from postroom.store.database import Database
from postroom.store.sealing import Sealer

OUTFLOW_QUEUE: Final = "outflow"
"""Where the jobs of files out stand: a worker of their own, so that neither imports nor mails wait."""

PLAN_TASK: Final = "outflow.plan"
"""The job that plans what is due, and finds files that no job makes."""

GENERATE_TASK: Final = "outflow.generate"
"""The job that makes the file of one run."""

DELIVER_TASK: Final = "outflow.deliver"
"""The job that brings the files of a flow to their locations."""

EXPIRE_TASK: Final = "outflow.expire"
"""The job that lets go of files that were kept for long enough."""


def no_step(name: str) -> None:
    """Do nothing between two steps; crash tests put a SIGKILL here."""
    del name


Connect = Callable[[Address], AbstractContextManager[Remote]]
"""Yields the folder of a server, connected."""


@dataclass(frozen=True, slots=True)
class Depot:
    """Database, blobs, queue, sealer and clock; `keep_days` is how long files stand here to be sent again."""

    database: Database
    blobs: BlobStore
    queue: Enqueues
    sealer: Sealer
    clock: Callable[[], datetime]
    keep_days: int = 31
    between_steps: Callable[[str], None] = no_step
    connect: Connect = connected
    """How servers of others are reached."""
    networks: Sequence[Network] | None = None
    """Private networks in which such servers may be; None for anywhere."""


def delivery_lock(account_id: int, flow: str) -> str:
    """Name the lock of a flow's deliveries: its files go one after another, too."""
    return f"delivery:{account_id}:{flow}"


def flow_lock(account_id: int, flow: str) -> str:
    """Name the lock of a flow's jobs: its files are made one after another, in the order of their windows."""
    return f"flow:{account_id}:{flow}"
