"""The pixel and the tracked links: recorded first, answered then."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from fastapi.requests import Request
from fastapi.responses import Response

from postroom.contacts.errors import Unavailable
from postroom.sending.tokens import Purpose, Tokens
from postroom.sending.tracking.visits import Hit, Visit, visit
from postroom.web.auth.throttle import Throttle
from postroom.web.errors import TooMany
from postroom.web.tracking.answers import busy, too_often, unknown
from postroom.web.tracking.recorder import Recorder

GIF: Final = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
"""One transparent point; 43 bytes."""

_NEVER_KEPT: Final = {"Cache-Control": "no-store, max-age=0", "X-Robots-Tag": "noindex, nofollow"}
_FORETELLING: Final = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
"""Headers by which browsers say that nobody has asked for this yet."""
_FORETOLD: Final = (b"prefetch", b"prerender", b"preview")


class Hits:
    """Answers to the pixel and to links of messages."""

    def __init__(
        self, tokens: Tokens, recorder: Recorder, throttle: Throttle, clock: Callable[[], datetime]
    ) -> None:
        """Read by `tokens`, record by `recorder`."""
        self._tokens = tokens
        self._recorder = recorder
        self._throttle = throttle
        self._clock = clock

    async def pixel(self, request: Request) -> Response:
        """Answer with a picture, whatever is asked: a mail must never show a broken one."""
        sent = self._tokens.read(Purpose.PIXEL, request.path_params["token"])
        if sent is None:
            return _picture(404)
        try:
            self._throttle.count(request.scope, f"{sent.account_id}-{sent.message_id}")
            await self._recorder.record(Hit(sent.account_id, sent.message_id, self._visit(request)))
        except TooMany:
            return _picture(429)
        except Unavailable:
            return _picture(503)
        return _picture(200)

    async def link(self, request: Request) -> Response:
        """Lead to where the link of a message goes, and nowhere else."""
        clicked = self._tokens.read_click(request.path_params["token"])
        if clicked is None:
            return unknown(request)
        seen = self._visit(request)
        hit = Hit(clicked.account_id, clicked.message_id, seen, clicked.link_id, clicked.url)
        try:
            self._throttle.count(request.scope, f"{clicked.account_id}-{clicked.message_id}")
            target = await self._recorder.record(hit)
        except TooMany:
            return too_often(request)
        except Unavailable:
            return busy(request)
        if target is None:
            return unknown(request)
        return Response(status_code=302, headers={"Location": target, **_NEVER_KEPT})

    def _visit(self, request: Request) -> Visit:
        headers = dict(request.scope["headers"])
        client = request.scope.get("client")
        return visit(
            self._clock(),
            headers.get(b"user-agent", b"").decode("latin-1"),
            client[0] if client else "",
            unasked=request.method == "HEAD" or _is_foretold(headers),
        )


def _picture(status: int) -> Response:
    return Response(GIF, status, media_type="image/gif", headers=_NEVER_KEPT)


def _is_foretold(headers: Mapping[bytes, bytes]) -> bool:
    said = [headers[name].lower() for name in _FORETELLING if name in headers]
    return any(word in each for each in said for word in _FORETOLD)
