"""The certificate of FTPS: the operator's own, else a self-signed one made at the first start."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from postroom.contacts.errors import Refused

_YEARS = 10
_KEY_BITS = 3072  # RSA, as old FTPS clients know no elliptic curves; 128-bit strength (NIST SP 800-57)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where a certificate chain and its private key are, both PEM."""

    chain: Path
    key: Path


def ensure_certificate(
    directory: Path, *, chain: Path | None = None, key: Path | None = None, now: datetime
) -> Certificate:
    """Return the given certificate, else the self-signed one in `directory`, made when absent.

    Raises Refused when a file cannot be read or the two do not belong together.
    """
    if chain is not None and key is not None:
        certificate = Certificate(chain, key)
    else:
        certificate = Certificate(directory / "certificate.pem", directory / "certificate.key")
        if not (certificate.chain.exists() and certificate.key.exists()):
            _make(certificate, now)
    _check(certificate)
    return certificate


def _check(certificate: Certificate) -> None:
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key, password=_no_passphrase)
    except ssl.SSLError as wrong:
        raise Refused(
            f"The certificate {certificate.chain} and the key {certificate.key} do not work together: "
            f"{wrong.reason or wrong}. Both must be PEM and match.",
            code="BAD_CERTIFICATE",
        ) from None
    except OSError as failed:
        raise Refused(
            f"The certificate {certificate.chain} or its key {certificate.key} cannot be read: "
            f"{failed.strerror}.",
            code="BAD_CERTIFICATE",
        ) from None


def _no_passphrase() -> str:
    # Without this OpenSSL would ask the terminal and wait.
    raise Refused(
        "The certificate's key is encrypted; give one without a passphrase.", code="BAD_CERTIFICATE"
    )


def _make(certificate: Certificate, now: datetime) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _host_name()[:64])])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clients' clocks differ
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(_names(), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    # The key first: a start that is killed in between makes both again.
    _place(certificate.key, secret, 0o600)
    _place(certificate.chain, made.public_bytes(pem), 0o644)


def _names() -> x509.SubjectAlternativeName:
    hosts = dict.fromkeys(["localhost", _host_name()])
    addresses = [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")]
    return x509.SubjectAlternativeName([*map(x509.DNSName, hosts), *map(x509.IPAddress, addresses)])


def _host_name() -> str:
    name = socket.gethostname()
    return name if name.isascii() and name else "localhost"


def _place(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    fresh.rename(path)
