"""What delivering needs from outside, handed over in one piece."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from postroom.jobs.queue import Enqueues
from postroom.notices.carrying import Carries, Parcel
from postroom.store.database import Database
from postroom.store.notices import Kind, Target
from postroom.store.sealing import Sealer


def no_step(name: str) -> None:
    """Do nothing between two steps; crash tests put a SIGKILL here."""
    del name


@dataclass(frozen=True, slots=True)
class Office:
    """Database, queue, sealer, clock, who carries which kind of messages, and chance (0 to 1)."""

    database: Database
    queue: Enqueues
    sealer: Sealer
    carriers: Mapping[Kind, Carries]
    clock: Callable[[], datetime]
    chance: Callable[[], float] = random.random
    between_steps: Callable[[str], None] = no_step


def purpose(account_id: int, address: str) -> str:
    """Name what a webhook's secret is sealed for: it serves one account and one URL."""
    return f"webhook/account/{account_id}/{address}"


def parcel_for(office: Office, target: Target, parcel: Parcel) -> Parcel:
    """Return the parcel with the secret that it is signed with, if its target has one."""
    if target.secret is None:
        return parcel
    secret = office.sealer.unseal(target.secret, purpose(target.account_id, target.address))
    return Parcel(parcel.message_id, parcel.address, parcel.content, parcel.created_at, secret)
