"""Visits and orders of sites with goals: the script that tells them, and a pixel for pages without scripts.

Browsers of strangers call these, from pages of others. Whatever they say, the answer is the same: it tells
nobody whether a visitor, a contact or a goal is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from fastapi.requests import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Route

from postroom.contacts.errors import Refused, Unavailable
from postroom.contacts.goals import MAX_URL_CHARACTERS, Transaction, page_of, transaction
from postroom.sending.goals.reaching import Seen, note_order, note_visit
from postroom.sending.goals.visitors import Visitors
from postroom.sending.mailroom import Mailroom
from postroom.sending.tracking.visits import visit
from postroom.web.auth.throttle import Throttle
from postroom.web.errors import TooMany
from postroom.web.tracking.goal_script import SCRIPT
from postroom.web.tracking.hits import GIF

MOST_BYTES: Final = 40_000
"""So long is what a page tells at the most: a URL, where it came from, an order."""

_KEPT: Final = {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
_NEVER_KEPT: Final = {
    "Cache-Control": "no-store, max-age=0",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


def goal_routes(mailroom: Mailroom, throttle: Throttle) -> Sequence[BaseRoute]:
    """Return the routes of sites with goals, below /t; each visitor takes so many calls a minute."""
    goals = Goals(mailroom, throttle)
    return [
        Route("/g.js", goals.script, methods=["GET"]),
        Route("/g.gif", goals.pixel, methods=["GET"]),
        Route("/g", goals.told, methods=["POST"]),
    ]


class Goals:
    """Answers to pages of sites with goals."""

    def __init__(self, mailroom: Mailroom, throttle: Throttle) -> None:
        """Record in what is behind `mailroom`."""
        self._mailroom = mailroom
        self._visitors = Visitors(mailroom.sealer)
        self._throttle = throttle

    async def script(self, request: Request) -> Response:
        """Send the script."""
        del request
        return Response(SCRIPT, media_type="text/javascript", headers=_KEPT)

    async def pixel(self, request: Request) -> Response:
        """Send a picture; its URL says who visits what: `s` the site, `v` the visitor, `u` the page."""
        query, referer = request.query_params, request.headers.get("referer", "")
        url = query.get("u") or referer
        # A browser that says where it is must be on that site.
        origin = _origin(referer) if referer else _origin(url)
        await self._note(request, query.get("s", ""), query.get("v", ""), url, origin, {})
        return Response(GIF, media_type="image/gif", headers=_NEVER_KEPT)

    async def told(self, request: Request) -> Response:
        """Take what the script tells, as JSON of whatever type."""
        said = _said(await _body(request))
        site, visitor, url = (_text(said, name) for name in ("site", "visitor", "url"))
        await self._note(request, site, visitor, url, request.headers.get("origin"), said)
        return Response(status_code=204, headers=_NEVER_KEPT)

    async def _note(
        self,
        request: Request,
        site: str,
        visitor: str,
        url: str,
        origin: str | None,
        said: Mapping[str, Any],
    ) -> None:
        account_id, sent = self._visitors.read_site(site), self._visitors.read_visitor(visitor)
        page = page_of(url)
        if sent is None or account_id != sent.account_id or page is None or origin != page.origin:
            return
        client = request.scope.get("client")
        seen = Seen(
            sent.account_id,
            sent.message_id,
            page,
            url,
            _text(said, "referrer") or None,
            visit(
                self._mailroom.clock(),
                request.headers.get("user-agent", ""),
                client[0] if client else "",
                unasked=False,
            ),
        )
        try:
            self._throttle.count(request.scope, f"goal {sent.account_id}-{sent.message_id}")
            act = self._act(seen, said)
            if act is not None:
                await run_in_threadpool(act)
        except (TooMany, Unavailable):
            return

    def _act(self, seen: Seen, said: Mapping[str, Any]) -> Callable[[], int] | None:
        database, now = self._mailroom.database, self._mailroom.clock()
        if said.get("transaction") is None:
            return lambda: note_visit(database, seen, now=now)
        order, goal = _order(said["transaction"]), said.get("goal")
        if order is None or not (goal is None or type(goal) is int):
            return None
        return lambda: note_order(database, seen, order, goal, now=now)


async def _body(request: Request) -> bytes:
    """Return the body; nothing when there is too much of it."""
    whole = bytearray()
    async for piece in request.stream():
        whole += piece
        if len(whole) > MOST_BYTES:
            return b""
    return bytes(whole)


def _said(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _text(said: Mapping[str, Any], name: str) -> str:
    text = said.get(name)
    if not isinstance(text, str) or len(text) > MAX_URL_CHARACTERS:
        return ""
    return text if text.isprintable() else ""


def _order(said: object) -> Transaction | None:
    """Return the order of a page, whose numbers may be numbers; None when it is none."""
    if not isinstance(said, dict):
        return None
    products = said.get("products") or []
    if not isinstance(products, list) or not all(isinstance(each, str) for each in products):
        return None
    currency, quantity = said.get("currency"), said.get("quantity")
    try:
        return transaction(
            _written(said.get("id")),
            _written(said.get("amount")),
            currency=None if currency is None else _written(currency),
            quantity=None if quantity is None else _written(quantity),
            products=products,
        )
    except Refused:
        return None


def _written(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    # No number worth telling has more digits; others take long to be written.
    if isinstance(value, int) and not -(10**18) < value < 10**18:
        return ""
    return str(value)


def _origin(url: str) -> str | None:
    page = page_of(url)
    return page.origin if page else None
