"""Secrets at rest: argon2id hashes of passwords, fingerprints of keys, generated secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# 19 MiB, two passes, one lane: the OWASP minimum; 26 ms on the reference machine (specs/gateway.md 2).
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_DUMMY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$UjOJX1t3sMHwPzYwzRw2HyfqfHBgTDYTxWmbYlsjtho"
"""A well-formed hash that no password fits, so that unknown logins cost the same time."""


def hash_password(password: str) -> str:
    """Hash a password with argon2id (about 30 ms)."""
    return _HASHER.hash(password)


def password_fits(password_hash: str | None, password: str) -> bool:
    """Check a password in constant time; without a hash a dummy is checked, so that it takes as long."""
    try:
        _HASHER.verify(password_hash or _DUMMY, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def key_fingerprint(key_blob: bytes) -> str:
    """Return the SHA-256 fingerprint of an SSH public key blob, as OpenSSH writes it."""
    digest = base64.b64encode(hashlib.sha256(key_blob).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def new_secret() -> str:
    """Return a random password of 24 characters, safe to type and to put in a URL."""
    return secrets.token_urlsafe(18)


def hash_secret(secret: str) -> str:
    """Hash a secret that we made: 144 random bits cannot be guessed, so SHA-256 will do.

    Programs may ask for a token with each page they serve, and argon2id would make that 40 tokens a second.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def secret_fits(secret_hash: str | None, secret: str) -> bool:
    """Check a secret that we made in constant time, also when there is no hash to compare with."""
    fits = hmac.compare_digest(secret_hash or "0" * 64, hash_secret(secret))
    return fits and secret_hash is not None
