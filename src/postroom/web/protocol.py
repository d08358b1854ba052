"""HTTP/1.1 as uvicorn speaks it with httptools, with bounds that neither of them has."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD_BYTES: Final = 128 * 1024
"""Tokens may have 50,000 characters, and clients may send one twice."""
_HEAD_FIELDS: Final = 200
_MAPPED: Final = "::ffff:"


class BoundedProtocol(HttpToolsProtocol):
    """Ends connections whose head (request line and header fields) is too large or does not come."""

    head_seconds = 20.0
    """How long a head may take from its first byte, and a new connection until then."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what uvicorn gives."""
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for a request, not for ever; know IPv4 clients of an IPv6 socket by their own address."""
        super().connection_made(transport)
        if self.client and self.client[0].startswith(_MAPPED):
            self.client = (self.client[0].removeprefix(_MAPPED), self.client[1])
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; give up on a head that goes on and on."""
        awaited = self._deadline is not None
        super().data_received(data)
        # The parser keeps an unfinished field without bound, and tells of none before its end.
        if awaited and self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES:
                self._head_came()
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Count anew."""
        super().on_message_begin()
        self._head_bytes = 0
        self._await_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field, up to a number of them."""
        super().on_header(name, value)
        if len(self.headers) > _HEAD_FIELDS:
            # An error in a callback is an error of the parser, to uvicorn: it answers 400 and closes.
            raise ValueError("too many header fields")

    def on_headers_complete(self) -> None:
        """Go on with the request."""
        self._head_came()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._head_came()
        self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    def _head_came(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
