"""Secrets that must be read again, sealed at rest: AES-256-GCM under the installation's key.

What is only ever compared (passwords) is hashed instead, in `credentials`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from postroom.contacts.errors import Refused, Unavailable
from postroom.store.private_files import place_once, refuse_open_to_others

KEY_BYTES: Final = 32
SIGNATURE_CHARACTERS: Final = 43
"""Of a whole signature: 256 bits in base64."""
_FORM: Final = b"\x01"
"""First byte of what is sealed: AES-256-GCM, then a nonce of 12 bytes, then the ciphertext with its tag."""
_NONCE_BYTES: Final = 12
_MARK_CHARACTERS: Final = 20
_SIGNING: Final = b"postroom signing"
"""Names the use of a derived key (RFC 5869, info)."""


class Sealer:
    """Seals and signs under the first of its keys, unseals and verifies under any: so keys can be changed."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take one key of 32 bytes or more of them, the newest first."""
        self._ciphers = [AESGCM(key) for key in keys]
        # One key, one use: what signs is derived from what seals.
        self._signing = [HKDF(SHA256(), KEY_BYTES, None, _SIGNING).derive(key) for key in keys]

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """Encrypt a secret; `purpose` names what it is and whose, such as "pgp-key/account/7".

        It cannot be unsealed for another purpose: a sealed secret copied to another account's row stays shut.
        """
        # Random nonces of 96 bits serve 2^32 secrets under one key (NIST SP 800-38D, 8.3).
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORM + nonce + self._ciphers[0].encrypt(nonce, secret, purpose.encode())

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """Return the secret.

        Raises:
            Unavailable: no key of ours fits, or it was changed, or sealed for another purpose.
        """
        start = len(_FORM)
        nonce, ciphertext = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
        for cipher in self._ciphers if sealed.startswith(_FORM) and len(nonce) == _NONCE_BYTES else ():
            try:
                return cipher.decrypt(nonce, ciphertext, purpose.encode())
            except InvalidTag:
                continue
        raise Unavailable(
            f"The secret '{purpose}' does not open with this installation's key: "
            "restore keys/secret.key, or set POSTROOM_SECRET_KEY to the key it was sealed with.",
            code="SEALED_SECRET",
        )

    def signature(self, message: str, *, characters: int = SIGNATURE_CHARACTERS) -> str:
        """Return what proves that we wrote a message: text, as it may stand in a URL (HMAC-SHA256).

        Of fewer `characters` each is six bits; 22 of them nobody guesses either (RFC 2104, section 5).
        """
        return _signature(self._signing[0], message)[:characters]

    def verifies(self, signature: str, message: str, *, characters: int = SIGNATURE_CHARACTERS) -> bool:
        """Tell whether a signature is ours, in the same time whatever of it is wrong."""
        # As text, not decoded: the last character of base64 has bits that mean nothing.
        given = signature.encode("utf-8", "replace")
        fits = [
            hmac.compare_digest(_signature(key, message)[:characters].encode(), given)
            for key in self._signing
        ]
        return any(fits)

    def marks(self, message: str) -> list[str]:
        """Return what proves that we wrote a message, under each key, the newest first.

        Each is 20 small letters and digits, for addresses, on whose way case gets lost: a hundred bits, which
        nobody guesses (RFC 2104, section 5).
        """
        return [_mark(key, message) for key in self._signing]


def _mark(key: bytes, message: str) -> str:
    digest = hmac.digest(key, f"mark of {message}".encode(), "sha256")
    return base64.b32encode(digest)[:_MARK_CHARACTERS].decode().lower()


def _signature(key: bytes, message: str) -> str:
    digest = hmac.digest(key, message.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def read_keys(text: str) -> list[bytes]:
    """Read keys written in base64, separated by spaces, commas or line ends; the first one seals.

    Raises:
        ValueError: there is none, or one is not base64 of 32 bytes.
    """
    keys = [_key(word) for word in text.replace(",", " ").split()]
    if not keys:
        raise ValueError("expected a key: 32 random bytes in base64, as from: openssl rand -base64 32")
    return keys


def ensure_key_file(path: Path) -> list[bytes]:
    """Return the keys in a file, made at first with one key in it (mode 0600).

    Raises:
        Refused: the file cannot be read, is open to others, or holds something else.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            place_once(path, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        refuse_open_to_others(path, "the secret key")
        return read_keys(path.read_text(encoding="ascii", errors="replace"))
    except OSError as failed:
        raise Refused(f"The secret key {path} cannot be read: {failed.strerror}.", code="BAD_KEY") from None
    except ValueError as wrong:
        raise Refused(f"{path} holds no secret key: {wrong}.", code="BAD_KEY") from None


def _key(word: str) -> bytes:
    try:
        key = base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        # Without the word itself: it may be most of a key.
        raise ValueError("each key is 32 random bytes in base64, as from: openssl rand -base64 32")
    return key
