"""A mail from Alice to Bob, and what holds for every page that its links lead to."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from datetime import timedelta
from typing import Any

from postroom.contacts.events import EventType
from postroom.contacts.optouts import OptOutReason
from postroom.ingest.consents import change_consent
from postroom.store.optouts import Act
from tests.integration.drops.clock import Clock
from tests.integration.sending.written import Writer
from tests.integration.web.tracking.browser import Page

BOB = "bob@example.com"
MOBILE = "+33612345678"


class Letter:
    """A mail from Alice to Bob, who is on her list Garden; he has a mobile, too."""

    def __init__(self, writer: Writer, clock: Clock, **campaign: Any) -> None:
        self.writer = writer
        self.bob = writer.contact(email=BOB, mobile="0612345678")
        self.garden = writer.list_of("Garden", self.bob)
        made = writer.campaign(**{"list_id": self.garden, **campaign})
        self.message = writer.message(made, self.bob, BOB, sent_at=clock() - timedelta(hours=1))

    @property
    def ids(self) -> tuple[int, int]:
        return self.writer.account_id, self.message

    @property
    def unsubscribed(self) -> list[tuple[str, list[str]]]:
        """Method and subscriptions of what was told."""
        return [
            (each.attributes["method"], each.attributes["subscriptions"])
            for each in self.writer.events(EventType.UNSUBSCRIBED)
        ]


def opt_out(writer: Writer, address: str, reason: OptOutReason, scope: str = "EMAIL") -> None:
    with writer.database.transaction() as connection:
        act = Act(writer.account_id, scope, "call", "her", writer.person.account.created_at)
        change_consent(connection, act, address, reason)


def has_page_rules(page: Page) -> None:
    """Check what holds for every page: it loads nothing, runs nothing, and stands in no frame or cache."""
    headers = page.answer.headers
    policy = headers["content-security-policy"]
    (style,) = re.findall("<style>(.*?)</style>", page.answer.text)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "script" not in page.answer.text
    assert not re.search(r"(?:src|href)=\"(?!\.\./)", page.answer.text)
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers
    assert BOB not in page.answer.text
