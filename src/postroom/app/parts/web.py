"""The part that serves HTTP."""

from __future__ import annotations

from postroom import __version__
from postroom.app.bootstrap import opened
from postroom.app.lifetime import Lifetime, endpoint
from postroom.app.settings import Settings
from postroom.web.app import create_app
from postroom.web.health import database_probe
from postroom.web.server import WebServer


def run(settings: Settings, lifetime: Lifetime) -> None:
    """Serve until told to stop."""
    with opened(settings) as postroom:
        app = create_app(database_probe(postroom.database), version=__version__)
        server = WebServer(app, host=settings.host, port=settings.http_port)
        server.start()
        lifetime.ready({"http": endpoint(settings.host, server.port)})
        lifetime.until_stopped()
        server.stop(lifetime.drain_seconds)
