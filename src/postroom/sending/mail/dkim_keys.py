"""Keys of DKIM: making them, signing with them, and what of them stands in the DNS (RFC 6376, RFC 8463).

Signed with `cryptography`, as dkimpy computes RSA in Python, which takes it many times as long.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

_RSA_BITS: Final = 2048
_EXPONENT: Final = 65537
_STRING: Final = 255
"""Most characters of one string of a TXT record."""


class KeyKind(StrEnum):
    """How a key signs. Every receiver knows RSA; Ed25519 is ten times as fast, and unknown to some."""

    RSA = "rsa"
    ED25519 = "ed25519"

    @property
    def algorithm(self) -> str:
        """Return what the signature calls it."""
        return f"{self.value}-sha256"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: `secret` in PKCS 8, `public_key` in base64 as the DNS has it."""

    kind: KeyKind
    public_key: str
    secret: bytes = field(repr=False)


def new_key(kind: KeyKind) -> NewKey:
    """Make a key: RSA of 2,048 bits (RFC 8301), or Ed25519."""
    key: rsa.RSAPrivateKey | Ed25519PrivateKey
    if kind is KeyKind.RSA:
        key = rsa.generate_private_key(_EXPONENT, _RSA_BITS)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
    secret = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return NewKey(kind, base64.b64encode(public).decode(), secret)


class SigningKey:
    """The secret half of a key, ready to sign."""

    def __init__(self, kind: KeyKind, secret: bytes) -> None:
        """Read a secret that `new_key` made."""
        self.kind = kind
        self._key = load_der_private_key(secret, None)

    def sign(self, data: bytes) -> str:
        """Return the signature of data, in base64."""
        digest = hashlib.sha256(data).digest()
        if isinstance(self._key, rsa.RSAPrivateKey):
            signature = self._key.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))
        else:
            assert isinstance(self._key, Ed25519PrivateKey)  # noqa: S101  # there are two kinds
            signature = self._key.sign(digest)  # of the digest, not of the data (RFC 8463, section 3)
        return base64.b64encode(signature).decode()


def record_name(domain: str, selector: str) -> str:
    """Return where the public half of a key stands in the DNS."""
    return f"{selector}._domainkey.{domain}"


def record_value(kind: KeyKind, public_key: str) -> str:
    """Return what stands there."""
    return f"v=DKIM1; k={kind.value}; p={public_key}"


def record_strings(value: str) -> list[str]:
    """Cut the value of a TXT record into strings, each no longer than the DNS allows."""
    return [value[start : start + _STRING] for start in range(0, len(value), _STRING)]
