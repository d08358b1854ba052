"""Too big, no room, broken storage: refused with a clear reply, nothing kept, never a hang."""

from __future__ import annotations

import ftplib
import io
import socket
from collections.abc import Iterator

import pytest

from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.ftp.server import FtpServer
from tests.fakes.memory_vfs import MEGABYTE, MemoryTree
from tests.integration.gateway.ftp.served import INBOX, Client, ServedVfs, finish


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def alice(request: pytest.FixtureRequest, server: FtpServer) -> Iterator[Client]:
    with Client(server, tls=request.param) as client:
        yield client


def send_for_ever(data: socket.socket) -> None:
    while True:
        data.sendall(bytes(MEGABYTE))


def test_a_file_over_the_limit_is_read_to_its_end_and_refused(alice: Client, served_vfs: ServedVfs) -> None:
    with pytest.raises(ftplib.error_perm, match=r"552 .*20 MB"):
        alice.storbinary("STOR big.csv", io.BytesIO(bytes(21 * MEGABYTE)))

    assert served_vfs.inbox.published() == []
    assert alice.pwd() == INBOX


def test_a_file_far_over_the_limit_is_cut_off(alice: Client, tree: MemoryTree) -> None:
    tree.limit = MEGABYTE
    data = alice.begin("big.csv", b"")

    with pytest.raises(OSError, match=r"."):  # reset
        send_for_ever(data)

    data.close()
    assert alice.reply().startswith("552")
    assert tree.published() == []
    assert alice.pwd() == INBOX


def test_an_announced_size_over_the_limit_is_refused_before_a_byte_is_sent(
    alice: Client, served_vfs: ServedVfs
) -> None:
    assert alice.sendcmd(f"ALLO {21 * MEGABYTE}").startswith("200")

    with pytest.raises(ftplib.error_perm, match="552"):
        alice.transfercmd("STOR big.csv")

    # The announcement was for one upload only.
    alice.storbinary("STOR small.csv", io.BytesIO(b"x"))
    assert served_vfs.inbox.published() == ["small.csv"]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (VfsError(VfsKind.QUOTA, "The account is full."), "552"),
        (VfsError(VfsKind.IO, "The disk is full."), "451"),
    ],
)
def test_a_write_that_fails_is_answered_at_once(
    alice: Client, tree: MemoryTree, failure: VfsError, code: str
) -> None:
    tree.write_failure = failure
    data = alice.begin("a.csv", b"x" * 1000)

    assert alice.reply() == f"{code} {failure.message}"

    data.close()
    tree.write_failure = None
    assert tree.published() == []
    alice.storbinary("STOR b.csv", io.BytesIO(b"x"))
    assert tree.published() == ["b.csv"]


def test_a_commit_that_fails_is_no_226(alice: Client, tree: MemoryTree) -> None:
    tree.commit_failure = VfsError(VfsKind.DENIED, "The account was closed meanwhile.")
    finish(alice.begin("a.csv", b"x" * 1000))

    assert alice.reply() == "550 The account was closed meanwhile."
    assert tree.published() == []


def test_a_second_upload_beside_a_running_one_is_refused(alice: Client, served_vfs: ServedVfs) -> None:
    data = alice.begin("first.csv", b"1" * 1000)

    for command in ("STOR second.csv", "PASV", "EPSV", "RETR first.csv"):
        with pytest.raises(ftplib.Error, match=r"450|550"):
            alice.sendcmd(command)

    finish(data)
    assert alice.reply().startswith("226")
    assert served_vfs.inbox.published() == ["first.csv"]
