"""The outermost layer: it names requests, finishes and logs answers, and answers for bugs."""

from __future__ import annotations

import logging
import time
from collections.abc import MutableMapping
from typing import Any, Final

from fastapi.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from postroom.web import request_ids
from postroom.web.errors import apology

_LOG = logging.getLogger("postroom.web.requests")

_ADDED: Final = "postroom.headers"
_SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")


def add_header(scope: MutableMapping[str, Any], name: str, value: str) -> None:
    """Let the answer to this request have one more header, whoever makes it."""
    scope[_ADDED].append((name.lower().encode(), value.encode("latin-1")))


class Answering:
    """Names requests, finishes the headers of answers, logs both, and answers for bugs."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = request_ids.id_for(dict(scope["headers"]).get(b"x-request-id"))
        request_ids.current.set(name)
        scope[_ADDED] = [(b"x-request-id", name.encode())]
        answer = _Answer(scope, send)
        try:
            await self._app(scope, receive, answer.send)
        except Exception:  # noqa: BLE001  # a bug of ours must not keep its caller waiting for an answer
            _LOG.exception("%s %s failed", scope["method"], _shown(scope["path"]))
            if not answer.status:
                await apology(Request(scope))(scope, receive, answer.send)
        finally:
            answer.log()


def _shown(path: str) -> str:
    """Return a path as it may stand in a log: whoever reads that must not be able to unsubscribe people.

    Nor may they call as a provider, whose secret may stand at the end of the path.
    """
    if path.startswith("/hooks/"):
        return "/".join(path.split("/")[:4])
    return f"{path[:5]}…" if path.startswith("/t/") else path


class _Answer:
    """The answer to one request, on its way."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._started = time.perf_counter()
        self._logged = False
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), *self._scope[_ADDED]]
            present = {name.lower() for name, _ in headers}
            headers += [pair for pair in _SAFE if pair[0] not in present]
            if self._scope["scheme"] == "https":
                headers.append(_HSTS)
            message["headers"] = headers
        elif not message.get("more_body", False):
            self.log()
        await self._send(message)

    def log(self) -> None:
        if self._logged:
            return
        self._logged = True
        milliseconds = round((time.perf_counter() - self._started) * 1000, 1)
        client = self._scope.get("client")
        # A line about each read that went well would be a third of what reads cost (measured).
        plain = self._scope["method"] in {"GET", "HEAD"} and 200 <= self.status < 400
        # Never the query: it may hold addresses of contacts.
        _LOG.log(
            logging.DEBUG if plain else logging.INFO,
            "%s %s answered %s in %s ms for %s",
            self._scope["method"],
            _shown(self._scope["path"]),
            self.status or "nothing",
            milliseconds,
            client[0] if client else "nobody",
        )
