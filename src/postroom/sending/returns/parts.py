"""A mail as a tree of parts, read within bounds: whoever writes to our addresses may write anything.

The parser of the standard library reads all that there is, and takes quadratic time over some headers. This
one knows what reports need, and leaves the rest out: so many bytes, headers, parts and levels.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.header import decode_header, make_header
from typing import Final

MOST_BYTES: Final = 512 * 1024
"""How much of a mail is looked at; what it answers is said at its beginning."""

_MOST_HEADERS: Final = 200
_MOST_HEADER: Final = 2048
_MOST_PARTS: Final = 40
_MOST_LEVELS: Final = 5

_NAME: Final = re.compile(rb"([!-9;-~]{1,76})[ \t]*:[ \t]*(.*)", re.DOTALL)
_BOUNDARY: Final = re.compile(r"""boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)
_CHARSET: Final = re.compile(
    r"""charset\s*=\s*"?(us-ascii|utf-?(?:8|16)|iso-\d[\w-]{1,12}|windows-\d+|cp\d+|koi8-\w|gb\w+|big5|shift_jis|"""
    r"""euc-\w\w)\b""",
    re.IGNORECASE,
)
"""Those that mails have. Python knows more, and some of them take long or make half characters."""
_EMPTY_LINE: Final = re.compile(rb"\r?\n[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class Part:
    """A mail, or a part of one: headers by small-letter name, `kind` such as "text/plain", body or parts.

    The body is as it was transferred; a mail within this one is its single part.
    """

    headers: Mapping[str, tuple[str, ...]]
    kind: str
    body: bytes
    parts: tuple[Part, ...] = ()

    def header(self, name: str) -> str:
        """Return the first header of a name, decoded; "" where there is none."""
        values = self.headers.get(name, ())
        return _decoded(values[0]) if values else ""

    def content(self, most: int = 65_536) -> bytes:
        """Return the body as it was before its transfer, and no more of it than so many bytes."""
        encoding = self.header("content-transfer-encoding").strip().lower()
        return _transferred(self.body[: 2 * most], encoding)[:most]

    def text(self, most: int = 65_536) -> str:
        """Return the body as text, whatever it is, and no more of it than so many bytes."""
        found = _CHARSET.search(self.header("content-type"))
        try:
            return self.content(most).decode(found[1] if found else "utf-8", "replace")
        except (LookupError, ValueError):
            return self.content(most).decode("utf-8", "replace")

    def walk(self) -> Iterator[Part]:
        """Yield this part, and those in it in their order."""
        yield self
        for each in self.parts:
            yield from each.walk()


class _Budget:
    """How many more parts may be read."""

    def __init__(self) -> None:
        self.parts = _MOST_PARTS

    def take(self) -> bool:
        self.parts -= 1
        return self.parts >= 0


def read_mail(raw: bytes) -> Part:
    """Read a mail; whatever is wrong with it, something is returned."""
    return _read(raw[:MOST_BYTES], _Budget(), 0)


def read_headers(raw: bytes) -> dict[str, tuple[str, ...]]:
    """Read a block of headers: names in small letters, values on one line each, both cut at a length."""
    found: dict[str, list[str]] = {}
    for name, value in _header_lines(raw):
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


def header_blocks(raw: bytes) -> list[dict[str, tuple[str, ...]]]:
    """Read blocks of headers with empty lines between, as a delivery report has them (RFC 3464, 2.1)."""
    blocks = _EMPTY_LINE.split(raw.strip(), maxsplit=_MOST_PARTS)
    return [block for block in map(read_headers, blocks) if block]


def _read(raw: bytes, budget: _Budget, level: int) -> Part:
    head, body = _halves(raw)
    headers = read_headers(head)
    kind = _kind(headers)
    if level >= _MOST_LEVELS:
        return Part(headers, kind, body)
    if kind.startswith("multipart/"):
        boundary = _BOUNDARY.search(headers["content-type"][0])
        pieces = _split(body, (boundary[1] or boundary[2]).encode()) if boundary else []
        return Part(headers, kind, b"" if pieces else body, _read_all(pieces, budget, level))
    if kind in {"message/rfc822", "message/global"}:
        inner = _transferred(body, headers.get("content-transfer-encoding", ("",))[0].strip().lower())
        return Part(headers, kind, body, _read_all([inner], budget, level))
    return Part(headers, kind, body)


def _read_all(pieces: list[bytes], budget: _Budget, level: int) -> tuple[Part, ...]:
    return tuple(_read(piece, budget, level + 1) for piece in pieces if budget.take())


def _kind(headers: Mapping[str, tuple[str, ...]]) -> str:
    return headers.get("content-type", ("text/plain",))[0].partition(";")[0].strip().lower()


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    """Return headers and body; a part that begins with an empty line has no header."""
    if raw.startswith((b"\n", b"\r\n")):
        return b"", raw.lstrip(b"\r\n")
    found = _EMPTY_LINE.search(raw)
    return (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    """Return what stands between the lines of a boundary, without what stands before and after all."""
    pieces = re.split(
        rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(?=--|[ \t]*\r?\n)", body, maxsplit=_MOST_PARTS
    )
    found = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        found.append(re.sub(rb"\A[ \t]*\r?\n", b"", piece))
    return found


def _header_lines(raw: bytes) -> Iterator[tuple[str, str]]:
    count, name, value = 0, "", b""
    for line in raw.split(b"\n", 20 * _MOST_HEADERS):
        if line[:1] in {b" ", b"\t"}:
            if len(value) < _MOST_HEADER:
                value += b" " + line[:_MOST_HEADER].strip()
            continue
        if name:
            yield name, _plain(value)
        found = _NAME.match(line[:_MOST_HEADER])
        count += 1
        if count > _MOST_HEADERS:
            return
        name, value = (found[1].decode("ascii").lower(), found[2].strip()) if found else ("", b"")
    if name:
        yield name, _plain(value)


def _plain(value: bytes) -> str:
    return value[:_MOST_HEADER].decode("utf-8", "replace")


def _decoded(value: str) -> str:
    """Return a header with its encoded words read (RFC 2047); as it stands when they are not right."""
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError, UnicodeError, binascii.Error):
        return value


def _transferred(body: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        for cut in (body, body[:-1]):
            try:
                return binascii.a2b_base64(cut + b"==")
            except binascii.Error:
                continue
        return b""
    return quopri.decodestring(body) if encoding == "quoted-printable" else body
