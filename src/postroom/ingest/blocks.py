"""A file as blocks of whole lines, in UTF-8 with LF; memory stays at two blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from postroom.ingest.encodings import Utf16Decoder, to_utf8
from postroom.ingest.inspect import Inspection

BLOCK_BYTES = 4 << 20
_FIRST_BYTES = 1 << 19


def text_blocks(stream: BinaryIO, inspection: Inspection, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield the file without its byte order mark; each block but the last ends with LF.

    `inspection` must be of the same bytes: blocks of plain LF files pass unlooked at. A lone CR
    and CRLF become LF everywhere, inside quotes too.
    """
    stream.read(inspection.bom_bytes)
    pieces = _line_fed(_narrow(stream, inspection, block_bytes), inspection)
    # One piece is looked ahead, so that a last line without an end does not become a block of its own.
    held = next(pieces, b"")
    for piece in pieces:
        cut = held.rfind(b"\n") + 1
        if cut:
            yield to_utf8(held[:cut], inspection.encoding)
        held = held[cut:] + piece
    if held:
        yield to_utf8(held, inspection.encoding)


def _narrow(stream: BinaryIO, inspection: Inspection, block_bytes: int) -> Iterator[bytes]:
    if inspection.encoding not in {"utf-16-le", "utf-16-be"}:
        yield from _pieces(stream, block_bytes)
        return
    decoder = Utf16Decoder(inspection.encoding)
    for piece in _pieces(stream, block_bytes):
        yield decoder.utf8(piece)
    if rest := decoder.utf8(b"", final=True):
        yield rest


def _pieces(stream: BinaryIO, block_bytes: int) -> Iterator[bytes]:
    """Read ever larger pieces: the database gets to work while the file is hardly open."""
    size = min(block_bytes, _FIRST_BYTES)
    while piece := stream.read(size):
        yield piece
        size = min(block_bytes, 2 * size)


def _line_fed(pieces: Iterator[bytes], inspection: Inspection) -> Iterator[bytes]:
    if inspection.newline in {"lf", "none"}:
        yield from pieces
        return
    held = b""
    for piece in pieces:
        # A CR at the end may be half of a CRLF: it waits for the next piece.
        whole = held + piece
        held = b"\r" if whole.endswith(b"\r") else b""
        fed = whole[: len(whole) - len(held)].replace(b"\r\n", b"\n")
        yield fed if inspection.newline == "crlf" else fed.replace(b"\r", b"\n")
    if held:
        yield b"\n"
