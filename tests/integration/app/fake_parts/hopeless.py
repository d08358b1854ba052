"""Cannot start, and says why."""

from __future__ import annotations

from postroom.app.lifetime import Lifetime
from postroom.app.settings import Settings
from postroom.contacts.errors import Unavailable


def run(settings: Settings, lifetime: Lifetime) -> None:
    raise Unavailable(f"FTP cannot listen on {settings.host}:21: Address already in use.")
