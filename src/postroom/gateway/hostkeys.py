"""The SSH host keys of an installation: made once, then the same on every start and every node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncssh

from postroom.contacts.errors import Refused
from postroom.store.private_files import place_once, refuse_open_to_others

# ed25519 for today's clients, RSA for old ones that know nothing else; 3072 bits are as strong as the former
# (NIST SP 800-57 part 1, table 2).
_KINDS: Final = (("ssh_host_ed25519_key", "ssh-ed25519", None), ("ssh_host_rsa_key", "ssh-rsa", 3072))


def ensure_host_keys(directory: Path) -> tuple[Path, ...]:
    """Return the private key files in `directory`, making those that are missing (mode 0600).

    Several processes may start at once: they all return the same keys.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tuple(_ensured(directory / name, algorithm, bits) for name, algorithm, bits in _KINDS)


def load_host_keys(paths: Sequence[Path]) -> tuple[asyncssh.SSHKey, ...]:
    """Read private key files without a passphrase, in order of preference.

    Raises Refused, naming the file, when there is none, one cannot be read, is no private key, or is open
    to others.
    """
    if not paths:
        raise Refused("The SFTP server has no host key: name at least one private key file.")
    return tuple(_loaded(path) for path in paths)


def fingerprints(keys: Sequence[asyncssh.SSHKey]) -> tuple[str, ...]:
    """Return what a client shows at its first connection, such as "ssh-ed25519 SHA256:…"."""
    return tuple(f"{key.get_algorithm()} {key.get_fingerprint()}" for key in keys)


def _ensured(path: Path, algorithm: str, bits: int | None) -> Path:
    if path.exists():
        return path
    key = (
        asyncssh.generate_private_key(algorithm, comment="postroom")
        if bits is None
        else asyncssh.generate_private_key(algorithm, comment="postroom", key_size=bits)
    )
    place_once(path, key.export_private_key())
    return path


def _loaded(path: Path) -> asyncssh.SSHKey:
    try:
        refuse_open_to_others(path, "the SSH host key")
        return asyncssh.read_private_key(path)
    except OSError as error:
        raise Refused(f"The SSH host key {path} cannot be read: {error.strerror}.") from error
    except asyncssh.KeyImportError as error:
        raise Refused(f"The SSH host key {path} is not a private key without passphrase: {error}.") from error
