from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from postroom.app.certificates import ensure_certificate
from postroom.contacts.errors import Refused

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_the_first_start_makes_one_for_this_machine_for_ten_years(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path, now=NOW)

    certificate = x509.load_pem_x509_certificate(made.chain.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert certificate.not_valid_after_utc - NOW > timedelta(days=3649)
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 3072
    assert made.key.stat().st_mode & 0o077 == 0


def test_the_second_start_uses_the_same(tmp_path: Path) -> None:
    first = ensure_certificate(tmp_path, now=NOW).chain.read_bytes()

    assert ensure_certificate(tmp_path, now=NOW).chain.read_bytes() == first


def test_the_operators_own_is_used(tmp_path: Path) -> None:
    own = ensure_certificate(tmp_path, now=NOW)
    (tmp_path / "data").mkdir()

    used = ensure_certificate(tmp_path / "data", chain=own.chain, key=own.key, now=NOW)

    assert used == own
    assert not os.listdir(tmp_path / "data")  # noqa: PTH208 - names are enough


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = (ensure_certificate(tmp_path / name, now=NOW) for name in ("one", "two"))

    with pytest.raises(Refused, match="do not work together"):
        ensure_certificate(tmp_path, chain=one.chain, key=two.key, now=NOW)


def test_a_certificate_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        ensure_certificate(tmp_path, chain=tmp_path / "a.pem", key=tmp_path / "a.key", now=NOW)
