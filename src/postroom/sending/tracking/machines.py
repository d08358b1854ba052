"""Whether a person or a machine opened a message: as law (specs, OUT flows 6, reading 16).

Machines are counted and flagged, never left out. Nothing here is proof: it errs towards people where nothing
speaks for a machine.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from postroom.sending.tracking.browsers import Browser
from postroom.sending.tracking.visits import Visit

SOON: Final = timedelta(seconds=10)
"""Scanners look at a mail as it arrives; people do not, at least not from what runs in data centres."""


def is_machine(visit: Visit, browser: Browser, sent_at: datetime) -> bool:
    """Tell whether a visit was a machine's.

    It is when it says so (a proxy of a mail service, a scanner, a program, or nothing at all), when nobody
    asked for it (a prefetch, a HEAD), and when a system that servers have comes within seconds of sending.
    """
    return visit.unasked or browser.machine or (browser.hosted and visit.at - sent_at < SOON)
