"""Files that only their receiver can open: PGP, for a certificate that the account has given."""

from __future__ import annotations

from pathlib import Path

from pysequoia import Cert, encrypt
from pysequoia import encrypt_file as _encrypt_file

from postroom.contacts.errors import Refused
from postroom.ingest.pgp_keys import PgpError, pgp_errors


def check_certificate(armored: str) -> None:
    """Raise Refused when a text is no public key that a file can be encrypted for."""
    try:
        with pgp_errors():
            encrypt(b"", recipients=[Cert.from_bytes(armored.encode())])
    except PgpError as wrong:
        raise Refused(f"No file can be encrypted for this PGP key: {wrong}.", code="BAD_KEY") from None


def encrypt_file(plain: Path, encrypted: Path, armored: str) -> None:
    """Write a file anew, encrypted; it is streamed, whatever its size."""
    cert = Cert.from_bytes(armored.encode())
    _encrypt_file(str(plain), str(encrypted), recipients=[cert], armor=False)
