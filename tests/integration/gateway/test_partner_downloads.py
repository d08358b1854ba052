"""Fetching a partner's file over FTP, FTPS and SFTP: what counts as a download, and who sees the file."""

from __future__ import annotations

import ftplib
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.events import EventType
from postroom.drops.room import Room
from postroom.gateway.auth import Auth
from postroom.gateway.ftp.config import FtpConfig
from postroom.gateway.ftp.server import FtpServer
from postroom.gateway.hostkeys import ensure_host_keys
from postroom.gateway.sftp.server import SftpConfig, SftpServer
from postroom.gateway.vfs import DropVfs
from postroom.store.credentials import hash_password
from postroom.store.database import Database
from postroom.store.lockout import Lockout
from postroom.store.logins import create_login
from tests.conftest import Person
from tests.integration.gateway.ftp.conftest import certificate
from tests.integration.gateway.ftp.served import Client, reset
from tests.integration.sending.partnering import Marketer

__all__ = ["certificate"]

LARGE = 8_000_000
"""More than the buffers of a connection take."""


@pytest.fixture
def marketer(room: Room, alice: Person, charlie: Person) -> Marketer:
    assert charlie.account != alice.account
    return Marketer(room, alice)


@pytest.fixture
def auth(room: Room) -> Auth:
    return Auth(room.database, lambda: datetime.now(UTC), lambda who: DropVfs(room, who), Lockout())


@pytest.fixture
def ftp(auth: Auth, certificate: Path) -> Iterator[FtpServer]:  # the fixture of that name
    server = FtpServer(FtpConfig(port=0, certificate=certificate, stall_seconds=3.0), auth)
    server.start()
    yield server
    server.stop(drain_seconds=0)


@pytest.fixture
def sftp(auth: Auth, tmp_path: Path) -> Iterator[SftpServer]:
    server = SftpServer(SftpConfig(host_keys=ensure_host_keys(tmp_path / "keys"), port=0), auth)
    server.start()
    yield server
    server.stop(drain_seconds=0)


@pytest.fixture
def file(marketer: Marketer) -> str:
    """The path of a file with one person in it."""
    marketer.resident("bob", first_name="Bob")
    return f"/partners/{marketer.file(marketer.launch(columns=['first_name'])).name}"


def downloads(marketer: Marketer) -> list[str]:
    """Say who fetched what, an entry for each person."""
    return [each.attributes["downloadedBy"] for each in marketer.writer.events(EventType.BATCH_DOWNLOADED)]


def enlarge(marketer: Marketer) -> None:
    """Put many bytes behind the file in place of its own, as of a campaign to very many people."""
    key = marketer.room.blobs.put_bytes(b"x" * LARGE)
    with marketer.room.database.transaction() as connection:
        connection.execute(
            "update files set blob_key = %s, size = %s where directory = 'partners'", [key, LARGE]
        )


class PartnerClient(Client):
    """A client that logs in with the password of the cast."""

    def login(self, user: str = "", passwd: str = "", acct: str = "", secure: bool = True) -> str:  # noqa: FBT001, FBT002  # the library's signature
        return super().login(user, f"{user}-secret", acct, secure)

    def cwd(self, _dirname: str) -> str:
        return super().cwd("/")


@contextmanager
def sftp_client(server: SftpServer, login: str = "alice") -> Iterator[paramiko.SFTPClient]:
    with ExitStack() as stack:
        sock = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
        transport = paramiko.Transport(sock)
        stack.callback(transport.close)
        transport.connect(username=login, password=f"{login}-secret")
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        yield stack.enter_context(client)


plain_and_tls = pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])


@plain_and_tls
def test_each_whole_download_over_ftp_is_told(
    marketer: Marketer, ftp: FtpServer, file: str, *, tls: bool
) -> None:
    lines: list[str] = []
    with PartnerClient(ftp, tls=tls) as alice:
        assert alice.nlst("/partners") == [file.rpartition("/")[2]]
        alice.retrlines(f"RETR {file}", lines.append)
        assert downloads(marketer) == ["alice"]
        alice.retrbinary(f"RETR {file}", lambda _piece: None)

    assert downloads(marketer) == ["alice", "alice"]
    assert lines[0] == "profileId;contactPoint;first_name"
    assert lines[1].endswith(";Bob")


@plain_and_tls
def test_a_large_file_is_told_of_once_its_last_byte_is_there(
    marketer: Marketer, ftp: FtpServer, file: str, *, tls: bool
) -> None:
    enlarge(marketer)
    sizes: list[int] = []
    with PartnerClient(ftp, tls=tls) as alice:
        alice.retrbinary(f"RETR {file}", lambda piece: sizes.append(len(piece)))

    assert sum(sizes) == LARGE
    assert downloads(marketer) == ["alice"]


@plain_and_tls
@pytest.mark.parametrize("give_up", [reset, lambda data: data.close()], ids=["reset", "closed"])
def test_a_download_that_breaks_off_does_not_count(
    marketer: Marketer,
    ftp: FtpServer,
    file: str,
    give_up: Callable[[socket.socket], None],
    *,
    tls: bool,
) -> None:
    enlarge(marketer)
    with PartnerClient(ftp, tls=tls) as alice:
        alice.voidcmd("TYPE I")
        data = alice.transfercmd(f"RETR {file}")
        data.recv(100)
        give_up(data)

        assert alice.reply().startswith("426")
        assert alice.pwd() == "/"

    assert downloads(marketer) == []


def test_a_small_file_whose_client_read_nothing_does_not_count(
    marketer: Marketer, ftp: FtpServer, file: str
) -> None:
    with PartnerClient(ftp, tls=False) as alice:
        alice.voidcmd("TYPE I")
        data = alice.transfercmd(f"RETR {file}")
        reset(data)

        assert alice.reply().startswith("426")

    assert downloads(marketer) == []


def test_a_client_that_waits_for_the_reply_before_it_closes_has_the_file(
    marketer: Marketer, ftp: FtpServer, file: str
) -> None:
    with PartnerClient(ftp, tls=False) as alice:
        alice.voidcmd("TYPE I")
        data = alice.transfercmd(f"RETR {file}")

        assert alice.reply().startswith("226")
        assert data.recv(4096).startswith(b"profileId")
        data.close()

    assert downloads(marketer) == ["alice"]


def test_the_rest_of_a_file_is_not_the_file(marketer: Marketer, ftp: FtpServer, file: str) -> None:
    with PartnerClient(ftp, tls=False) as alice:
        alice.retrbinary(f"RETR {file}", lambda _piece: None, rest=10)

    assert downloads(marketer) == []


def test_a_whole_download_over_sftp_is_told(marketer: Marketer, sftp: SftpServer, file: str) -> None:
    enlarge(marketer)
    with sftp_client(sftp) as alice, alice.open(file) as opened:
        opened.prefetch()
        assert len(opened.read()) == LARGE
        assert downloads(marketer) == []

    assert downloads(marketer) == ["alice"]


def test_over_sftp_a_part_does_not_count(marketer: Marketer, sftp: SftpServer, file: str) -> None:
    enlarge(marketer)
    with sftp_client(sftp) as alice:
        with alice.open(file) as opened:
            opened.read(LARGE - 1)
        with alice.open(file) as opened:
            opened.seek(1)
            opened.read()
        assert alice.stat(file).st_size == LARGE

    assert downloads(marketer) == []


def test_over_sftp_what_is_never_closed_does_not_count(
    marketer: Marketer, sftp: SftpServer, file: str
) -> None:
    with suppress(EOFError), sftp_client(sftp) as alice:
        opened = alice.open(file)
        assert opened.read()
        channel = alice.get_channel()
        assert channel is not None
        channel.get_transport().sock.close()

    sftp.stop(drain_seconds=0)
    assert downloads(marketer) == []


def test_nothing_in_the_folder_of_partners_can_be_changed(
    marketer: Marketer, ftp: FtpServer, file: str
) -> None:
    with PartnerClient(ftp, tls=False) as alice:
        for act in (
            lambda: alice.delete(file),
            lambda: alice.rename(file, "/partners/other.csv"),
            lambda: alice.rename(file, "/contacts/import/in/people.csv"),
            lambda: alice.transfercmd("STOR /partners/new.csv"),
            lambda: alice.mkd("/partners/new"),
        ):
            with pytest.raises(ftplib.error_perm, match="55"):
                act()
        assert alice.nlst("/partners") == [file.rpartition("/")[2]]


@pytest.mark.parametrize("protocol", ["ftp", "sftp"])
def test_charlie_sees_no_folder_and_fetches_nothing_of_alices(
    marketer: Marketer, ftp: FtpServer, sftp: SftpServer, file: str, protocol: str
) -> None:
    if protocol == "ftp":
        with PartnerClient(ftp, tls=False, login="charlie") as charlie:
            assert "partners" not in charlie.nlst("/")
            for path in (file, "/partners"):
                with pytest.raises(ftplib.error_perm, match="550"):
                    charlie.retrbinary(f"RETR {path}", lambda _piece: None)
    else:
        with sftp_client(sftp, "charlie") as charlie:
            assert "partners" not in charlie.listdir("/")
            with pytest.raises(FileNotFoundError):
                charlie.open(file)

    assert downloads(marketer) == []


def test_a_file_for_one_login_is_seen_by_no_other_of_the_account(
    marketer: Marketer, database: Database, ftp: FtpServer
) -> None:
    with database.transaction() as connection:
        create_login(
            connection,
            login="printer",
            account_id=marketer.account_id,
            password_hash=hash_password("printer-secret"),
            now=datetime.now(UTC),
        )
    marketer.resident("bob")
    name = marketer.file(marketer.launch(Channel.PRINT, login="printer")).name

    with PartnerClient(ftp, tls=False, login="alice") as alice:
        assert "partners" not in alice.nlst("/")
        with pytest.raises(ftplib.error_perm, match="550"):
            alice.retrbinary(f"RETR /partners/{name}", lambda _piece: None)
    with PartnerClient(ftp, tls=False, login="printer") as printer:
        printer.retrbinary(f"RETR /partners/{name}", lambda _piece: None)

    assert downloads(marketer) == ["printer"]
