"""Does not end when told to."""

from __future__ import annotations

import threading

from postroom.app.lifetime import Lifetime
from postroom.app.settings import Settings


def run(settings: Settings, lifetime: Lifetime) -> None:
    lifetime.ready()
    threading.Event().wait()
