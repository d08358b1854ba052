"""What sending needs from outside, handed over in one piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from postroom.contacts.channels import Channel
from postroom.contacts.paces import Paces
from postroom.ingest.outgoing import SENDING_QUEUE
from postroom.jobs.queue import Enqueues
from postroom.sending.carrying import Carrier
from postroom.store.blobs import BlobStore
from postroom.store.database import Database
from postroom.store.sealing import Sealer

__all__ = ["SENDING_QUEUE", "Mailroom"]


@dataclass(frozen=True, slots=True)
class Mailroom:
    """Database, blobs, queue, sealer, clock, carriers and addresses of our own."""

    database: Database
    blobs: BlobStore
    queue: Enqueues
    sealer: Sealer
    clock: Callable[[], datetime]
    carriers: Mapping[Channel, Carrier] = field(default_factory=dict)
    tracking_url: str | None = None
    """Where recipients reach our pages, such as `https://news.example.com`; without it nothing is tracked."""
    bounce_domain: str | None = None
    """The domain of return paths, whose mail comes to us; without it bounces go to the sender."""
    sms_parts: int = 6
    """Most parts of an SMS; longer ones are not sent."""
    paces: Paces = field(default_factory=Paces)
    """How fast accounts may send that do not say themselves."""
    lanes: int = 2
    """Most jobs at a time that hand over the messages of one account on one channel."""
    relief_seconds: float = 5.0
    """After so long another job takes what is due, while one waits for an answer, which may take minutes."""
    at_once: int = 50
    """Most messages that one job has under way: so many are in doubt when its process dies."""
    between_steps: Callable[[str], None] = lambda _name: None
