"""Daily reports as a collector finds them over FTP and SFTP."""

from __future__ import annotations

import ftplib
import io
import zipfile
from pathlib import Path

import pytest

from postroom.contacts.events import EventType
from postroom.drops.room import Room
from postroom.gateway.ftp.server import FtpServer
from postroom.gateway.seam import Principal
from postroom.gateway.sftp.server import SftpServer
from postroom.gateway.vfs import DropVfs
from tests.conftest import Person
from tests.integration.gateway.ftp.conftest import certificate
from tests.integration.gateway.test_partner_downloads import PartnerClient, auth, ftp, sftp, sftp_client
from tests.integration.outflow.reporter import DAY, NEXT_DAY, Reporter

__all__ = ["auth", "certificate", "ftp", "sftp"]

DAILY = f"{DAY}_Daily.zip"


@pytest.fixture
def reporter(room: Room, alice: Person, charlie: Person) -> Reporter:
    assert charlie.account != alice.account
    reporter = Reporter(room, alice)
    bob = reporter.writer.contact(email="bob@example.com")
    reporter.react(EventType.OPENED, reporter.writer.campaign("Campaign #1"), bob)
    reporter.report(NEXT_DAY)
    return reporter


def members(content: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def fetched(client: PartnerClient, path: str) -> bytes:
    pieces: list[bytes] = []
    client.retrbinary(f"RETR {path}", pieces.append)
    return b"".join(pieces)


def test_a_collector_lists_and_fetches_a_day_over_ftp(reporter: Reporter, ftp: FtpServer) -> None:
    with PartnerClient(ftp, tls=True) as alice:
        days = alice.nlst("/reporting")
        names = alice.nlst(f"/reporting/{DAY}")
        content = fetched(alice, f"/reporting/{DAY}/{DAILY}")

    assert days == [DAY]
    assert [name.partition("_")[2].partition("_")[2] for name in names] == ["Campaign #1.zip", ""]
    assert members(content) == ["EMAIL_clicked.csv", "EMAIL_opened.csv", "EMAIL_optout.csv"]


def test_the_short_name_is_answered_over_ftp(reporter: Reporter, ftp: FtpServer) -> None:
    with PartnerClient(ftp, tls=True) as alice:
        short = fetched(alice, f"/reporting/{DAY}/{DAY}.zip")
        size = alice.size(f"/reporting/{DAY}/{DAY}.zip")

        assert short == fetched(alice, f"/reporting/{DAY}/{DAILY}")
        assert size == len(short)


def test_nobody_writes_or_removes_a_report(reporter: Reporter, ftp: FtpServer) -> None:
    with PartnerClient(ftp, tls=True) as alice:
        with pytest.raises(ftplib.error_perm, match="550"):
            alice.delete(f"/reporting/{DAY}/{DAILY}")
        with pytest.raises(ftplib.error_perm, match="55"):
            alice.storbinary(f"STOR /reporting/{DAY}/mine.zip", io.BytesIO(b"x"))


def test_charlie_finds_nothing_of_it(reporter: Reporter, ftp: FtpServer) -> None:
    with PartnerClient(ftp, tls=True, login="charlie") as charlie:
        assert charlie.nlst("/reporting") == []
        with pytest.raises(ftplib.error_perm, match="550"):
            fetched(charlie, f"/reporting/{DAY}/{DAILY}")


def test_a_day_is_fetched_over_sftp(reporter: Reporter, sftp: SftpServer, tmp_path: Path) -> None:
    with sftp_client(sftp) as alice:
        assert alice.listdir("/reporting") == [DAY]
        alice.get(f"/reporting/{DAY}/{DAILY}", str(tmp_path / "day.zip"))
        assert alice.stat(f"/reporting/{DAY}/{DAY}.zip").st_size == (tmp_path / "day.zip").stat().st_size


def test_a_session_that_lasts_sees_the_next_day(reporter: Reporter) -> None:
    who = Principal(reporter.person.login, reporter.account_id, "alice")
    patient, hasty = DropVfs(reporter.room, who), DropVfs(reporter.room, who, tree_seconds=0)
    folder = patient.resolve("/", "/reporting")
    assert [each.name for each in patient.list(folder)] == [each.name for each in hasty.list(folder)] == [DAY]

    dee = reporter.writer.contact(email="dee@example.com")
    reporter.react(EventType.OPENED, reporter.writer.campaign("Campaign #2"), dee)
    reporter.report(reporter.later(hours=24))

    assert [each.name for each in patient.list(folder)] == [DAY]
    assert [each.name for each in hasty.list(folder)] == [DAY, "2026-11-11"]
