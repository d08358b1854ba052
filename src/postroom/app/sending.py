"""The mailroom that sends messages, put together from the settings."""

from __future__ import annotations

from postroom.app.settings import Settings
from postroom.drops.room import Room
from postroom.sending.mailroom import Mailroom


def make_mailroom(settings: Settings, room: Room) -> Mailroom:
    """Return the mailroom over a room's database, blobs, queue, sealer and clock."""
    return Mailroom(
        database=room.database,
        blobs=room.blobs,
        queue=room.queue,
        sealer=room.sealer,
        clock=room.clock,
        tracking_url=settings.tracking_url or settings.http_url,
        bounce_domain=settings.bounce_domain,
        sms_parts=settings.sms_parts,
    )
