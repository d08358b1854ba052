"""Landing pages of tracked links: those on a site with goals learn by which message a visitor comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from postroom.contacts.goals import Pattern, page_of
from postroom.sending.goals.visitors import PARAMETER, Visitors
from postroom.sending.surveys.forms import Forms
from postroom.sending.tracking.visits import Hit
from postroom.store import goals
from postroom.store.database import Database
from postroom.store.sealing import Sealer

_KNOWN_SECONDS: Final = 30.0
_MOST_KNOWN: Final = 10_000


class Landings:
    """Knows for half a minute which sites of which accounts have goals; thread-safe."""

    def __init__(self, database: Database, sealer: Sealer, url: str | None = None) -> None:
        """Read goals from `database`, sign by `sealer`; recipients reach our own pages at `url`."""
        self._database = database
        self._forms = Forms(sealer)
        self._surveys = f"{url.rstrip('/')}/s/" if url else None
        self._visitors = Visitors(sealer)
        self._known: dict[int, tuple[float, tuple[Pattern, ...]]] = {}
        self._lock = threading.Lock()

    def led(self, account_id: int, hits: Sequence[Hit], targets: Sequence[str | None]) -> list[str | None]:
        """Return where clicks lead, with the visitor's token for pages of sites that have goals.

        Raises:
            Unavailable: the database does not answer.
        """
        if not any(targets):
            return list(targets)
        targets = [self._own_form(hit, each) for hit, each in zip(hits, targets, strict=True)]
        patterns = self._patterns(account_id)
        if not patterns:
            return list(targets)
        return [
            self._led(patterns, hit, target) if target else target
            for hit, target in zip(hits, targets, strict=True)
        ]

    def _own_form(self, hit: Hit, target: str | None) -> str | None:
        """Return the recipient's own form in place of the public one of a survey that we host."""
        if target is None or self._surveys is None or not target.startswith(self._surveys):
            return target
        form = self._forms.read_public(target.removeprefix(self._surveys))
        if form is None or form.account_id != hit.account_id:
            return target
        own = self._forms.token(replace(form, message_id=hit.message_id))
        return f"{self._surveys.removesuffix('s/')}t/s/{own}"

    def _led(self, patterns: Sequence[Pattern], hit: Hit, target: str) -> str:
        page = page_of(target)
        if page is None or not any(each.is_of_host(page) for each in patterns):
            return target
        return with_visitor(target, self._visitors.visitor(hit.account_id, hit.message_id))

    def _patterns(self, account_id: int) -> tuple[Pattern, ...]:
        now = time.monotonic()
        with self._lock:
            until, patterns = self._known.get(account_id, (0.0, ()))
        if now < until:
            return patterns
        with self._database.reading() as connection:
            found = goals.goals_of_account(connection, account_id)
        patterns = tuple(Pattern.parse(each) for goal in found for each in goal.patterns)
        with self._lock:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[account_id] = (now + _KNOWN_SECONDS, patterns)
        return patterns


def with_visitor(url: str, token: str) -> str:
    """Return a URL with a visitor's token in its query, before the fragment."""
    whole, mark, fragment = url.partition("#")
    between = "&" if urlsplit(whole).query else "?"
    return f"{whole.removesuffix('?')}{between}{PARAMETER}={token}{mark}{fragment}"
