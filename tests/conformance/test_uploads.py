"""What `postroom.gateway.seam.Upload` and `CommittedFile` promise."""

from __future__ import annotations

import pytest

from postroom.gateway.errors import VfsKind
from postroom.gateway.seam import Vfs, WriteMode
from tests.conformance.backing import LIMIT, Backing, at, get, names, put
from tests.conformance.test_vfs import refused


def test_nobody_sees_an_upload_before_its_commit(backing: Backing, vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="replace")
    upload.write_at(0, b"half")

    assert names(vfs) == []
    with refused(VfsKind.NOT_FOUND):
        vfs.stat(at("a.csv"))
    upload.abort("enough seen")


def test_a_committed_upload_is_there_whole_and_released(backing: Backing, vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="create")
    upload.write_at(0, b"nom;")
    upload.write_at(4, b"prenom\r\n")
    assert upload.size == 12

    upload.commit("sftp-close")

    assert get(vfs, "a.csv") == b"nom;prenom\r\n"
    found = vfs.stat(at("a.csv"))
    assert (found.name, found.is_dir, found.size, found.mode) == ("a.csv", False, 12, 0o100644)
    assert [entry.name for entry in vfs.list(at("."))] == ["a.csv"]
    assert backing.released() == ["a.csv"]


def test_an_empty_upload_is_a_file(vfs: Vfs) -> None:
    put(vfs, "a.csv", b"")

    assert vfs.stat(at("a.csv")).size == 0
    assert get(vfs, "a.csv") == b""


def test_an_aborted_upload_leaves_nothing_and_may_be_aborted_twice(backing: Backing, vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="replace")
    upload.write_at(0, b"half")

    upload.abort("the client went away")
    upload.abort("and again")

    assert names(vfs) == []
    assert backing.released() == []
    with refused(VfsKind.IO):
        upload.write_at(4, b"more")
    with refused(VfsKind.IO):
        upload.commit("sftp-close")


def test_an_abort_after_the_commit_changes_nothing(vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="replace")
    upload.write_at(0, b"whole")
    upload.commit("sftp-close")

    upload.abort("the connection closed")

    assert get(vfs, "a.csv") == b"whole"


def test_an_upload_is_committed_once(vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="replace")
    upload.commit("sftp-close")

    with refused(VfsKind.IO):
        upload.commit("sftp-close")
    with refused(VfsKind.IO):
        upload.write_at(0, b"more")


def test_pieces_may_come_in_any_order_and_twice(vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="replace")
    for offset, piece in [(8, b"89"), (0, b"0123"), (4, b"4567"), (2, b"23")]:
        upload.write_at(offset, piece)

    upload.commit("sftp-close")

    assert get(vfs, "a.csv") == b"0123456789"


def test_an_upload_with_a_gap_is_refused(vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="replace")
    upload.write_at(0, b"0123")
    upload.write_at(8, b"89")

    with refused(VfsKind.IO):
        upload.commit("sftp-close")

    assert names(vfs) == []


def test_truncating_cuts_and_fills_with_zeros(vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="replace")
    upload.write_at(0, b"0123456789")
    upload.truncate(4)
    assert upload.size == 4
    upload.truncate(6)
    upload.write_at(6, b"67")

    upload.commit("sftp-close")

    assert get(vfs, "a.csv") == b"0123\0\x0067"


# ------------------------------------------------------------------------------------- the limit


def test_a_file_as_big_as_the_limit_is_taken(vfs: Vfs) -> None:
    put(vfs, "a.csv", bytes(LIMIT))

    assert vfs.stat(at("a.csv")).size == LIMIT


def test_more_than_the_limit_sticks_and_nothing_is_kept(vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="replace")
    upload.write_at(0, bytes(LIMIT))

    with refused(VfsKind.TOO_BIG):
        upload.write_at(LIMIT, b"x")

    with refused(VfsKind.TOO_BIG):
        upload.write_at(0, b"x")
    with refused(VfsKind.TOO_BIG):
        upload.truncate(0)
    with refused(VfsKind.TOO_BIG):
        upload.commit("sftp-close")
    upload.abort("it failed")
    assert names(vfs) == []


def test_truncating_beyond_the_limit_sticks_too(vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="replace")

    with refused(VfsKind.TOO_BIG):
        upload.truncate(LIMIT + 1)

    with refused(VfsKind.TOO_BIG):
        upload.commit("sftp-close")


def test_an_announced_size_over_the_limit_is_refused_at_once(vfs: Vfs) -> None:
    vfs.open_write(at("a.csv"), mode="replace", expected=LIMIT).abort("only asking")

    with refused(VfsKind.TOO_BIG):
        vfs.open_write(at("a.csv"), mode="replace", expected=LIMIT + 1)


# --------------------------------------------------------------------------- what was there before


@pytest.mark.parametrize("mode", ["replace", "append", "update"])
def test_the_old_file_stays_until_the_commit(vfs: Vfs, mode: WriteMode) -> None:
    put(vfs, "a.csv", b"old")
    upload = vfs.open_write(at("a.csv"), mode=mode)
    upload.write_at(0, b"newer")
    assert get(vfs, "a.csv") == b"old"

    upload.abort("the client went away")

    assert get(vfs, "a.csv") == b"old"


def test_a_file_is_replaced_before_it_is_claimed(backing: Backing, vfs: Vfs) -> None:
    put(vfs, "a.csv", b"old")
    put(vfs, "a.csv", b"new")

    assert names(vfs) == ["a.csv"]
    assert get(vfs, "a.csv") == b"new"
    assert backing.released() == ["a.csv"]


def test_a_file_is_not_replaced_after_it_is_claimed(backing: Backing, vfs: Vfs) -> None:
    put(vfs, "a.csv", b"old")
    backing.claim("a.csv")

    put(vfs, "a.csv", b"new")

    (claimed,) = names(vfs, "/contacts/import/on")
    assert get(vfs, f"/contacts/import/on/{claimed}") == b"old"
    assert get(vfs, "a.csv") == b"new"
    assert backing.released() == ["a.csv"]


def test_creating_refuses_what_exists_at_the_start_or_at_the_commit(vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="create")
    put(vfs, "a.csv", b"somebody was faster")

    with refused(VfsKind.EXISTS):
        upload.commit("sftp-close")
    with refused(VfsKind.EXISTS):
        vfs.open_write(at("a.csv"), mode="create")

    assert get(vfs, "a.csv") == b"somebody was faster"


def test_appending_goes_on_after_the_published_bytes(vfs: Vfs) -> None:
    put(vfs, "a.csv", b"first,")
    upload = vfs.open_write(at("a.csv"), mode="append")
    assert upload.size == 6

    upload.write_at(upload.size, b"second")
    upload.commit("sftp-close")

    assert get(vfs, "a.csv") == b"first,second"


def test_appending_to_nothing_begins_a_file(vfs: Vfs) -> None:
    upload = vfs.open_write(at("a.csv"), mode="append")
    assert upload.size == 0
    upload.write_at(0, b"first")

    upload.commit("sftp-close")

    assert get(vfs, "a.csv") == b"first"


def test_updating_changes_a_part_of_the_published_bytes(vfs: Vfs) -> None:
    put(vfs, "a.csv", b"0123456789")
    upload = vfs.open_write(at("a.csv"), mode="update")
    upload.write_at(2, b"xx")

    upload.commit("sftp-close")

    assert get(vfs, "a.csv") == b"01xx456789"


def test_there_must_be_a_file_to_update(vfs: Vfs) -> None:
    with refused(VfsKind.NOT_FOUND):
        vfs.open_write(at("a.csv"), mode="update")


def test_the_last_commit_of_a_name_wins(backing: Backing, vfs: Vfs) -> None:
    first, second = (each.open_write(at("a.csv"), mode="replace") for each in (vfs, backing.session()))
    first.write_at(0, b"first")
    second.write_at(0, b"second")

    second.commit("sftp-close")
    first.commit("sftp-close")

    assert get(vfs, "a.csv") == b"first"
    assert backing.released() == ["a.csv"]


# ------------------------------------------------------------------------- when in doubt (plain FTP)


def test_an_unconfirmed_file_is_seen_but_not_processed(backing: Backing, vfs: Vfs) -> None:
    committed = vfs.open_write(at("a.csv"), mode="replace").commit("ftp-eof", confirmed=False)
    assert names(vfs) == ["a.csv"]
    assert backing.released() == []

    committed.confirm()
    committed.confirm()

    assert backing.released() == ["a.csv"]


def test_a_quarantined_file_is_gone_and_never_processed(backing: Backing, vfs: Vfs) -> None:
    committed = vfs.open_write(at("a.csv"), mode="replace").commit("ftp-eof", confirmed=False)

    committed.quarantine()
    committed.quarantine()

    assert names(vfs) == []
    assert backing.released() == []
    with refused(VfsKind.NOT_FOUND):
        vfs.stat(at("a.csv"))


def test_the_first_word_about_a_file_decides(backing: Backing, vfs: Vfs) -> None:
    confirmed = vfs.open_write(at("a.csv"), mode="replace").commit("ftp-eof", confirmed=False)
    confirmed.confirm()
    confirmed.quarantine()
    taken_back = vfs.open_write(at("b.csv"), mode="replace").commit("ftp-eof", confirmed=False)
    taken_back.quarantine()
    taken_back.confirm()

    assert names(vfs) == ["a.csv"]
    assert backing.released() == ["a.csv"]


def test_a_file_that_took_the_place_of_the_doubtful_one_stays(backing: Backing, vfs: Vfs) -> None:
    doubtful = vfs.open_write(at("a.csv"), mode="replace").commit("ftp-eof", confirmed=False)
    put(vfs, "a.csv", b"sent again")

    doubtful.quarantine()

    assert get(vfs, "a.csv") == b"sent again"
    assert backing.released() == ["a.csv"]


def test_a_file_that_was_removed_meanwhile_is_nothing_to_confirm(backing: Backing, vfs: Vfs) -> None:
    doubtful = vfs.open_write(at("a.csv"), mode="replace").commit("ftp-eof", confirmed=False)
    vfs.remove(at("a.csv"))

    doubtful.confirm()

    assert backing.released() == []
    assert names(vfs) == []
