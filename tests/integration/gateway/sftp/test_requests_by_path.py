"""Listing, renaming, setting attributes, and everything that is refused."""

from __future__ import annotations

import logging
import stat
from datetime import UTC, datetime
from typing import Any

import paramiko
import pytest

from tests.integration.gateway.sftp.peer import (
    FX_NO_SUCH_FILE,
    FX_OP_UNSUPPORTED,
    FX_PERMISSION_DENIED,
    FXF_READ,
    FXP_OPENDIR,
    INBOX,
    Running,
    Status,
    sftp_of,
    string,
    wired,
)

PATH = f"{INBOX}/a.csv"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_a_listing_shows_kind_size_time_and_rights(running: Running) -> None:
    running.alice.put(PATH, b"12345", NOON)
    with sftp_of(running) as client:
        (entry,) = [e for e in client.listdir_attr(INBOX) if e.filename == "a.csv"]
        folders = {e.filename: stat.filemode(e.st_mode or 0) for e in client.listdir_attr("/contacts/import")}
    assert (entry.st_size, entry.st_mtime) == (5, NOON.timestamp())
    assert stat.filemode(entry.st_mode or 0) == "-rw-r--r--"
    assert str(entry).startswith("-rw-r--r--")
    assert folders["in"] == "drwxr-xr-x"
    assert folders["on"] == "dr-xr-xr-x"


def test_long_listings_come_whole(running: Running) -> None:
    names = sorted(f"{number:04}.csv" for number in range(500))
    for name in names:
        running.alice.put(f"{INBOX}/{name}", b"")
    with sftp_of(running) as client:
        assert sorted(set(client.listdir(INBOX)) - {".", ".."}) == names


def test_a_folder_that_is_not_there_is_told_when_it_is_opened(running: Running) -> None:
    running.alice.put(PATH, b"")
    with wired(running) as wire:
        for path in ("/nowhere", PATH):
            answer = wire.ask(FXP_OPENDIR, string(path))
            assert isinstance(answer, Status)
            assert answer.code == FX_NO_SUCH_FILE


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        (".", "/"),
        ("", "/"),
        ("contacts//import/./in/", INBOX),
        ("/../../contacts", "/contacts"),
        ("/contacts/../../../etc/passwd", "/etc/passwd"),
        ("/nowhere/é", "/nowhere/é"),
        ("/e\u0301", "/é"),
    ],
)
def test_real_paths_are_normal_paths_inside_the_tree(running: Running, raw: str, normal: str) -> None:
    with sftp_of(running) as client:
        assert client.normalize(raw) == normal


def test_nothing_outside_the_tree_can_be_read(running: Running) -> None:
    with sftp_of(running) as client:
        for path in ("/etc/passwd", "../../../../etc/passwd", "/contacts/../../etc/passwd"):
            with pytest.raises(FileNotFoundError):
                client.open(path)


def test_renaming_keeps_what_is_there_unless_told_otherwise(running: Running) -> None:
    running.alice.put(PATH, b"new")
    running.alice.put(f"{INBOX}/b.csv", b"old")
    with sftp_of(running) as client:
        with pytest.raises(OSError, match="exists"):
            client.rename(PATH, f"{INBOX}/b.csv")
        client.posix_rename(PATH, f"{INBOX}/b.csv")
        client.rename(f"{INBOX}/b.csv", f"{INBOX}/c.csv")
    assert running.alice.published() == ["c.csv"]
    assert running.alice.content("c.csv") == b"new"


def test_mode_and_owner_are_accepted_and_mean_nothing(running: Running) -> None:
    running.alice.put(PATH, b"", NOON)
    with sftp_of(running) as client:
        client.chmod(PATH, 0o777)
        client.chown(PATH, 0, 0)
        assert stat.filemode(client.stat(PATH).st_mode or 0) == "-rw-r--r--"


def test_the_time_of_a_published_file_can_be_set(running: Running) -> None:
    running.alice.put(PATH, b"")
    with sftp_of(running) as client:
        client.utime(PATH, (0, NOON.timestamp()))
        assert client.lstat(PATH).st_mtime == NOON.timestamp()


def test_the_time_of_an_open_upload_can_be_set_by_handle_and_by_path(running: Running) -> None:
    with sftp_of(running) as client:
        with client.open(f"{INBOX}/handle.csv", "w") as file:
            file.utime((0, NOON.timestamp()))
            assert file.stat().st_mtime == NOON.timestamp()
        with client.open(f"{INBOX}/path.csv", "w"):
            client.utime(f"{INBOX}/path.csv", (0, NOON.timestamp()))
        times = {entry.filename: entry.st_mtime for entry in client.listdir_attr(INBOX)}
    assert times["handle.csv"] == times["path.csv"] == NOON.timestamp()


def test_an_open_upload_can_be_cut_and_a_published_file_cannot(running: Running) -> None:
    with sftp_of(running) as client:
        with client.open(PATH, "w") as file:
            file.write(b"12345")
            file.truncate(3)
            assert file.stat().st_size == 3
        with pytest.raises(OSError, match="set by uploading"):
            client.truncate(PATH, 1)
        with client.open(PATH) as file, pytest.raises(OSError, match="set by uploading"):
            file.truncate(1)
    assert running.alice.content("a.csv") == b"123"


def test_what_changes_the_tree_is_refused(running: Running) -> None:
    running.alice.put("/contacts/import/ok/done.csv", b"")
    with sftp_of(running) as client:
        refused: list[Any] = [
            lambda: client.open("/contacts/import/ok/a.csv", "w"),
            lambda: client.open("/a.csv", "w"),
            lambda: client.remove("/contacts/import/ok/done.csv"),
            lambda: client.rename("/contacts/import/ok/done.csv", PATH),
            lambda: client.remove("/contacts/import"),
            lambda: client.rename("/contacts/import/in", "/contacts/import/out"),
            lambda: client.rmdir("/contacts/import/in"),
            lambda: client.mkdir(f"{INBOX}/sub"),
            lambda: client.mkdir(INBOX),
        ]
        for act in refused:
            with pytest.raises(OSError, match=r"."):
                act()
    assert running.alice.published() == []


def test_links_are_unsupported(running: Running) -> None:
    with sftp_of(running) as client:
        with pytest.raises(OSError, match="no links"):
            client.symlink("/etc/passwd", f"{INBOX}/a.csv")
        with pytest.raises(OSError, match="no links"):
            client.readlink(PATH)


@pytest.fixture(autouse=True)
def quiet_libraries(caplog: pytest.LogCaptureFixture) -> None:
    """Keep libraries out of the log, whatever level the root has."""
    for library in ("paramiko", "asyncssh"):
        caplog.set_level(logging.WARNING, library)


def test_names_that_could_break_a_listing_are_refused_and_escaped_in_the_log(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "postroom.gateway.sftp"), sftp_of(running) as client:
        for name in (b"a\nb.csv", b"\x1b[31m.csv", b"caf\xe9.csv", b"a\\b.csv", b"x" * 256):
            with pytest.raises(OSError, match=r"name"):
                client.open(f"{INBOX}/".encode() + name, "w")
    assert "\x1b" not in caplog.text
    assert all("postroom.gateway.sftp" in line for line in caplog.text.splitlines())


def test_only_what_is_implemented_is_advertised(running: Running) -> None:
    with wired(running) as wire:
        assert sorted(wire.extensions) == [
            b"fsync@openssh.com",
            b"limits@openssh.com",
            b"posix-rename@openssh.com",
        ]
        for name in ("hardlink@openssh.com", "statvfs@openssh.com", "copy-data", "lsetstat@openssh.com"):
            answer = wire.ask(200, string(name), string(PATH), string(INBOX))
            assert isinstance(answer, Status)
            assert answer.code == FX_OP_UNSUPPORTED


def test_what_happened_is_logged_once_each_with_the_id_of_the_session(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "postroom.gateway.sftp"), sftp_of(running) as client:
        client.open(PATH, "w").close()
        client.rename(PATH, f"{INBOX}/b.csv")
        client.remove(f"{INBOX}/b.csv")
        with pytest.raises(PermissionError):
            client.open("/contacts/import/ok/a.csv", "w")
    messages = [record.message for record in caplog.records]
    assert len({message.split("]")[0] for message in messages}) == 1
    acts = ["login ok", "upload committed", "renamed", "deleted", "refused act=open"]
    assert [act in message for act, message in zip(acts, messages, strict=True)] == [True] * 5


def test_a_read_only_folder_says_permission_denied(running: Running) -> None:
    with wired(running) as wire:
        answer = wire.ask(3, string("/contacts/import/ok/a.csv"), bytes([0, 0, 0, 26]), bytes(4))
        assert isinstance(answer, Status)
        assert answer.code == FX_PERMISSION_DENIED
        assert "drop files in an 'in' folder" in answer.text


def test_reading_a_folder_fails(running: Running) -> None:
    with wired(running) as wire:
        answer = wire.ask(3, string(INBOX), bytes([0, 0, 0, FXF_READ]), bytes(4))
    assert isinstance(answer, Status)


def test_bob_sees_nothing_of_alice(running: Running) -> None:
    running.alice.put(PATH, b"private")
    with sftp_of(running, "bob", "builder") as client:
        assert set(client.listdir(INBOX)) <= {".", ".."}
        with pytest.raises(FileNotFoundError):
            client.open(PATH)


def test_two_channels_of_one_connection_work_side_by_side(running: Running) -> None:
    with sftp_of(running) as first:
        channel = first.get_channel()
        assert channel is not None
        second = paramiko.SFTPClient.from_transport(channel.get_transport())
        assert second is not None
        with first.open(PATH, "w") as file:
            file.write(b"x")
            assert second.listdir("/") != []
            second.close()
    assert running.alice.published() == ["a.csv"]
