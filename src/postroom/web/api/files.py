"""Files as answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, Final
from urllib.parse import quote

from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

_PIECE_BYTES: Final = 256 * 1024
_KINDS: Final = {".csv": "text/csv", ".txt": "text/plain"}


def file_answer(
    content: BinaryIO,
    name: str,
    size: int,
    sha256: str,
    *,
    when_sent: Callable[[], None] | None = None,
) -> Response:
    """Return an answer that sends a file piece by piece, to be saved under its name, and closes it.

    `when_sent` is called, from a thread, once its last piece has been taken; never when the client went away.
    """
    kind = next((kind for ending, kind in _KINDS.items() if name.endswith(ending)), None)
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "ETag": f'"{sha256}"',
    }
    return _FileAnswer(content, when_sent, kind or "application/octet-stream", headers)


class _FileAnswer(StreamingResponse):
    """Sends a file and closes it, also when its reader has gone away."""

    def __init__(
        self,
        content: BinaryIO,
        when_sent: Callable[[], None] | None,
        kind: str,
        headers: Mapping[str, str],
    ) -> None:
        """Send the bytes of `content`."""
        super().__init__(_pieces(content, when_sent), media_type=kind, headers=headers)
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._content.close()


def _pieces(content: BinaryIO, when_sent: Callable[[], None] | None) -> Iterator[bytes]:
    while piece := content.read(_PIECE_BYTES):
        yield piece
    # Whoever asks for more has sent what it was given.
    if when_sent is not None:
        when_sent()
