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


class GnuPGFailed(AssertionError):
    """What gpg said when it did not succeed."""


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
        if told.returncode != 0:
            raise GnuPGFailed(told.stderr.decode())
        return told.stdout

    def encrypt(self, content: bytes, recipient: str, *options: str) -> bytes:
        """Encrypt for a key on the ring."""
        return self.run("--recipient", recipient, *options, "--encrypt", given=content)

    def make_key(self, user: str, primary: str, encryption: str) -> str:
        """Make a key with a subkey for encryption; return its fingerprint."""
        self._make_primary(user, primary)
        listing = self.run("--list-keys", "--with-colons", user).decode()
        fingerprint = next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr"))
        self.run("--quick-add-key", fingerprint, encryption, "encr", "never")
        return fingerprint

    def _make_primary(self, user: str, primary: str, attempts: int = 5) -> None:
        # One key in 256: GnuPG 2.2.40 cannot open what it protected if an ed25519 secret begins with a zero.
        try:
            self.run("--quick-gen-key", user, primary, "cert,sign", "never")
        except GnuPGFailed as failed:
            if "Corrupted protection" not in str(failed) or attempts == 1:
                raise
            self._make_primary(user, primary, attempts - 1)


@contextmanager
def keyring() -> Iterator[GnuPG]:
    """Yield GnuPG with an empty keyring; its agent ends with it."""
    program = require_program("gpg")
    # A short path: the agent's socket lies in it.
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    home.chmod(0o700)
    # The least that it takes: what protects a keyring of tests need not keep anybody busy.
    (home / "gpg-agent.conf").write_text("s2k-count 65536\n", encoding="ascii")
    try:
        yield GnuPG(program, home)
    finally:
        stop = ["gpgconf", "--homedir", str(home), "--kill", "all"]
        subprocess.run(stop, check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
