"""GnuPG as senders use it, with a keyring of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients import require_program


@dataclass(frozen=True, slots=True)
class GnuPG:
    """Runs gpg; keys that it makes have the passphrase `tarts`."""

    program: str
    home: Path

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Run gpg, which must succeed; return what it wrote."""
        told = subprocess.run(
            [
                *(self.program, "--homedir", str(self.home), "--batch", "--quiet", "--no-tty", "--yes"),
                *("--trust-model", "always", "--pinentry-mode", "loopback", "--passphrase", "tarts"),
                *arguments,
            ],
            input=given,
            capture_output=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr.decode()
        return told.stdout

    def encrypt(self, content: bytes, recipient: str, *options: str) -> bytes:
        """Encrypt for a key on the ring."""
        return self.run("--recipient", recipient, *options, "--encrypt", given=content)

    def make_key(self, user: str, primary: str, encryption: str) -> str:
        """Make a key with a subkey for encryption; return its fingerprint."""
        self.run("--quick-gen-key", user, primary, "cert,sign", "never")
        listing = self.run("--list-keys", "--with-colons", user).decode()
        fingerprint = next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr"))
        self.run("--quick-add-key", fingerprint, encryption, "encr", "never")
        return fingerprint


@contextmanager
def keyring() -> Iterator[GnuPG]:
    """Yield GnuPG with an empty keyring; its agent ends with it."""
    program = require_program("gpg")
    # A short path: the agent's socket lies in it.
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    home.chmod(0o700)
    try:
        yield GnuPG(program, home)
    finally:
        stop = ["gpgconf", "--homedir", str(home), "--kill", "all"]
        subprocess.run(stop, check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
