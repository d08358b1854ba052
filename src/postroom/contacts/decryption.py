"""The key that opens what was encrypted for an account."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DecryptionKey:
    """An OpenPGP secret key (RFC 9580 section 10.2, binary) with its passphrase, empty when it has none.

    It is shown by its fingerprint alone, so that no log or traceback gives it away.
    """

    fingerprint: str
    secret: bytes = field(repr=False)
    passphrase: str = field(default="", repr=False)

    def to_bytes(self) -> bytes:
        """Write secret and passphrase in one piece, for sealing."""
        return f"{self.passphrase}\n".encode() + self.secret

    @classmethod
    def from_bytes(cls, fingerprint: str, content: bytes) -> DecryptionKey:
        """Read what `to_bytes` wrote."""
        passphrase, _, secret = content.partition(b"\n")
        return cls(fingerprint, secret, passphrase.decode())
