"""Bob, who follows a link of Alice's to her shop, and what her shop's pages tell us."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx

from postroom.contacts.events import EventType, RecordedEvent
from postroom.contacts.goals import GoalKind
from postroom.sending.goals.visitors import Visitors
from postroom.sending.tokens import Tokens
from postroom.store.goals import Goal, create_goal
from tests.integration.drops.clock import Clock
from tests.integration.sending.written import Writer
from tests.integration.web.site import Site
from tests.integration.web.tracking.browser import HEADERS

SHOP = "https://shop.example.com"
THANKS = f"{SHOP}/thanks"
VISIT, ORDER = EventType.GOAL_WEBVISIT, EventType.GOAL_TRANSACTION


def goal_of(writer: Writer, kind: GoalKind = GoalKind.WEBVISIT, *patterns: str, name: str = "Thanks") -> Goal:
    with writer.database.transaction() as connection:
        return create_goal(
            connection,
            writer.account_id,
            name,
            kind,
            patterns or (f"{SHOP}/thanks*",),
            now=writer.person.account.created_at,
        )


class Shopper:
    """Bob, who got a mail with a link to Alice's shop, and has a browser."""

    def __init__(
        self, site: Site, writer: Writer, tokens: Tokens, clock: Clock, *, is_test: bool = False
    ) -> None:
        self.site, self.writer, self.tokens = site, writer, tokens
        self.contact = writer.contact(email="bob@example.com")
        self.campaign = writer.campaign(
            links=(f"{SHOP}/?a=b#top", "https://elsewhere.example/"), is_test=is_test
        )
        self.message = writer.message(self.campaign, self.contact, sent_at=clock() - timedelta(hours=1))
        self.visitors = Visitors(tokens._sealer)  # the same signatures

    def follow(self, link: int = 1) -> str:
        """Follow a link of the mail; return where it leads."""
        answer = self.site.calls.get(
            self.tokens.click(self.writer.account_id, self.message, link), headers=HEADERS
        )
        assert answer.status_code == 302
        return str(answer.headers["location"])

    @property
    def said(self) -> dict[str, Any]:
        """What the script says of the thank-you page."""
        return {
            "site": self.visitors.site(self.writer.account_id),
            "visitor": self.visitors.visitor(self.writer.account_id, self.message),
            "url": THANKS,
        }

    def tell(self, origin: str | None = SHOP, **changes: Any) -> httpx.Response:
        """Tell as the script does."""
        headers = {**HEADERS, **({"Origin": origin} if origin else {})}
        return self.site.calls.post("/t/g", content=json.dumps({**self.said, **changes}), headers=headers)

    def events(self, kind: EventType = VISIT) -> list[RecordedEvent]:
        return self.writer.events(kind)
