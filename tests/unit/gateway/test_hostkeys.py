"""Host keys are made once, kept to oneself, and the same for ever after."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncssh
import pytest

from postroom.contacts.errors import Refused
from postroom.gateway.hostkeys import ensure_host_keys, fingerprints, load_host_keys


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return ensure_host_keys(tmp_path_factory.mktemp("host") / "keys")


def test_the_first_start_makes_an_ed25519_and_an_rsa_key_that_only_we_can_read(
    keys: tuple[Path, ...],
) -> None:
    assert [key.get_algorithm() for key in load_host_keys(keys)] == ["ssh-ed25519", "ssh-rsa"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in keys] == [0o600, 0o600]
    assert stat.S_IMODE(keys[0].parent.stat().st_mode) == 0o700
    assert sorted(keys[0].parent.iterdir()) == sorted(keys)


def test_the_next_start_finds_the_same_keys(keys: tuple[Path, ...]) -> None:
    before = [path.read_bytes() for path in keys]
    assert ensure_host_keys(keys[0].parent) == keys
    assert [path.read_bytes() for path in keys] == before


def test_of_several_first_starts_at_once_all_use_the_same_keys(tmp_path: Path) -> None:
    def start(_: int) -> tuple[str, ...]:
        return fingerprints(load_host_keys(ensure_host_keys(tmp_path)))

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(start, range(3)))) == 1
    assert len(list(tmp_path.iterdir())) == 2


def test_fingerprints_are_those_that_clients_show(keys: tuple[Path, ...]) -> None:
    first, second = fingerprints(load_host_keys(keys))
    assert first.startswith("ssh-ed25519 SHA256:")
    assert second.startswith("ssh-rsa SHA256:")


def test_a_key_of_the_operators_own_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "own"
    path.write_bytes(asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_private_key())
    path.chmod(0o600)
    assert [key.get_algorithm() for key in load_host_keys([path])] == ["ecdsa-sha2-nistp256"]


def test_a_key_that_others_may_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "open"
    path.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    path.chmod(0o640)
    with pytest.raises(Refused, match=f"chmod 600 {path}"):
        load_host_keys([path])


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nowhere"):
        load_host_keys([tmp_path / "nowhere"])


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("not a key")
    path.chmod(0o600)
    with pytest.raises(Refused, match="not a private key"):
        load_host_keys([path])


def test_no_key_at_all_is_refused() -> None:
    with pytest.raises(Refused, match="no host key"):
        load_host_keys([])
