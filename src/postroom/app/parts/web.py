"""The part that serves HTTP."""

from __future__ import annotations

from postroom import __version__
from postroom.app.bootstrap import Postroom, opened
from postroom.app.certificates import ensure_certificate
from postroom.app.lifetime import Lifetime, endpoint
from postroom.app.logs import add_to_lines
from postroom.app.phones import described_providers
from postroom.app.sending import make_mailroom
from postroom.app.settings import Settings
from postroom.drops.room import utc_now
from postroom.web.app import WebConfig, create_app
from postroom.web.request_ids import RequestIds
from postroom.web.server import Listening, WebServer, spare_collector


def run(settings: Settings, lifetime: Lifetime) -> None:
    """Serve until told to stop; running requests end first."""
    add_to_lines(RequestIds())
    with opened(settings, statement_seconds=settings.http_statement_seconds) as postroom:
        # Archives that programs bring are looked at by a reader: the first one need not wait for it.
        postroom.room.readers.start()
        mailroom = make_mailroom(settings, postroom.room)
        app = create_app(
            postroom.room,
            version=__version__,
            config=_config(postroom),
            mailroom=mailroom,
            providers=described_providers(settings),
        )
        server = WebServer(app, _listening(settings))
        spare_collector()
        server.start()
        lifetime.ready({"http": endpoint(settings.host, server.port)})
        lifetime.until_stopped()
        server.stop(lifetime.drain_seconds)


def _config(postroom: Postroom) -> WebConfig:
    settings = postroom.settings
    return WebConfig(
        url=settings.http_url,
        calls_per_minute=settings.http_calls_per_minute or None,
        origins=words(settings.http_origins),
        lockout=postroom.room.lockout,
        patience_seconds=settings.http_patience_seconds,
    )


def _listening(settings: Settings) -> Listening:
    certificate = None
    if settings.http_tls:
        found = ensure_certificate(
            settings.data, chain=settings.certificate, key=settings.certificate_key, now=utc_now()
        )
        certificate = (found.chain, found.key)
    return Listening(
        host=settings.host,
        port=settings.http_port,
        certificate=certificate,
        proxies=words(settings.http_proxies),
        connections=settings.http_connections,
    )


def words(text: str | None) -> list[str]:
    """Return the words of a setting that commas separate."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]
