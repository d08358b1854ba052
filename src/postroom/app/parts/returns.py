"""The part that takes mails that come back, by SMTP."""

from __future__ import annotations

from postroom.app.bootstrap import opened
from postroom.app.certificates import ensure_certificate
from postroom.app.lifetime import Lifetime, endpoint
from postroom.app.sending import make_mailroom
from postroom.app.settings import Settings
from postroom.drops.room import utc_now
from postroom.sending.returns.listening import ListenerConfig, ReturnsListener


def run(settings: Settings, lifetime: Lifetime) -> None:
    """Listen until told to stop; mails that are being taken are kept first."""
    with opened(settings) as postroom:
        mailroom = make_mailroom(settings, postroom.room)
        server = ReturnsListener(_config(settings), mailroom)
        server.start()
        lifetime.ready({"returns": endpoint(settings.host, server.port)})
        lifetime.until_stopped()
        server.stop()


def _config(settings: Settings) -> ListenerConfig:
    certificate = ensure_certificate(
        settings.data, chain=settings.certificate, key=settings.certificate_key, now=utc_now()
    )
    return ListenerConfig(
        host=settings.host,
        port=settings.bounce_port or 0,
        domain=settings.bounce_domain,
        complaint_addresses=frozenset((settings.complaint_addresses or "").split(",")) - {""},
        certificate=(certificate.chain, certificate.key),
        most_bytes=settings.bounce_limit_bytes,
    )
