"""Opening a PGP message in memory: wholly and unchanged, or not at all.

The library (Sequoia) hands out nothing before it has checked the integrity of everything, and takes neither
messages without such a check nor ciphers that are broken. A signature inside is not looked at.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pysequoia import PyDecryptor
from pysequoia import decrypt as _decrypt

from postroom.contacts.batches import FileRefused
from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.reasons import Reason
from postroom.ingest.pgp_keys import PgpError, openers, pgp_errors

MAX_PLAINTEXT_BYTES = 128 << 20
"""Most that may come out: it is held in memory as a whole, at times twice."""

_EXTENSION = re.compile(r"\.(pgp|gpg|asc)$", re.IGNORECASE)
_ARMOR = re.compile(rb"\s*-----BEGIN PGP MESSAGE-----[^\n]*\n(?:[^\n:]*:[^\n]*\n)*\s*\n([A-Za-z0-9+/\s]*)")
_HEAD_BYTES = 64 << 10
"""Room for the session keys of a hundred recipients, which come before the data."""

# Tags of packets (RFC 9580 section 5).
_FOR_KEY, _FOR_PASSWORD, _MARKER = 1, 3, 10
_ENCRYPTED_DATA = frozenset({9, 18, 20})
_ANYBODY = "0" * 16


def is_encrypted_name(filename: str) -> bool:
    """Tell whether a file of this name is taken for a PGP message."""
    return _EXTENSION.search(filename) is not None


def decrypted_name(filename: str) -> str:
    """Return the name without .pgp, .gpg or .asc."""
    return _EXTENSION.sub("", filename)


def decrypt(message: bytes, keys: Sequence[DecryptionKey], allowed: int) -> bytes:
    """Return what a message says, of at most `allowed` bytes; armoured or binary.

    What comes out is measured when all of it is there: only a limit on the memory of this process bounds it
    on the way, and reaching that is the same refusal.

    Raises:
        FileRefused: NOT_PGP, NO_DECRYPTION_KEY, WRONG_KEY, ENCRYPTED_ARCHIVE (with a password), DAMAGED_PGP,
            ARCHIVE_TOO_BIG.
    """
    recipients = _recipients(message)
    if not keys:
        raise FileRefused(Reason.NO_DECRYPTION_KEY)
    ours = {key_id: opener for key in keys for key_id, opener in openers(key).items()}
    fitting = [opener for key_id, opener in ours.items() if recipients.includes(key_id)]
    if not fitting:
        wanted = " ".join(recipients.key_ids)
        raise FileRefused(Reason.WRONG_KEY, f"{wanted} / {' '.join(ours) or '-'}")
    limit = min(allowed, MAX_PLAINTEXT_BYTES)
    try:
        plaintext = _first_opened(message, fitting)
    except MemoryError:
        plaintext = None
    if plaintext is None or len(plaintext) > limit:
        raise FileRefused(Reason.ARCHIVE_TOO_BIG, f"{limit / (1 << 20):.0f} MiB")
    return plaintext


def _first_opened(message: bytes, fitting: Sequence[PyDecryptor]) -> bytes:
    damage = PgpError()
    for opener in fitting:
        try:
            with pgp_errors():
                return _decrypt(message, opener).bytes or b""
        except PgpError as failed:
            damage = failed
    raise FileRefused(Reason.DAMAGED_PGP) from damage


@dataclass(frozen=True, slots=True)
class _Recipients:
    """The ids of the keys that a message says it was encrypted for; zeros stand for whoever can open it."""

    key_ids: tuple[str, ...]

    def includes(self, key_id: str) -> bool:
        return key_id in self.key_ids or _ANYBODY in self.key_ids


def _recipients(message: bytes) -> _Recipients:
    """Read the packets before the data; so nothing that is not encrypted gets any further."""
    head = _binary(message)
    key_ids: list[str] = []
    with_password = False
    at = 0
    while (found := _packet(head, at)) is not None and found.tag in {_FOR_KEY, _FOR_PASSWORD, _MARKER}:
        with_password = with_password or found.tag == _FOR_PASSWORD
        if found.tag == _FOR_KEY:
            key_ids.append(_recipient(head[found.start : found.end]))
        at = found.end
    if found is None or found.tag not in _ENCRYPTED_DATA:
        raise FileRefused(Reason.NOT_PGP if at == 0 else Reason.DAMAGED_PGP)
    if not key_ids:
        raise FileRefused(Reason.ENCRYPTED_ARCHIVE if with_password else Reason.DAMAGED_PGP)
    return _Recipients(tuple(dict.fromkeys(key_ids)))


def _recipient(body: bytes) -> str:
    # Version 3: the key id. Version 6: a length, the key's version, its fingerprint (RFC 9580 section 5.1).
    if body[:1] == b"\x06":
        fingerprint = body[3 : 2 + body[1]] if len(body) > 1 else b""
        key_id = fingerprint[:8] if body[2:3] == b"\x06" else fingerprint[-8:]
        return key_id.hex().upper() or _ANYBODY
    return body[1:9].hex().upper()


def _binary(message: bytes) -> bytes:
    head = message[:_HEAD_BYTES]
    armored = _ARMOR.match(head)
    if armored is None:
        return head
    digits = b"".join(armored[1].split())
    try:
        return base64.b64decode(digits[: len(digits) // 4 * 4])
    except binascii.Error:
        raise FileRefused(Reason.DAMAGED_PGP) from None


@dataclass(frozen=True, slots=True)
class _Packet:
    tag: int
    start: int
    end: int


def _packet(head: bytes, at: int) -> _Packet | None:
    """Read the header of a packet (RFC 9580 section 4.2); of data, which comes last, `end` may be wrong."""
    if at >= len(head) or not head[at] & 0x80:
        return None
    if head[at] & 0x40:
        tag, lengths = head[at] & 0x3F, head[at + 1 : at + 6]
        wide = {255: 5}.get(lengths[0], 1 if lengths[0] < 192 else 2) if lengths else 1
        length = _new_length(lengths[:wide])
    else:
        tag, wide = head[at] >> 2 & 0xF, {0: 1, 1: 2, 2: 4, 3: 0}[head[at] & 3]
        length = int.from_bytes(head[at + 1 : at + 1 + wide], "big")
    start = at + 1 + wide
    return _Packet(tag, start, start + length)


def _new_length(octets: bytes) -> int:
    if len(octets) == 5:
        return int.from_bytes(octets[1:], "big")
    if len(octets) == 2:
        return (octets[0] - 192 << 8) + octets[1] + 192
    return int.from_bytes(octets, "big")
