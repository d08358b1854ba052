"""A form with a file in it, as it comes: the file goes to disk piece by piece, the other fields stay."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from anyio import to_thread
from fastapi.requests import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from postroom.drops.receiving import Staged
from postroom.drops.room import Room
from postroom.store.blobs import new_key
from postroom.web.errors import Malformed, TooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_TEXT_BYTES: Final = 1024 * 1024
"""What all other fields of a form may have together, names included."""
MOST_FIELDS: Final = 20_000
_PIECE_BYTES: Final = 512 * 1024
_LONGEST_NAME_BYTES: Final = 200
"""Of 255 that a name may have: the deposit second comes before it, the names of reports after it."""
_UNNAMED: Final = "upload"
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come whole, and is staged until whoever takes it moves it away."""

    field: str
    filename: str
    staged: Staged


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form: its texts in their order, and its file, if there is one."""

    texts: list[tuple[str, str]]
    upload: Upload | None


@asynccontextmanager
async def read_upload_form(request: Request, room: Room) -> AsyncIterator[UploadForm]:
    """Read a body multipart/form-data with one file at most; what nobody took of it is removed at the end.

    Raises:
        Malformed: it is not such a form, is cut off, or holds a second file.
        TooLarge: the file or the other fields are larger than allowed.
    """
    form = _Form(request.headers.get("content-type", ""), room.limits.upload_bytes)
    path = room.blobs.staging / new_key()
    try:
        with await to_thread.run_sync(_made, path) as staged:
            async for piece in request.stream():
                form.feed(piece)
                if form.waiting_bytes >= _PIECE_BYTES:
                    await to_thread.run_sync(form.write, staged)
            await to_thread.run_sync(form.write, staged)
        yield form.ended(path)
    finally:
        path.unlink(missing_ok=True)


def safe_name(raw: str) -> str:
    """Return a name for a file from what a program called it: no folders, nothing unprintable, bounded."""
    base = unicodedata.normalize("NFC", raw.replace("\\", "/")).rpartition("/")[2]
    kept = "".join(each for each in base if unicodedata.category(each) not in _REFUSED_CATEGORIES)
    name = kept.strip().lstrip(".").strip()
    stem, dot, extension = name.rpartition(".")
    ending = (dot + extension) if stem and len(extension) <= 8 else ""
    room = _LONGEST_NAME_BYTES - len(ending.encode())
    start = name.removesuffix(ending) if ending else name
    return (start.encode()[:room].decode(errors="ignore").strip() + ending) or _UNNAMED


def _made(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "wb")


class _Form:
    """The parts of a form while they come; pieces of the file wait to be written."""

    def __init__(self, content_type: str, most_bytes: int) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise Malformed("A file comes in a form: Content-Type: multipart/form-data, with a boundary.")
        self._charset = options.get(b"charset", b"utf-8").decode("latin-1")
        self._most_bytes = most_bytes
        self._texts: list[tuple[str, str]] = []
        self._text_bytes = 0
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._field: str | None = None
        self._filename: str | None = None
        self._in_file = False
        self._value = bytearray()
        self._waiting: list[bytes] = []
        self._digest = hashlib.sha256()
        self._size = 0
        self._whole = False
        self._current = ""
        self.waiting_bytes = 0
        try:
            self._parser = MultipartParser(options[b"boundary"], self._callbacks())
        except FormParserError as wrong:
            raise Malformed(f"The form cannot be read: {wrong}.") from None

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the body."""
        try:
            self._parser.write(piece)
        except FormParserError as wrong:
            raise Malformed(f"The form cannot be read: {wrong}.") from None

    def write(self, staged: BinaryIO) -> None:
        """Write what waits of the file."""
        for piece in self._waiting:
            self._digest.update(piece)
            staged.write(piece)
        self._waiting.clear()
        self.waiting_bytes = 0

    def ended(self, path: Path) -> UploadForm:
        """Return the whole form; raise Malformed when its end is missing."""
        if not self._whole:
            raise Malformed("The form is cut off: its last boundary is missing.")
        upload = None
        if self._field is not None and self._filename is not None:
            staged = Staged(path, self._size, self._digest.hexdigest())
            upload = Upload(self._field, safe_name(self._filename), staged)
        return UploadForm(self._texts, upload)

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._take,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        self._disposition = b""
        self._value.clear()

    def _end_header(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = bytes(value)
        name.clear()
        value.clear()

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise Malformed("A part of the form has no name (Content-Disposition).")
        self._current = self._text(options[b"name"])
        # A page sends an empty name where nobody chose a file.
        self._in_file = bool(options.get(b"filename"))
        if not self._in_file:
            self._count_text(len(options[b"name"]))
        elif self._filename is not None:
            raise Malformed("The form holds a second file; one call takes one.")
        else:
            self._field, self._filename = self._current, self._text(options[b"filename"])

    def _take(self, data: bytes, start: int, end: int) -> None:
        if not self._in_file:
            self._count_text(end - start)
            self._value.extend(data[start:end])
            return
        self._size += end - start
        if self._size > self._most_bytes:
            raise TooLarge(f"The file is larger than {self._most_bytes} bytes; nothing was kept.")
        self._waiting.append(data[start:end])
        self.waiting_bytes += end - start

    def _end_part(self) -> None:
        if not self._in_file:
            self._texts.append((self._current, self._text(bytes(self._value))))
            if len(self._texts) > MOST_FIELDS:
                raise TooLarge(f"The form has more than {MOST_FIELDS} fields.")

    def _end(self) -> None:
        self._whole = True

    def _count_text(self, count: int) -> None:
        self._text_bytes += count
        if self._text_bytes > MOST_TEXT_BYTES:
            raise TooLarge(f"The fields of the form are larger than {MOST_TEXT_BYTES} bytes.")

    def _text(self, raw: bytes) -> str:
        # A charset may name nothing at all, or one of Python's codecs that are not for text.
        for charset in (self._charset, "utf-8"):
            with suppress(UnicodeError, LookupError):
                return raw.decode(charset)
        return raw.decode("latin-1")
