"""Tokens of a client: asked for at first need, kept for their time, renewed once when the server says 401."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Final

import httpx

from postroom.client.answers import problem_of

_EARLY_SECONDS: Final = 30.0
"""A token is renewed so long before its end, as it takes a while to arrive."""


class TokenAuth(httpx.Auth):
    """Puts a token on each request."""

    requires_response_body = True

    def __init__(self, url: str, client_id: str, secret: str) -> None:
        """Take the address of the server and a client's id and secret."""
        self._url = url
        self._credentials = {"client_id": client_id, "client_secret": secret}
        self._token = ""
        self._good_until = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request with a token, and once more with a new one after 401.

        Raises:
            Problem: the server gives no token.
        """
        if time.monotonic() >= self._good_until:
            self._keep((yield self._asking(request)))
        request.headers["Authorization"] = f"Bearer {self._token}"
        answer = yield request
        if answer.status_code == 401:
            self._keep((yield self._asking(request)))
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _asking(self, request: httpx.Request) -> httpx.Request:
        form = {"grant_type": "client_credentials", **self._credentials}
        # The extensions hold the time-outs, without which it would wait for ever.
        return httpx.Request("POST", f"{self._url}/token", data=form, extensions=request.extensions)

    def _keep(self, answer: httpx.Response) -> None:
        if not answer.is_success:
            raise problem_of(answer)
        given = answer.json()
        self._token = str(given["access_token"])
        self._good_until = time.monotonic() + float(given["expires_in"]) - _EARLY_SECONDS
