"""A server that answers as a test tells it, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from postroom.client import Client, Retrying

Answer = httpx.Response | Exception

LIST = {
    "id": 7,
    "name": "Spring",
    "description": None,
    "created_at": "2026-03-04T12:00:00Z",
    "updated_at": "2026-03-04T12:00:00Z",
    "last_drop_id": None,
    "stats": None,
}


class Server(httpx.BaseTransport):
    """Gives its answers one after another, the last one for ever; tokens are numbered."""

    def __init__(
        self, answers: Sequence[Answer], *, token: httpx.Response | None = None, expires_in: int = 3600
    ) -> None:
        self._answers = list(answers)
        self._token = token
        self._expires_in = expires_in
        self.tokens = 0
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path == "/token":
            self.tokens += 1
            given = {"access_token": f"token {self.tokens}", "expires_in": self._expires_in}
            return self._token or httpx.Response(200, json=given)
        # As it is now: a request that is sent again is the same object, changed.
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        self.asked.append(sent)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def headers(self, name: str) -> list[str | None]:
        return [request.headers.get(name) for request in self.asked]

    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.asked]


def good(said: Any = LIST, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=said, headers=headers)


def problem(status: int, code: str = "ODD", **headers: str) -> httpx.Response:
    said = {"title": "No", "status": status, "detail": "It is odd.", "code": code, "details": {"ids": [7]}}
    return httpx.Response(status, json=said, headers={"X-Request-ID": "abc", **headers})


def client_of(server: Server, waits: list[float] | None = None, calls: int = 5) -> Client:
    """Return a client of a server, that notes how long it would wait."""
    sleep: Callable[[float], None] = (waits if waits is not None else []).append
    return Client(
        "http://postroom.test/", "shop", "secret", retrying=Retrying(calls, sleep=sleep), transport=server
    )
