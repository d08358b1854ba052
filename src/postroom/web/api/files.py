"""Files as answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final
from urllib.parse import quote

from fastapi.responses import Response, StreamingResponse

_PIECE_BYTES: Final = 256 * 1024
_KINDS: Final = {".csv": "text/csv", ".txt": "text/plain"}


def file_answer(content: BinaryIO, name: str, size: int, sha256: str) -> Response:
    """Return an answer that sends a file piece by piece, to be saved under its name, and closes it."""
    kind = next((kind for ending, kind in _KINDS.items() if name.endswith(ending)), None)
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "ETag": f'"{sha256}"',
    }
    return StreamingResponse(_pieces(content), media_type=kind or "application/octet-stream", headers=headers)


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while piece := content.read(_PIECE_BYTES):
            yield piece
