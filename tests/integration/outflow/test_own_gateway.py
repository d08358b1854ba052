"""Our own gateway as the server of somebody else: what we bring there lands as deposits do."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from postroom.drops.room import Room
from postroom.gateway.ftp.server import FtpServer
from postroom.gateway.sftp.server import SftpServer
from postroom.outflow.remote.connecting import connected, probe
from postroom.outflow.remote.seam import Address, Remote, Speaks
from postroom.outflow.remote.sftp import host_key_of
from postroom.store.drops import drops_of_account
from tests.conftest import Person
from tests.integration.gateway.ftp.conftest import certificate
from tests.integration.gateway.test_partner_downloads import auth, ftp, sftp

__all__ = ["auth", "certificate", "ftp", "sftp"]

FOLDER = "contacts/optoutEMAIL/in"
CONTENT = b"Email\nbob@example.com\n"


@pytest.fixture(params=["ftps", "sftp"])
def address(
    request: pytest.FixtureRequest, ftp: FtpServer, sftp: SftpServer, certificate: Path, charlie: Person
) -> Address:
    """Return where Charlie leaves files."""
    if request.param == "ftps":
        return Address(
            Speaks.FTPS,
            "127.0.0.1",
            ftp.port,
            FOLDER,
            charlie.login,
            password=charlie.password,
            authority=certificate.read_text(encoding="ascii"),
        )
    key = host_key_of("127.0.0.1", sftp.port)
    return Address(
        Speaks.SFTP, "127.0.0.1", sftp.port, FOLDER, charlie.login, password=charlie.password, host_key=key
    )


@pytest.fixture
def remote(address: Address) -> Iterator[Remote]:
    with connected(address) as found:
        yield found


@pytest.fixture
def landed(room: Room, charlie: Person) -> Callable[[], list[str]]:
    """Return what says which deposits Charlie has made."""

    def names() -> list[str]:
        with room.database.reading() as connection:
            return [each.name for each in drops_of_account(connection, charlie.account.account_id, limit=10)]

    return names


def test_a_file_lands_once_it_has_its_name(remote: Remote, landed: Callable[[], list[str]]) -> None:
    remote.put("EMAIL_optout.csv.part", io.BytesIO(CONTENT))
    assert remote.size("EMAIL_optout.csv.part") == len(CONTENT)
    assert landed() == []

    remote.rename("EMAIL_optout.csv.part", "EMAIL_optout.csv")

    assert landed() == ["EMAIL_optout.csv"]
    assert remote.size("EMAIL_optout.csv.part") is None


def test_a_probe_leaves_nothing(address: Address, landed: Callable[[], list[str]]) -> None:
    probe(address)

    assert landed() == []


def test_what_is_not_there_has_no_size(remote: Remote) -> None:
    assert remote.size("nothing.zip") is None
