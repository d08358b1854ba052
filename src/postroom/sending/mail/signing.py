"""DKIM signatures over finished mails (RFC 6376), headers and body in relaxed form.

What relays like to do on the way (folding, blanks at the ends of lines) does not break them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from postroom.sending.mail.dkim_keys import SigningKey

SIGNED: Final = (
    b"from",
    b"reply-to",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"auto-submitted",
    b"feedback-id",
)
"""Headers that are signed where there are any (RFC 6376 section 5.4.1; RFC 8058 section 4 asks for the two of
unsubscribing)."""

ONLY_ONCE: Final = (b"from", b"to", b"subject", b"date", b"reply-to")
"""Headers that are signed once more than they occur, so that nobody can add another."""

_BLANKS: Final = re.compile(rb"[ \t]{2,}|\t")
_BLANK_ENDS: Final = re.compile(rb"[ \t]+\r\n")
_FOLDS: Final = re.compile(rb"\r\n(?=[ \t])")
_WIDTH: Final = 72


@dataclass(frozen=True, slots=True)
class Signer:
    """A key and the name under which receivers find its other half."""

    domain: str
    selector: str
    key: SigningKey


def sign(mail: bytes, signers: Sequence[Signer], *, at: int) -> bytes:
    """Return a mail (RFC 5322, CRLF) with a signature of each signer above it; `at` is in seconds (Unix)."""
    if not signers:
        return mail
    head, _, body = mail.partition(b"\r\n\r\n")
    headers = _headers(head)
    hashed = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest())
    signatures = [_signature(headers, hashed, signer, at) for signer in signers]
    return b"".join([*signatures, mail])


def relaxed_body(body: bytes) -> bytes:
    """Return a body as it is hashed (RFC 6376 section 3.4.4); its last line ends, as it does on the way."""
    ended = body if body.endswith(b"\r\n") else body + b"\r\n"
    plain = _BLANKS.sub(b" ", ended) if b"  " in ended or b"\t" in ended else ended
    plain = _BLANK_ENDS.sub(b"\r\n", plain) if b" \r\n" in plain else plain
    while plain.endswith(b"\r\n\r\n"):
        plain = plain[:-2]
    return b"" if plain == b"\r\n" else plain


def relaxed_header(name: bytes, value: bytes) -> bytes:
    """Return a header as it is hashed, without its line end (RFC 6376, 3.4.2); `name` in small letters."""
    return name + b":" + _BLANKS.sub(b" ", _FOLDS.sub(b"", value)).strip(b" \t")


def _headers(head: bytes) -> dict[bytes, list[bytes]]:
    """Return the values of headers as they stand, by name in small letters; the last one first."""
    found: dict[bytes, list[bytes]] = {}
    for field in re.split(rb"\r\n(?![ \t])", head):
        name, _, value = field.partition(b":")
        found.setdefault(name.strip().lower(), []).insert(0, value)
    return found


def _signature(headers: dict[bytes, list[bytes]], hashed: bytes, signer: Signer, at: int) -> bytes:
    signed: list[bytes] = []
    lines: list[bytes] = []
    for name in SIGNED:
        values = headers.get(name, [])
        lines += [relaxed_header(name, value) for value in values]
        signed += [name] * len(values)
    # Names beyond what there is stand for no header at all.
    signed += [name for name in ONLY_ONCE if name in headers or name != b"reply-to"]
    value = _value(signer, at, signed, hashed)
    lines.append(relaxed_header(b"dkim-signature", value))
    folded = b"\r\n ".join(_pieces(signer.key.sign(b"\r\n".join(lines)).encode()))
    return b"DKIM-Signature:" + value + b"\r\n " + folded + b"\r\n"


def _value(signer: Signer, at: int, signed: Sequence[bytes], hashed: bytes) -> bytes:
    named = f"v=1; a={signer.key.kind.algorithm}; c=relaxed/relaxed; d={signer.domain};"
    lines = [
        f" {named}".encode(),
        f" s={signer.selector}; t={at};".encode(),
        *_list_of(signed),
        b" bh=" + hashed + b";",
        b" b=",
    ]
    return b"\r\n".join(lines)


def _list_of(names: Sequence[bytes]) -> list[bytes]:
    """Return the names of what is signed, in lines."""
    lines, line = [], b" h="
    for place, name in enumerate(names):
        end = b";" if place == len(names) - 1 else b":"
        if len(line) + len(name) > _WIDTH:
            lines.append(line)
            line = b"  "
        line += name + end
    return [*lines, line]


def _pieces(text: bytes) -> list[bytes]:
    return [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
