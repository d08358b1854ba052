"""Key pairs of OpenPGP: making them, reading them, and which messages each of them opens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from pysequoia import Cert, CipherSuite, PyDecryptor, Tsk
from pysequoia.packet import Packet, PacketPile, Tag

from postroom.contacts.decryption import DecryptionKey
from postroom.contacts.errors import Refused

_SUBKEYS = (Tag.SecretSubkey, Tag.PublicSubkey)


class PgpError(Exception):
    """The library found the data wrong; its first line of explanation."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key pair: the half to keep, and what may be told to everybody.

    `key_ids` are those of the parts that open messages, as gpg names them: 16 hexadecimal digits in capitals.
    """

    secret: DecryptionKey
    key_ids: tuple[str, ...]
    user_id: str
    public_key: str
    expires_at: datetime | None


def generate(user_id: str, *, rsa: bool = False) -> KeyPair:
    """Make a key pair without an expiry date: Curve25519, or RSA with 3072 bits for old programs."""
    # Version 4 keys (the default profile): GnuPG 2.2 and most programs of today know no others.
    tsk = Tsk.generate(user_id, cipher_suite=CipherSuite.RSA3k if rsa else CipherSuite.Cv25519)
    return _described(tsk, "")


def read_key(content: bytes, passphrase: str) -> KeyPair:
    """Read a secret key as exported, armoured or binary.

    Raises:
        Refused: it is none, its passphrase is another, or no part of it can decrypt.
    """
    try:
        with pgp_errors():
            pair = _described(Tsk.from_bytes(content), passphrase)
    except PgpError as wrong:
        raise Refused(f"This is no secret PGP key that can be used: {wrong}.", code="BAD_KEY") from None
    if not pair.key_ids:
        raise Refused(
            "No part of this key opens messages: it has no secret half for encryption by RSA or an elliptic "
            "curve, it has expired or was revoked, or its passphrase is another.",
            code="BAD_KEY",
        )
    return pair


def openers(key: DecryptionKey) -> dict[str, PyDecryptor]:
    """Return, by key id, what opens messages; empty when the key has expired, for instance.

    Make them anew for each message: the library locks one for good when a message makes it panic.
    """
    found: dict[str, PyDecryptor] = {}
    try:
        with pgp_errors():
            # The library takes one part for decrypting of each key, so each is offered with one part only.
            candidates = list(_with_one_part(list(PacketPile.from_bytes(key.secret))))
    except PgpError:
        return found
    for key_id, packets in candidates:
        try:
            with pgp_errors():
                found[key_id] = Tsk.from_packets(packets).decryptor(key.passphrase or None)
        except PgpError:
            continue
    return found


@contextmanager
def pgp_errors() -> Iterator[None]:
    """Turn what the library raises over bad data into PgpError; a lack of memory stays what it is."""
    try:
        yield
    except (RuntimeError, ValueError, OSError) as wrong:
        # A backtrace follows the first line.
        raise PgpError((str(wrong).splitlines() or [""])[0]) from None
    except BaseException as wrong:
        # The library panics on some cut messages; that is no Exception, and no bug of ours.
        if type(wrong).__name__ != "PanicException":
            raise
        raise PgpError("cut off or damaged") from None


def _described(tsk: Tsk, passphrase: str) -> KeyPair:
    public = tsk.extract_certificate()
    key = DecryptionKey(public.fingerprint.upper(), bytes(tsk), passphrase)
    return KeyPair(key, tuple(openers(key)), _user_id(public), str(public), public.expiration)


def _user_id(public: Cert) -> str:
    return str(public.user_ids[0]) if public.user_ids else ""


def _with_one_part(packets: Sequence[Packet]) -> Iterator[tuple[str, list[Packet]]]:
    """Yield (key id, packets of a whole key) for the primary key alone, and for it with each subkey."""
    starts = [place for place, packet in enumerate(packets) if packet.tag in _SUBKEYS]
    ends = [*starts[1:], len(packets)]
    primary = list(packets[: starts[0]] if starts else packets)
    if primary and primary[0].key_id:
        yield primary[0].key_id.upper(), primary
    for start, end in zip(starts, ends, strict=True):
        key_id = packets[start].key_id
        if key_id:
            yield key_id.upper(), primary + list(packets[start:end])
