"""What a sender can do with files and folders, through ftplib."""

from __future__ import annotations

import ftplib
import io
from collections.abc import Iterator

import pytest

from postroom.gateway.ftp.server import FtpServer
from tests.fakes.memory_vfs import MemoryTree
from tests.integration.gateway.ftp.served import INBOX, Client, ServedVfs


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def alice(request: pytest.FixtureRequest, server: FtpServer) -> Iterator[Client]:
    with Client(server, tls=request.param) as client:
        yield client


def put(client: Client, name: str, content: bytes, rest: int | None = None) -> str:
    return client.storbinary(f"STOR {name}", io.BytesIO(content), rest=rest)


def got(client: Client, name: str, rest: int | None = None) -> bytes:
    received = io.BytesIO()
    client.retrbinary(f"RETR {name}", received.write, rest=rest)
    return received.getvalue()


def refused(client: Client, command: str) -> str:
    with pytest.raises(ftplib.Error) as refusal:
        client.sendcmd(command)
    return str(refusal.value)


def test_a_file_comes_back_as_it_was_sent(alice: Client) -> None:
    content = bytes(range(256)) * 12_345

    put(alice, "a.csv", content)

    assert got(alice, "a.csv") == content


def test_an_empty_file_is_a_file(alice: Client, served_vfs: ServedVfs) -> None:
    put(alice, "empty.csv", b"")

    assert served_vfs.inbox.content("empty.csv") == b""
    assert got(alice, "empty.csv") == b""


def test_ascii_mode_changes_nothing(alice: Client, served_vfs: ServedVfs) -> None:
    content = b"one\r\ntwo\nthree\r\n"
    alice.sendcmd("TYPE A")
    data = alice.transfercmd("STOR a.csv")
    data.sendall(content)
    data.unwrap() if hasattr(data, "unwrap") else None
    data.close()
    alice.voidresp()

    assert served_vfs.inbox.content("a.csv") == content
    alice.sendcmd("TYPE A")
    assert alice.sendcmd("SIZE a.csv") == f"213 {len(content)}"
    assert alice.sendcmd("TYPE A N").startswith("200")
    assert refused(alice, "TYPE E").startswith("504")


def test_names_are_utf_8_and_one_spelling(alice: Client, served_vfs: ServedVfs) -> None:
    put(alice, "e\u0301te\u0301 à Noël.csv", b"x")

    assert alice.nlst() == ["été à Noël.csv"]
    assert served_vfs.inbox.published() == ["été à Noël.csv"]
    assert got(alice, "été à Noël.csv") == b"x"
    assert alice.sendcmd("OPTS UTF8 ON").startswith("200")
    assert "UTF8" in alice.sendcmd("FEAT")


@pytest.mark.parametrize("name", [b"caf\xe9.csv", b"back\\slash.csv", b"bell\x07.csv", b"n" * 256])
def test_a_bad_name_is_refused(alice: Client, served_vfs: ServedVfs, name: bytes) -> None:
    alice.voidcmd("TYPE I")
    alice.makepasv()
    assert alice.sock is not None
    alice.sock.sendall(b"STOR " + name + b"\r\n")

    assert alice.reply().startswith("553")
    assert served_vfs.inbox.published() == []


def test_listings_tell_names_sizes_and_rights(alice: Client) -> None:
    put(alice, "a.csv", b"12345")
    facts = dict(alice.mlsd())

    assert facts["a.csv"]["type"] == "file"
    assert facts["a.csv"]["size"] == "5"
    assert "w" in facts["a.csv"]["perm"]
    lines: list[str] = []
    alice.retrlines("LIST -la", lines.append)
    assert [line.split()[0] for line in lines] == ["-rw-r--r--"]
    assert lines[0].endswith(" a.csv")
    assert sorted(alice.nlst("/contacts/import")) == ["in", "ko", "ok", "on"]
    assert alice.nlst("*.csv") == ["a.csv"]
    assert alice.nlst("*.zip") == []
    assert list(alice.mlsd("/reporting")) == []
    assert alice.retrlines("LIST /reporting").startswith("226")
    assert " a.csv" in alice.sendcmd("STAT a.csv")
    assert "type=file;size=5;" in alice.sendcmd("MLST a.csv")
    assert "type=dir;" in alice.sendcmd("MLST /contacts")


def test_mode_markers_are_made_seen_and_removed(alice: Client) -> None:
    alice.cwd("/contacts/import")
    put(alice, ".addToExistingList", b"")

    assert ".addToExistingList" in alice.nlst()
    assert ".addToExistingList" in dict(alice.mlsd())
    alice.rename(".addToExistingList", ".syncExistingList")
    alice.delete(".syncExistingList")
    assert sorted(alice.nlst()) == ["in", "ko", "ok", "on"]
    assert refused_upload(alice, "/contacts/import/other").startswith("550")


def test_chosen_facts_are_told(alice: Client) -> None:
    put(alice, "a.csv", b"12345")

    alice.sendcmd("OPTS MLST size;type;")

    told = alice.sendcmd("MLST a.csv").splitlines()[1]
    assert told == f" size=5;type=file; {INBOX}/a.csv"


def test_walking_the_tree(alice: Client) -> None:
    alice.cwd("..")
    assert alice.pwd() == "/contacts/import"
    alice.sendcmd("CDUP")
    assert alice.pwd() == "/contacts"
    alice.cwd("/../../reporting/.")
    assert alice.pwd() == "/reporting"
    assert refused(alice, "CWD /etc").startswith("550")
    assert refused(alice, "CWD /contacts\\import").startswith("553")


def test_rename_replaces_and_delete_removes(alice: Client, served_vfs: ServedVfs) -> None:
    put(alice, "a.csv.part", b"new")
    put(alice, "a.csv", b"old")

    alice.rename("a.csv.part", "a.csv")

    assert served_vfs.inbox.published() == ["a.csv"]
    assert served_vfs.inbox.content("a.csv") == b"new"
    alice.delete("a.csv")
    assert served_vfs.inbox.published() == []
    assert refused(alice, "DELE a.csv").startswith("550")
    assert refused(alice, "RNFR a.csv").startswith("550")
    assert refused(alice, "RNTO b.csv").startswith("503")


def test_times_are_kept(alice: Client) -> None:
    put(alice, "a.csv", b"x")

    answer = alice.sendcmd("MFMT 20200102030405 a.csv")

    assert answer == f"213 Modify=20200102030405; {INBOX}/a.csv"
    assert alice.sendcmd("MDTM a.csv") == "213 20200102030405"
    assert refused(alice, "MFMT 2020 a.csv").startswith("553")
    assert refused(alice, "MFMT 20200102030405").startswith("501")
    assert refused(alice, "MDTM /contacts").startswith("550")


def refused_upload(client: Client, path: str) -> str:
    with pytest.raises(ftplib.Error) as refusal:
        put(client, path, b"x")
    return str(refusal.value)


@pytest.mark.parametrize(
    "path", ["/a.csv", "/contacts/import/ok/a.csv", "/reporting/a.csv", "/nowhere/a.csv", INBOX, "/"]
)
def test_writing_elsewhere_is_refused_and_the_session_goes_on(
    alice: Client, served_vfs: ServedVfs, path: str
) -> None:
    assert refused_upload(alice, path).startswith("550")

    put(alice, "a.csv", b"x")
    assert served_vfs.inbox.published() == ["a.csv"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("MKD new", "550"),
        ("RMD /contacts/import/in", "550"),
        ("DELE /contacts/import/in", "550"),
        ("RNTO x", "503"),
        ("SITE CHMOD 777 a.csv", "550"),
        ("STOU", "502"),
        ("SIZE nothing.csv", "550"),
        ("RETR nothing.csv", "550"),
        ("MLSD", "425"),
        ("STOR a.csv", "425"),
        ("REST x", "501"),
        ("REST -1", "501"),
        ("ALLO x", "501"),
        ("APPE", "501"),
        ("PROT X", "50"),
        ("FOO", "500"),
    ],
)
def test_what_is_not_possible_is_refused_with_the_right_code(alice: Client, command: str, code: str) -> None:
    assert refused(alice, command).startswith(code)
    assert alice.pwd() == INBOX


def test_a_published_file_is_resumed(alice: Client, served_vfs: ServedVfs) -> None:
    put(alice, "a.csv", b"0123456789")

    assert got(alice, "a.csv", rest=4) == b"456789"
    assert got(alice, "a.csv", rest=10) == b""
    put(alice, "a.csv", b"ABC", rest=5)
    assert served_vfs.inbox.content("a.csv") == b"01234ABC"
    alice.storbinary("APPE a.csv", io.BytesIO(b"!"))
    assert served_vfs.inbox.content("a.csv") == b"01234ABC!"
    alice.storbinary("APPE new.csv", io.BytesIO(b"n"))
    assert served_vfs.inbox.content("new.csv") == b"n"


def test_resuming_beyond_the_end_or_nothing_is_refused(alice: Client, served_vfs: ServedVfs) -> None:
    put(alice, "a.csv", b"0123456789")

    with pytest.raises(ftplib.error_perm, match="554"):
        got(alice, "a.csv", rest=11)
    with pytest.raises(ftplib.error_perm, match="553"):
        put(alice, "a.csv", b"x", rest=11)
    with pytest.raises(ftplib.error_perm, match="550"):
        put(alice, "partial.csv", b"x", rest=5)
    alice.sendcmd("REST 5")
    with pytest.raises(ftplib.error_perm, match="503"):
        alice.storbinary("APPE a.csv", io.BytesIO(b"x"))
    assert served_vfs.inbox.published() == ["a.csv"]
    assert served_vfs.inbox.content("a.csv") == b"0123456789"


def test_a_download_can_be_aborted(alice: Client, tree: MemoryTree) -> None:
    tree.put("/reporting/big.zip", b"z" * 30_000_000)
    alice.voidcmd("TYPE I")
    data = alice.transfercmd("RETR /reporting/big.zip")
    data.recv(1000)

    alice.putcmd("ABOR")

    assert alice.reply().startswith("426")
    assert alice.reply().startswith("226")
    data.close()
    assert alice.sendcmd("ABOR").startswith("225")


def test_a_download_hung_up_on_leaves_the_session_usable(alice: Client, tree: MemoryTree) -> None:
    tree.put("/reporting/big.zip", b"z" * 30_000_000)
    alice.voidcmd("TYPE I")
    data = alice.transfercmd("RETR /reporting/big.zip")
    data.recv(1000)

    data.close()

    assert alice.reply().startswith("426")
    assert alice.pwd() == INBOX


def test_active_mode_works(alice: Client, served_vfs: ServedVfs) -> None:
    alice.set_pasv(val=False)

    put(alice, "active.csv", b"x" * 500_000)

    assert served_vfs.inbox.published() == ["active.csv"]
    assert got(alice, "active.csv") == b"x" * 500_000
    assert alice.nlst() == ["active.csv"]


def test_a_sender_is_told_what_it_sent_when_processing_was_faster(alice: Client, tree: MemoryTree) -> None:
    put(alice, "a.csv", b"12345")
    tree.claim("a.csv")

    assert alice.size("a.csv") == 5
    assert "size=5;" in alice.sendcmd("MLST a.csv")
    assert dict(alice.mlsd()) == {}
    assert alice.sendcmd("MFMT 20200102030405 a.csv").startswith("213")
    assert alice.sendcmd("MDTM a.csv") == "213 20200102030405"
    assert dict(alice.mlsd())["a.csv"]["modify"] == "20200102030405"
    assert alice.nlst() == []
    for command in ("DELE a.csv", "SIZE b.csv", "MFMT 20200102030405 b.csv"):
        assert refused(alice, command).startswith("550")
    alice.sendcmd("RNFR a.csv")
    assert refused(alice, "RNTO c.csv").startswith("550")


def test_nobody_else_is_told(server: FtpServer, tree: MemoryTree) -> None:
    with Client(server, tls=True) as alice, Client(server, tls=True, login="charlie") as charlie:
        put(alice, "a.csv", b"12345")
        put(alice, "b.csv", b"12345")
        put(alice, "c.csv", b"12345")
        alice.sendcmd("MFMT 20200102030405 a.csv")
        tree.claim("a.csv")
        alice.delete("b.csv")
        alice.rename("c.csv", "d.csv")

        assert "a.csv" in dict(alice.mlsd())
        assert dict(charlie.mlsd()) == {}
        assert refused(charlie, "SIZE a.csv").startswith("550")
        assert refused(alice, "SIZE b.csv").startswith("550")
        assert refused(alice, "SIZE c.csv").startswith("550")
