"""A mail server that takes everything and keeps nothing: `python -m bench.sink`, which prints its port.

It does as little as a mail server can, so that what is measured is who sends.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

_END: Final = b"\r\n.\r\n"
_OFFERS: Final = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 104857600\r\n"


class Sink(asyncio.Protocol):
    """One connection: commands until DATA, then a mail until its dot."""

    def __init__(self) -> None:
        """Begin with commands."""
        self._buffer = bytearray()
        self._in_mail = False
        self._looked_at = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer all that is complete by now."""
        self._buffer += data
        answers: list[bytes] = []
        while answer := self._mail() if self._in_mail else self._command():
            answers.append(answer)
        if answers:
            self._transport.write(b"".join(answers))

    def _mail(self) -> bytes | None:
        end = self._buffer.find(_END, max(self._looked_at - len(_END), 0))
        if end < 0:
            self._looked_at = len(self._buffer)
            return None
        del self._buffer[: end + len(_END)]
        self._in_mail, self._looked_at = False, 0
        return b"250 2.0.0 Ok: queued as SINK\r\n"

    def _command(self) -> bytes | None:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return None
        verb = bytes(self._buffer[:4]).upper()
        del self._buffer[: end + 2]
        if verb == b"DATA":
            self._in_mail = True
            return b"354 go on\r\n"
        if verb == b"EHLO":
            return _OFFERS
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 2.1.0 Ok\r\n"


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(_serve())
    except KeyboardInterrupt:
        sys.exit(0)
