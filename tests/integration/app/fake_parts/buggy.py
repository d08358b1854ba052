"""Ends with an exception that nobody expected."""

from __future__ import annotations

from postroom.app.lifetime import Lifetime
from postroom.app.settings import Settings


def run(settings: Settings, lifetime: Lifetime) -> None:
    raise ZeroDivisionError("a bug")
