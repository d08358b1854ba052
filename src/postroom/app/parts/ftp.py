"""The part that serves FTP and FTPS."""

from __future__ import annotations

from postroom.app.bootstrap import opened
from postroom.app.certificates import ensure_certificate
from postroom.app.doorkeeper import doorkeeper
from postroom.app.lifetime import Lifetime, endpoint
from postroom.app.settings import Settings
from postroom.contacts.errors import Unavailable
from postroom.drops.room import utc_now
from postroom.gateway.ftp.config import FtpConfig
from postroom.gateway.ftp.server import FtpServer


def run(settings: Settings, lifetime: Lifetime) -> None:
    """Serve until told to stop, then let running transfers end."""
    with opened(settings) as postroom:
        server = FtpServer(_config(settings), doorkeeper(postroom))
        try:
            server.start()
        except OSError as taken:
            ports = ", ".join(str(port) for port in (settings.ftp_port, settings.ftps_implicit_port) if port)
            raise Unavailable(f"FTP cannot listen on {settings.host}:{ports}: {taken.strerror}.") from taken
        endpoints = {"ftp": endpoint(settings.host, server.port)}
        if settings.ftps_implicit_port is not None:
            endpoints["ftps"] = endpoint(settings.host, server.implicit_port)
        lifetime.ready(endpoints)
        lifetime.until_stopped()
        server.stop(lifetime.drain_seconds)


def _config(settings: Settings) -> FtpConfig:
    certificate = ensure_certificate(
        settings.data, chain=settings.certificate, key=settings.certificate_key, now=utc_now()
    )
    ports = settings.passive_range
    return FtpConfig(
        host=settings.host,
        port=settings.ftp_port,
        implicit_port=settings.ftps_implicit_port,
        passive_ports=range(ports[0], ports[1] + 1) if ports else None,
        masquerade_address=settings.masquerade_address,
        certificate=certificate.chain,
        key=certificate.key,
        allow_plain=settings.plain_ftp,
        max_sessions=settings.max_sessions,
        max_per_address=settings.max_sessions_per_address,
    )
