"""The office that sends notices, put together from the settings."""

from __future__ import annotations

import ipaddress

from postroom import __version__
from postroom.app.settings import Settings
from postroom.drops.room import Room
from postroom.notices.carrying import Carries
from postroom.notices.guard import Network
from postroom.notices.mails import MailConfig, MailPost, NoMail
from postroom.notices.office import Office
from postroom.notices.targets import WebhookRules
from postroom.notices.webhooks import WebhookConfig, WebhookPost

_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def make_office(settings: Settings, room: Room) -> Office:
    """Return the office over a room's database, queue, sealer and clock."""
    webhooks = WebhookConfig(
        agent=f"Postroom/{__version__}",
        networks=networks_in(settings.webhook_networks),
        deadline_seconds=settings.webhook_timeout_seconds,
    )
    return Office(
        database=room.database,
        queue=room.queue,
        sealer=room.sealer,
        carriers={"email": _mail_post(settings), "webhook": WebhookPost(webhooks, clock=room.clock)},
        clock=room.clock,
    )


def webhook_rules(settings: Settings) -> WebhookRules:
    """Return which URLs webhooks may have."""
    return WebhookRules(networks=networks_in(settings.webhook_networks), http=settings.webhook_http)


def _mail_post(settings: Settings) -> Carries:
    if settings.smtp_host is None or settings.smtp_from is None:
        return NoMail()
    return MailPost(
        MailConfig(
            host=settings.smtp_host,
            sender=settings.smtp_from,
            port=settings.smtp_port or _PORTS[settings.smtp_tls],
            tls=settings.smtp_tls,
            username=settings.smtp_username,
            password=settings.smtp_password,
            timeout_seconds=settings.smtp_timeout_seconds,
        )
    )


def networks_in(text: str | None) -> list[Network]:
    """Return the networks that a setting names, with commas between."""
    return [ipaddress.ip_network(word.strip()) for word in text.split(",")] if text else []
