"""Every server that files are brought to: the same things work, the same things are told."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from postroom.contacts.errors import Denied, Unavailable
from postroom.dialects.folders.tree import postponed
from postroom.outflow.remote.connecting import connected, probe
from postroom.outflow.remote.seam import Address, Remote, Speaks
from postroom.outflow.remote.sftp import new_key_pair
from tests.fakes.memory_remote import MemoryServer
from tests.integration.gateway.ftp.conftest import certificate, self_signed
from tests.servers import SECRET, SERVERS, Served, vsftpd

__all__ = ["certificate"]

CONTENT = bytes(range(256)) * 20_000
IN_MEMORY = Address(Speaks.FTPS, "127.0.0.1", 21, "in", "alice", password=SECRET)


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Path
) -> Iterator[Served]:
    """Return a server that runs."""
    with SERVERS[request.param](tmp_path_factory.mktemp("server"), certificate) as found:
        yield found


@pytest.fixture
def served(server: Served) -> Iterator[Served]:
    """Return the server, its folder empty."""
    yield server
    for left in server.directory.iterdir():
        if left.is_dir():
            left.rmdir()
        else:
            left.unlink()


@pytest.fixture
def remote(served: Served) -> Iterator[Remote]:
    with connected(served.address) as found:
        yield found


def test_a_file_arrives_whole(remote: Remote, served: Served) -> None:
    remote.put("flow.zip.part", io.BytesIO(CONTENT))

    assert remote.size("flow.zip.part") == len(CONTENT)
    assert (served.directory / "flow.zip.part").read_bytes() == CONTENT


def test_an_empty_file_arrives(remote: Remote) -> None:
    remote.put("flow.done", io.BytesIO())

    assert remote.size("flow.done") == 0


def test_what_is_not_there_has_no_size(remote: Remote) -> None:
    assert remote.size("nothing.zip") is None


def test_a_file_is_renamed(remote: Remote, served: Served) -> None:
    remote.put("flow.zip.part", io.BytesIO(b"content"))

    remote.rename("flow.zip.part", "flow.zip")

    assert [path.name for path in served.directory.iterdir()] == ["flow.zip"]


def test_a_rename_replaces_what_has_the_name(remote: Remote, served: Served) -> None:
    remote.put("flow.zip", io.BytesIO(b"of yesterday"))
    remote.put("flow.zip.part", io.BytesIO(b"of today"))

    remote.rename("flow.zip.part", "flow.zip")

    assert (served.directory / "flow.zip").read_bytes() == b"of today"


def test_a_second_put_replaces_the_first(remote: Remote, served: Served) -> None:
    remote.put("flow.zip.part", io.BytesIO(CONTENT))
    remote.put("flow.zip.part", io.BytesIO(b"short"))

    assert (served.directory / "flow.zip.part").read_bytes() == b"short"


def test_a_file_is_removed_and_one_that_is_gone_is_no_trouble(remote: Remote, served: Served) -> None:
    remote.put("flow.zip.part", io.BytesIO(b"x"))

    remote.remove("flow.zip.part")
    remote.remove("flow.zip.part")

    assert list(served.directory.iterdir()) == []


def test_renaming_what_is_not_there_is_told(remote: Remote) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        remote.rename("nothing.part", "nothing")


def test_a_probe_leaves_nothing(served: Served) -> None:
    probe(served.address)

    assert list(served.directory.iterdir()) == []


def test_a_probe_never_looks_like_a_file_that_is_whole(fake_server: MemoryServer) -> None:
    probe(IN_MEMORY, fake_server.connected)

    names = [step.split()[1] for step in fake_server.done if " " in step]
    assert len(set(names)) == 2
    assert all(postponed(name) for name in names)


def test_a_folder_that_is_not_there_is_told(served: Served) -> None:
    with pytest.raises(Unavailable), connected(replace(served.address, folder="/nowhere/at/all")):
        pass


def test_a_name_that_a_folder_has_refuses_the_rename(remote: Remote, served: Served) -> None:
    remote.put("flow.zip.part", io.BytesIO(b"content"))
    (served.directory / "flow.zip").mkdir()
    (served.directory / "flow.zip" / "kept").touch()

    with pytest.raises(Unavailable):
        remote.rename("flow.zip.part", "flow.zip")

    assert (served.directory / "flow.zip.part").read_bytes() == b"content"
    (served.directory / "flow.zip" / "kept").unlink()


def test_a_full_disk_is_told_and_leaves_no_whole_file(served: Served) -> None:
    with small_disk(served.directory):
        with connected(served.address) as remote, pytest.raises(Unavailable):
            remote.put("flow.zip.part", io.BytesIO(CONTENT))
        with connected(served.address) as remote:
            assert (remote.size("flow.zip.part") or 0) < len(CONTENT)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Put a disk of 64 KiB in the place of a folder."""
    owner = folder.stat()
    where = f"size=64k,uid={owner.st_uid},gid={owner.st_gid},mode=0777"
    mounting = ["mount", "-t", "tmpfs", "-o", where, "tmpfs", str(folder)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_certificate_that_has_expired_is_told_at_once(tmp_path: Path, expired: Path) -> None:
    with vsftpd(tmp_path, expired) as served, pytest.raises(Denied, match="expired") as told:
        probe(served.address)

    assert told.value.code == "BAD_CERTIFICATE"


@pytest.fixture
def expired(tmp_path: Path) -> Path:
    """Return a certificate, with its key in one file, that was valid until yesterday."""
    now = datetime.now(UTC)
    return self_signed(tmp_path / "expired.pem", now - timedelta(days=9), now - timedelta(days=1))


def test_a_folder_that_nobody_may_write_to_is_told(served: Served) -> None:
    (served.directory / "flow.part").mkdir()

    with connected(served.address) as remote, pytest.raises(Unavailable):
        remote.put("flow.part", io.BytesIO(b"x"))


def test_a_wrong_login_is_told_at_once(served: Served) -> None:
    if served.address.username == "anonymous":
        pytest.skip("anybody may log in")
    other, _public = new_key_pair("other")
    wrong = replace(
        served.address, password="wrong", private_key=other if served.address.private_key else None
    )

    with pytest.raises(Denied) as told, connected(wrong):
        pass

    assert told.value.code == "LOGIN_REFUSED"


def test_a_certificate_or_key_that_is_not_the_one_is_told_at_once(served: Served) -> None:
    _private, other = new_key_pair("other")
    wrong = (
        replace(served.address, host_key=other)
        if served.address.protocol is Speaks.SFTP
        else replace(served.address, authority=None)
    )

    with pytest.raises(Denied) as told, connected(wrong):
        pass

    assert told.value.code in {"HOST_KEY_CHANGED", "BAD_CERTIFICATE"}


def test_a_server_that_is_down_is_told(served: Served) -> None:
    with pytest.raises(Unavailable), connected(replace(served.address, port=1)):
        pass


@contextmanager
def broken_off(remote: Remote, served: Served) -> Iterator[io.BytesIO]:
    """Yield content whose connection is lost half-way."""

    class Content(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            piece = super().read(size)
            if self.tell() > len(CONTENT) // 2:
                raise ConnectionResetError("the cable was cut")
            return piece

    yield Content(CONTENT)


def test_an_upload_that_breaks_off_is_told_and_can_be_made_good(remote: Remote, served: Served) -> None:
    with broken_off(remote, served) as content, pytest.raises(Unavailable):
        remote.put("flow.zip.part", content)

    with connected(served.address) as again:
        again.put("flow.zip.part", io.BytesIO(CONTENT))
        assert again.size("flow.zip.part") == len(CONTENT)


@pytest.fixture
def fake_server() -> MemoryServer:
    """Return the server in memory that other tests have instead of these."""
    return MemoryServer()


@pytest.fixture
def fake(fake_server: MemoryServer) -> Iterator[Remote]:
    """Return its folder."""
    with fake_server.connected(
        Address(Speaks.FTPS, "127.0.0.1", 21, "in", "alice", password=SECRET)
    ) as found:
        yield found


def test_the_fake_does_what_servers_do(fake: Remote) -> None:
    fake.put("flow.zip", io.BytesIO(b"of yesterday"))
    fake.put("flow.zip.part", io.BytesIO(CONTENT))
    assert fake.size("flow.zip.part") == len(CONTENT)
    fake.rename("flow.zip.part", "flow.zip")

    assert fake.size("flow.zip") == len(CONTENT)
    assert fake.size("flow.zip.part") is None
    fake.remove("flow.zip")
    fake.remove("flow.zip")
    assert fake.size("flow.zip") is None
    with pytest.raises(Unavailable):
        fake.rename("nothing.part", "nothing")


def test_the_fake_keeps_what_arrived_when_it_breaks_off(fake: Remote, tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise ConnectionResetError("the cable was cut")
            return super().read(size)

    with pytest.raises(Unavailable):
        fake.put("flow.zip.part", Broken(CONTENT))

    assert 0 < (fake.size("flow.zip.part") or 0) < len(CONTENT)
