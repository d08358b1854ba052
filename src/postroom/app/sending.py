"""The mailroom that sends messages, put together from the settings."""

from __future__ import annotations

from collections.abc import Mapping

from postroom.app.settings import Settings
from postroom.contacts.channels import Channel
from postroom.contacts.paces import Paces, read_domains
from postroom.drops.room import Room
from postroom.sending.carrying import Carrier
from postroom.sending.mail.posting import RelayPost
from postroom.sending.mail.relays import read_relays
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
        paces=Paces(settings.send_per_minute, read_domains(settings.domains_per_minute or "")),
        lanes=settings.senders + 1,
        at_once=_at_once(settings),
    )


def _at_once(settings: Settings) -> int:
    """Return how many messages keep all connections busy, beside the commits between them."""
    relays = read_relays(settings.relays) if settings.relays is not None else []
    return min(max(10 * sum(relay.connections for relay in relays), 50), 500)


def mail_carriers(settings: Settings) -> Mapping[Channel, Carrier]:
    """Return what carries mails, where relays are set."""
    if settings.relays is None:
        return {}
    return {Channel.EMAIL: RelayPost(read_relays(settings.relays), hello=settings.relay_hello)}
