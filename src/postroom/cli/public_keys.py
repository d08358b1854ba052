"""Reading public keys of SSH logins, as ssh-keygen writes them and authorized_keys keeps them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

from postroom.contacts.errors import Refused

_MAX_BYTES = 64 * 1024

_KINDS = frozenset(
    {
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its kind (RFC 4253 section 6.6) and its bytes in SSH wire format."""

    kind: str
    blob: bytes

    @property
    def line(self) -> str:
        """Write it as authorized_keys does, without a comment."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"


def read_public_keys(path: Path) -> list[PublicKey]:
    """Return the keys of a file, one a line; raise Refused when it cannot be read or has something else."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError as failed:
        raise Refused(f"{path} cannot be read: {failed.strerror}.", code="BAD_KEY") from None
    if "PRIVATE KEY" in text:
        raise Refused(f"{path} is a private key; give the public one ({path.name}.pub).", code="BAD_KEY")
    lines = [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]
    if not lines:
        raise Refused(f"{path} holds no public key.", code="BAD_KEY")
    return [_read(line, path) for line in lines]


def _read(line: str, path: Path) -> PublicKey:
    kind, _, rest = line.partition(" ")
    if kind not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        raise Refused(
            f"{path} is no OpenSSH public key: a line starts with its kind, one of {known}.", code="BAD_KEY"
        )
    try:
        blob = base64.b64decode(rest.partition(" ")[0], validate=True)
    except binascii.Error:
        blob = b""
    # The kind stands inside as well, as a string with its length; a key cut short at its start has none.
    inside = len(kind).to_bytes(4, "big") + kind.encode()
    if not blob.startswith(inside) or len(blob) <= len(inside):
        raise Refused(f"A {kind} key in {path} is damaged.", code="BAD_KEY")
    return PublicKey(kind, blob)
