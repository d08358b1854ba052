"""The programs and libraries of senders, against the real thing, while a worker takes files away at once."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.clients import (
    CLIENTS,
    Client,
    curl,
    ftp_session,
    lftp,
    ncftpput,
    rclone,
    sftp,
    sftp_session,
)
from tests.acceptance.live import CONTACTS, INBOX, Live, wait_until

pytestmark = pytest.mark.clients

KEPT = datetime(2021, 2, 3, 4, 5, 6, tzinfo=UTC)
MARKER = ".syncExistingList"
IMPORT = "/contacts/import"

Rename = Callable[[Live, Path, str], None]

each_client = pytest.mark.parametrize("client", CLIENTS, ids=str)
ftp_ftps_sftp = pytest.mark.parametrize("protocol", ["ftp", "ftps", "sftp"])


def outgoing(tmp_path: Path) -> list[str]:
    """Make a folder of twelve files to send; return their names."""
    folder = tmp_path / "outgoing"
    folder.mkdir()
    names = [f"{number:02}.csv" for number in range(12)]
    for name in names:
        (folder / name).write_bytes(CONTACTS)
    return names


@each_client
def test_a_dropped_file_is_processed_and_its_client_content(
    live: Live, contacts: Path, client: Client
) -> None:
    with live.working():
        client.put(live, contacts, "liste.csv")

        live.wait_for_ok("liste.csv")

    assert live.content("liste.csv", "/contacts/import/ok") == CONTACTS
    assert live.drops() == 1


@pytest.mark.parametrize("client", [each for each in CLIENTS if each.keeps_times], ids=str)
def test_a_kept_time_is_kept_where_the_file_still_lies(live: Live, contacts: Path, client: Client) -> None:
    os.utime(contacts, (KEPT.timestamp(), KEPT.timestamp()))

    client.put(live, contacts, "liste.csv")

    (file,) = live.files()
    assert file.modified_at == KEPT


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_a_client_is_content_when_its_file_is_taken_before_it_is_answered(
    live: Live, contacts: Path, client: Client
) -> None:
    live.haste.enabled = True

    client.put(live, contacts, "liste.csv")

    assert live.drops() == 1
    # Over plain FTP a file is released, and taken, only when its session is seen to live on.
    assert [*live.names("/contacts/import/on"), *live.names()] == ["liste.csv"]


@ftp_ftps_sftp
def test_rclone_sends_a_folder_once_however_fast_its_files_are_taken(
    live: Live, tmp_path: Path, protocol: str
) -> None:
    live.haste.enabled = True
    names = outgoing(tmp_path)

    rclone(live, protocol, "--transfers", "8", "copy", str(tmp_path / "outgoing"), f"remote:{INBOX}")

    assert live.drops() == len(names)


@ftp_ftps_sftp
def test_rclone_sends_a_folder_once(live: Live, tmp_path: Path, protocol: str) -> None:
    names = outgoing(tmp_path)

    with live.working():
        rclone(live, protocol, "copy", str(tmp_path / "outgoing"), f"remote:{INBOX}")
        live.wait_for_ok(*names)

    assert live.drops() == len(names)


@ftp_ftps_sftp
def test_lftp_mirrors_a_folder_once(live: Live, tmp_path: Path, protocol: str) -> None:
    names = outgoing(tmp_path)

    with live.working():
        lftp(live, protocol, f"mirror -R --no-perms --parallel=3 {tmp_path}/outgoing .")
        live.wait_for_ok(*names)

    assert live.drops() == len(names)


# ----------------------------------------------------------------- a temporary name, then the real one


def _rename_with_lftp(live: Live, contacts: Path, protocol: str) -> None:
    lftp(live, protocol, f"put {contacts} -o x.csv.part", "mv x.csv.part x.csv")


def _rename_with_curl(live: Live, contacts: Path, protocol: str) -> None:
    quoted = ["-Q", f"-RNFR {INBOX}/x.csv.part", "-Q", f"-RNTO {INBOX}/x.csv"]
    if protocol == "sftp":
        quoted = ["-Q", f"-rename {INBOX}/x.csv.part {INBOX}/x.csv"]
    curl(live, protocol, f"{INBOX}/x.csv.part", "-T", str(contacts), *quoted)


@ftp_ftps_sftp
@pytest.mark.parametrize("how", [_rename_with_lftp, _rename_with_curl])
def test_an_upload_waits_for_its_real_name(live: Live, contacts: Path, protocol: str, how: Rename) -> None:
    with live.working():
        how(live, contacts, protocol)

        live.wait_for_ok("x.csv")

    assert live.drops() == 1


def test_lftp_and_ncftp_use_temporary_names_of_their_own(live: Live, contacts: Path) -> None:
    with live.working():
        lftp(live, "ftp", "set xfer:use-temp-file yes", f"put {contacts} -o a.csv")
        ncftpput(live, contacts, "-T", "tmp.", "-S", ".tmp")

        live.wait_for_ok("a.csv", "contacts.csv")

    assert live.drops() == 2


def test_sftp_renames_onto_a_file_that_waits(live: Live, contacts: Path) -> None:
    sftp(live, f"put {contacts} x.csv")
    sftp(live, f"put {contacts} x.csv.filepart", "rename x.csv.filepart x.csv")

    with live.working():
        live.wait_for_ok("x.csv")

    assert live.drops() == 1


def test_what_was_never_renamed_is_never_processed(live: Live, contacts: Path) -> None:
    with live.working():
        sftp(live, f"put {contacts} x.csv.part", f"put {contacts} .x.csv", f"put {contacts} y.csv")

        wait_until(lambda: live.names("/contacts/import/ok") == ["y.csv"])

    assert live.names() == [".x.csv", "x.csv.part"]
    assert live.drops() == 1


# ------------------------------------------------------------------------- while nothing is processed


@each_client
def test_a_file_sent_again_before_it_is_processed_counts_once(
    live: Live, contacts: Path, client: Client
) -> None:
    contacts.write_bytes(b"email\r\nold@example.org\r\n")
    client.put(live, contacts, "liste.csv")
    contacts.write_bytes(CONTACTS)
    client.put(live, contacts, "liste.csv")
    assert live.names() == ["liste.csv"]

    with live.working():
        live.wait_for_ok("liste.csv")

    assert live.content("liste.csv", "/contacts/import/ok") == CONTACTS
    assert live.drops() == 1


@ftp_ftps_sftp
def test_a_file_deleted_before_it_is_processed_never_was(live: Live, contacts: Path, protocol: str) -> None:
    lftp(live, protocol, f"put {contacts} -o a.csv", f"put {contacts} -o b.csv", "rm a.csv")

    with live.working():
        live.wait_for_ok("b.csv")

    assert live.drops() == 1


# --------------------------------------------------------------------------------------- markers


@ftp_ftps_sftp
def test_markers_come_and_go_over_each_protocol(live: Live, protocol: str, tmp_path: Path) -> None:
    marker = tmp_path / MARKER
    marker.touch()

    listed = lftp(live, protocol, f"cd {IMPORT}", f"put {marker}", "cls -a")
    assert MARKER in listed
    assert MARKER in live.names(IMPORT)

    lftp(live, protocol, f"cd {IMPORT}", f"rm {MARKER}")
    assert live.names(IMPORT) == []


def test_markers_put_by_curl_sftp_and_paramiko_are_shown_to_each_other(live: Live, tmp_path: Path) -> None:
    marker = tmp_path / MARKER
    marker.touch()

    curl(live, "ftp", f"{IMPORT}/{MARKER}", "-T", str(marker))
    assert MARKER in sftp(live, f"ls -a {IMPORT}")

    sftp(live, f"rename {IMPORT}/{MARKER} {IMPORT}/.createNewList")
    with sftp_session(live, live.alice) as client:
        assert set(client.listdir(IMPORT)) == {"in", "on", "ok", "ko", ".createNewList"}
        client.remove(f"{IMPORT}/.createNewList")

    with ftp_session(live, live.alice) as ftp:
        assert {name for name, _facts in ftp.mlsd(IMPORT)} == {"in", "on", "ok", "ko"}


# --------------------------------------------------------------------------------------- Charlie


def test_charlie_sees_nothing_of_alices_over_ftp_or_sftp(live: Live, contacts: Path) -> None:
    with live.working():
        sftp(live, f"put {contacts} alices.csv")
        live.wait_for_ok("alices.csv")
    sftp(live, f"put {contacts} waiting.csv")
    folders = [INBOX, *(f"/contacts/import/{state}" for state in ("on", "ok", "ko")), "/reporting"]

    with ftp_session(live, live.charlie) as ftp, sftp_session(live, live.charlie) as client:
        for folder in folders:
            assert [name for name, _facts in ftp.mlsd(folder)] == []
            assert client.listdir(folder) == []
        ftp.storbinary("STOR waiting.csv", io.BytesIO(b"his"))
        with client.open("waiting.csv") as mine:
            assert mine.read() == b"his"

    assert live.content("waiting.csv") == CONTACTS
