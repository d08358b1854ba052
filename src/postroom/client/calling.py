"""Calls over HTTP, made again where that may help."""

from __future__ import annotations

import itertools
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from postroom.client.answers import problem_of
from postroom.client.errors import ApiError, Unreachable
from postroom.client.uploads import Upload


@dataclass(frozen=True, slots=True)
class Retrying:
    """How often a call is made, and how long is waited in between.

    The wait doubles from `first_seconds` to `longest_seconds`, less a random part. Where the server says how
    long to wait it is that, up to `longest_seconds`.
    """

    calls: int = 5
    first_seconds: float = 0.25
    longest_seconds: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, made: int, said: float | None) -> None:
        """Wait after so many calls; `said` is what the server said."""
        seconds = self.first_seconds * 2.0 ** (made - 1) * random.uniform(0.5, 1.0) if said is None else said
        self.sleep(min(seconds, self.longest_seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: query, body (JSON) or form with a file; `etag` is for If-Match.

    A call that writes has a key, so that it takes effect once however often it is made.
    """

    method: str
    path: str
    query: Mapping[str, Any] | None = None
    body: Any = None
    form: Mapping[str, str] | None = None
    upload: Upload | None = None
    etag: str | None = None
    key: str | None = None


class Line:
    """A line to one server as one client of its API; threads may share it."""

    def __init__(self, url: str, http: httpx.Client, retrying: Retrying) -> None:
        """Take the server's address, and what makes calls with a token."""
        self._url = url
        self._http = http
        self._retrying = retrying

    def answer(self, call: Call) -> httpx.Response:
        """Make a call, again where that may help, and return its answer.

        Raises:
            Problem: the server refuses it.
            Unreachable: no answer came.
        """
        headers = _headers(call)
        for made in itertools.count(1):
            try:
                return self._answer_once(call, headers)
            except ApiError as failed:
                if not failed.passing or made >= self._retrying.calls:
                    raise
                self._retrying.wait(made, failed.retry_after)
        raise AssertionError  # the loop above ends by itself

    def items(self, path: str, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield the items of a listing, page by page."""
        cursor: str | None = None
        while True:
            page = self.answer(Call(method="GET", path=path, query={**query, "cursor": cursor})).json()
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def _answer_once(self, call: Call, headers: Mapping[str, str]) -> httpx.Response:
        query = {name: value for name, value in (call.query or {}).items() if value is not None}
        try:
            answer = self._http.request(
                call.method,
                self._url + call.path,
                params=query,
                headers=headers,
                json=call.body,
                data=call.form,
                files={"file": (call.upload.name, call.upload)} if call.upload else None,  # type: ignore[dict-item]  # reads and seeks, as httpx needs
            )
        except httpx.TransportError as failed:
            raise Unreachable(f"{self._url} does not answer: {failed}") from failed
        if not answer.is_success:
            raise problem_of(answer)
        return answer


def _headers(call: Call) -> dict[str, str]:
    headers = {"Accept": "application/json"}
    if call.method != "GET":
        headers["Idempotency-Key"] = call.key or str(uuid.uuid4())
    if call.etag is not None:
        headers["If-Match"] = call.etag
    return headers
