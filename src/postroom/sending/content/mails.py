"""Mails as they go over the wire: headers, parts and encodings (RFC 5322, 2045 to 2047, 8058).

Written as bytes straight away: the messages of `email` cost more than rendering does. Whatever comes from
people is made one line before it becomes a header, so none can add one.
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from postroom.contacts.errors import Refused
from postroom.sending.content.models import Rendered

TEXT: Final = 1
HTML: Final = 2
BOTH: Final = 99
"""The formats of a mail (specs, command batches 3.2)."""

_LONGEST_LINE: Final = 76
_CHUNK_BYTES: Final = 45
"""How much of a header one encoded word holds: 60 characters of base64, 72 with what is around them."""
_FIRST_CHUNK_BYTES: Final = 33
"""The first one shares its line with the header's name."""

_LONGEST_KEPT: Final = 2000
"""Bytes of a line whose encoding is remembered."""

_NOT_IN_LINE = re.compile("[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+")
"""Controls, blanks and what hides or turns the text around it; a run becomes one space."""

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]*")
_LOCAL = re.compile(r"[^\x00-\x20\x7f-\xa0()<>@,;:\\\"\[\]]{1,64}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")


def build_mail(  # noqa: PLR0913  # a mail is made of these; all are named
    rendered: Rendered,
    *,
    sender: str,
    to: str,
    reply_to: str = "",
    message_id: str,
    date: datetime,
    format: int,  # noqa: A002  # the word of the specs
    one_click: str | None = None,
    optout_mail: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return a whole mail with CRLF line ends, all of it ASCII but perhaps local parts of addresses.

    `sender`, `to` and `reply_to` are addresses, perhaps with a name before them; `format` is TEXT, HTML or
    BOTH, as far as there is the one or the other. `one_click` is where a POST unsubscribes (RFC 8058),
    `optout_mail` an address that does so. `headers` are added as they are.

    Raises:
        Refused: an address is none.
    """
    lines = [
        f"From: {_address(sender)}",
        f"To: {_address(to)}",
        f"Subject: {_unstructured(rendered.subject)}",
        f"Date: {format_datetime(date)}",
        f"Message-ID: <{one_line(message_id).strip('<>')}>",
    ]
    if reply_to:
        lines.append(f"Reply-To: {_address(reply_to)}")
    lines += _list_headers(one_click, optout_mail)
    for name, value in (headers or {}).items():
        if not _HEADER.fullmatch(name):
            raise Refused(f"'{one_line(name)}' cannot be a header of a mail.", code="BAD_HEADER")
        lines.append(f"{name}: {_unstructured(value)}")
    lines.append("MIME-Version: 1.0")
    body = _body(rendered, format, message_id)
    return "\r\n".join(lines).encode() + b"\r\n" + body


def one_line(value: str) -> str:
    """Return a value without line ends, controls and invisible characters, fit for a header."""
    return value if value.isascii() and value.isprintable() else _NOT_IN_LINE.sub(" ", value).strip()


def is_address(text: str) -> bool:
    """Tell whether a mail can come from or go to this, an address with or without a name before it."""
    try:
        _address(text)
    except Refused:
        return False
    return True


def _list_headers(one_click: str | None, optout_mail: str | None) -> list[str]:
    ways = [f"<mailto:{one_line(optout_mail)}>"] if optout_mail else []
    ways += [f"<{one_line(one_click)}>"] if one_click else []
    if not ways:
        return []
    headers = ["List-Unsubscribe: " + ",\r\n ".join(ways)]
    return [*headers, "List-Unsubscribe-Post: List-Unsubscribe=One-Click"] if one_click else headers


def _body(rendered: Rendered, wanted: int, message_id: str) -> bytes:
    parts = []
    if rendered.text and (wanted != HTML or not rendered.html):
        parts.append(_part("plain", rendered.text))
    if rendered.html and (wanted != TEXT or not rendered.text):
        parts.append(_part("html", rendered.html))
    if not parts:
        return _part("plain", "")
    if len(parts) == 1:
        return parts[0]
    # Neither of the two encodings can write "=_", so no part contains its boundary.
    boundary = b"=_" + blake2b(message_id.encode(), digest_size=12).hexdigest().encode()
    opening = b'Content-Type: multipart/alternative; boundary="' + boundary + b'"\r\n'
    inner = b"".join(b"\r\n--" + boundary + b"\r\n" + part for part in parts)
    return opening + inner + b"\r\n--" + boundary + b"--\r\n"


def _part(kind: str, text: str) -> bytes:
    """Return headers and encoded text of a part: quoted-printable, or base64 where that is shorter."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").replace("\n", "\r\n")
    data = lines.encode()
    if len(data) - len(lines) > len(lines) // 4:
        transfer, encoded = b"base64", _base64(data)
    else:
        transfer, encoded = b"quoted-printable", b"\r\n".join(map(_quoted, data.split(b"\r\n")))
    return (
        b"Content-Type: text/" + kind.encode() + b'; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: " + transfer + b"\r\n\r\n" + encoded + b"\r\n"
    )


def _quoted(line: bytes) -> bytes:
    return _quoted_before(line) if len(line) <= _LONGEST_KEPT else _quote(line)


def _quote(line: bytes) -> bytes:
    return b2a_qp(line, istext=True).replace(b"\n", b"\r\n")


# Most lines of a campaign's messages are the same in all of them.
_quoted_before = lru_cache(maxsize=4096)(_quote)


def _base64(data: bytes) -> bytes:
    whole = b2a_base64(data, newline=False)
    return b"\r\n".join(whole[at : at + _LONGEST_LINE] for at in range(0, len(whole), _LONGEST_LINE))


def _unstructured(raw: str) -> str:
    value = one_line(raw)
    if value.isascii() and "=?" not in value:
        return value if len(value) <= 60 else _folded(value)
    return _encoded(value)


def _folded(value: str) -> str:
    """Return a value on lines of at most 76 characters; one that has no blanks to be broken at is encoded."""
    lines, length = [""], 20
    for word in value.split(" "):
        if len(word) >= _LONGEST_LINE:
            return _encoded(value)
        if length + len(word) >= _LONGEST_LINE and lines[-1]:
            lines.append("")
            length = 0
        lines[-1] += f" {word}" if lines[-1] else word
        length += len(word) + 1
    return "\r\n ".join(lines)


def _encoded(value: str) -> str:
    """Return encoded words (RFC 2047), none of which ends within a character."""
    words: list[str] = []
    chunk = b""
    for character in value:
        data = character.encode("utf-8", "replace")
        if len(chunk) + len(data) > (_CHUNK_BYTES if words else _FIRST_CHUNK_BYTES):
            words.append(_word(chunk))
            chunk = b""
        chunk += data
    return "\r\n ".join([*words, _word(chunk)])


def _word(chunk: bytes) -> str:
    return f"=?utf-8?b?{b2a_base64(chunk, newline=False).decode()}?="


@lru_cache(maxsize=1024)
def _address(text: str) -> str:
    """Return an address as a header has it: its name quoted or encoded, its domain in ASCII."""
    name, address = parseaddr(one_line(text))
    local, _, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        domain = ""
    # What is read as an address must have been written as one: blanks in it would be left out.
    if address not in text or not domain or not _LOCAL.fullmatch(local) or not _LOCAL.fullmatch(domain[:64]):
        raise Refused(f"'{one_line(text)}' is no address of a mail.", code="BAD_ADDRESS")
    if not name:
        return f"{local}@{domain}"
    return f"{_phrase(one_line(name))} <{local}@{domain}>"


def _phrase(name: str) -> str:
    if not name.isascii() or "=?" in name or len(name) > 70:
        return _encoded(name) + ("\r\n" if len(name) > 30 else "")
    if _ATOMS.fullmatch(name):
        return name
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
