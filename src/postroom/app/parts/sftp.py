"""The part that serves SFTP."""

from __future__ import annotations

from postroom.app.bootstrap import opened
from postroom.app.doorkeeper import doorkeeper
from postroom.app.lifetime import Lifetime, endpoint
from postroom.app.settings import Settings
from postroom.gateway.hostkeys import ensure_host_keys
from postroom.gateway.sftp.server import SftpConfig, SftpServer


def run(settings: Settings, lifetime: Lifetime) -> None:
    """Serve until told to stop, then let running transfers end."""
    with opened(settings) as postroom:
        config = SftpConfig(
            host_keys=ensure_host_keys(settings.data / "keys"),
            host=settings.host,
            port=settings.sftp_port,
            max_sessions=settings.max_sessions,
            max_per_address=settings.max_sessions_per_address,
        )
        server = SftpServer(config, doorkeeper(postroom))
        server.start()
        lifetime.ready({"sftp": endpoint(settings.host, server.port)})
        lifetime.until_stopped()
        server.stop(lifetime.drain_seconds)
