"""Bounds of requests: how large a body may be, and how slowly it may come."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import anyio
from fastapi.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from postroom.web.errors import spelled

_SLOWEST_BYTES_A_SECOND: Final = 8 * 1024
"""Less than the slowest line that anybody would upload a file over: 20 MB may take 43 minutes."""
_SMALL: Final = ("application/json", "application/x-www-form-urlencoded", "")
_MULTIPART_OVERHEAD: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """Sizes in bytes. A body may pause for `patience_seconds`, and must come at a rate of 8 KiB a second."""

    upload_bytes: int = 20 * 1024 * 1024
    body_bytes: int = 1024 * 1024
    token_bytes: int = 64 * 1024
    patience_seconds: float = 30.0

    def of(self, path: str, content_type: str) -> int:
        """Return how large the body of a request may be.

        What may hold a file is known by its content type, as the action may stand in the body.
        """
        if path in {"/token", "/oauth/token"} or path.startswith("/t/"):
            return self.token_bytes
        if content_type.partition(";")[0].strip().lower() in _SMALL or not path.startswith(("/rest", "/v1")):
            return self.body_bytes
        return self.upload_bytes + _MULTIPART_OVERHEAD


class Bounding:
    """Answers 413 to bodies that are too large, as early as they say so, and 408 to slow ones."""

    def __init__(self, app: ASGIApp, bounds: Bounds, clock: Callable[[], float] = time.monotonic) -> None:
        """Wrap `app`."""
        self._app = app
        self._bounds = bounds
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = self._bounds.of(scope["path"], headers.get(b"content-type", b"").decode("latin-1"))
        body = _Body(scope, receive, send, limit, self._bounds.patience_seconds, self._clock)
        if int(headers.get(b"content-length", b"0")) > limit:
            await body.too_large()
            return
        try:
            await self._app(scope, body.receive, body.send)
        except _CutError:
            # The answer is sent. Whoever caught this on its way may go on: what it sends goes nowhere.
            return


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


class _CutError(Exception):
    """The body was cut off, and the answer is sent."""


class _Body:
    """The body of one request, and the right to answer it."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        limit: int,
        patience: float,
        clock: Callable[[], float],
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._patience = patience
        self._clock = clock
        self._began = clock()
        self._bytes = 0
        self._complete = not _has_body(scope)
        self._started = False
        self._cut = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        message: Message | None = None
        with anyio.move_on_after(self._seconds_left()):
            message = await self._receive()
        if message is None:
            await self._refuse(408, "The body of the request came too slowly.", "TOO_SLOW")
            raise _CutError
        self._bytes += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._bytes > self._limit:
            await self.too_large()
            raise _CutError
        return message

    async def send(self, message: Message) -> None:
        if self._cut:
            return
        if message["type"] == "http.response.start":
            self._started = True
            if not self._complete:
                # The rest of the body is of no use to anybody.
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        await self._send(message)

    async def too_large(self) -> None:
        """Answer 413."""
        await self._refuse(413, f"The request is larger than {self._limit} bytes.", "TOO_LARGE")

    async def _refuse(self, status: int, message: str, code: str) -> None:
        if not self._started:
            answer = spelled(Request(self._scope), status, message, code, headers={"Connection": "close"})
            await answer(self._scope, self._receive, self._send)
        self._cut = True

    def _seconds_left(self) -> float:
        """Return the patience for the next piece: less once the whole lags behind the slowest rate."""
        allowed = self._patience + self._bytes / _SLOWEST_BYTES_A_SECOND
        return max(0.0, min(self._patience, allowed - (self._clock() - self._began)))
