from __future__ import annotations

import base64
from pathlib import Path

import asyncssh
import pytest

from postroom.cli.public_keys import read_public_keys
from postroom.contacts.errors import Refused
from postroom.store.credentials import key_fingerprint


def good_line(kind: str = "ssh-ed25519") -> str:
    return asyncssh.generate_private_key(kind).export_public_key("openssh").decode().strip()


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
def test_a_key_is_read_as_the_gateway_will_see_it(tmp_path: Path, kind: str) -> None:
    key = asyncssh.generate_private_key(kind)
    (tmp_path / "id.pub").write_bytes(key.export_public_key("openssh"))

    (found,) = read_public_keys(tmp_path / "id.pub")

    assert found.blob == key.public_data
    assert key_fingerprint(found.blob) == key.get_fingerprint()
    assert found.line == f"{kind} {base64.b64encode(key.public_data).decode()}"


def test_a_file_may_hold_several_keys_with_comments_between(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"# old\r\n{good_line()} alice@laptop\r\n\r\n  {good_line()}\r\n")

    assert len(read_public_keys(tmp_path / "keys")) == 2


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "holds no public key"),
        ("# nothing\n", "holds no public key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "is a private key"),
        ("---- BEGIN SSH2 PUBLIC KEY ----\n", "is no OpenSSH public key"),
        ("ssh-dss AAAAB3NzaC1kc3M=\n", "is no OpenSSH public key"),
        ('from="10.0.0.1" ' + "ssh-ed25519 AAAA\n", "is no OpenSSH public key"),
        ("ssh-ed25519\n", "is damaged"),
        ("ssh-ed25519 AAAA!\n", "is damaged"),
        ("ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQABAAAA\n", "is damaged"),
    ],
)
def test_anything_else_is_refused_by_name(tmp_path: Path, text: str, wrong: str) -> None:
    (tmp_path / "file").write_text(text)

    with pytest.raises(Refused, match=wrong) as refused:
        read_public_keys(tmp_path / "file")

    assert "file" in refused.value.message


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read: No such file"):
        read_public_keys(tmp_path / "nothing")


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(bytes(range(256)) * 1000)

    with pytest.raises(Refused, match="is no OpenSSH public key"):
        read_public_keys(tmp_path / "photo")
