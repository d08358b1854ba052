"""What `postroom.gateway.seam.Vfs` promises about looking around, rights and names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.seam import Vfs, WriteMode
from tests.conformance.backing import INBOX, Backing, at, get, names, put

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MARKERS = [".createNewList", ".addToExistingList", ".syncExistingList"]
FIXED = ["/", "/contacts", "/contacts/import", INBOX, "/contacts/import/ok", "/reporting"]
NOT_WRITABLE = [
    "/x.csv",
    "/contacts/x.csv",
    "/contacts/import/x.csv",
    "/contacts/import/ok/x.csv",
    "/reporting/x",
]


def refused(kind: VfsKind) -> pytest.RaisesExc[VfsError]:
    return pytest.RaisesExc(VfsError, check=lambda error: error.kind is kind)


# -------------------------------------------------------------------------------------- the tree


@pytest.mark.parametrize("path", FIXED)
def test_the_tree_is_there_from_the_start(vfs: Vfs, path: str) -> None:
    assert vfs.stat(at(path)).is_dir


def test_a_folder_lists_what_is_below_it(vfs: Vfs) -> None:
    assert set(names(vfs, "/")) == {"contacts", "reporting"}
    assert names(vfs, "/contacts/import") == ["in", "on", "ok", "ko"] or names(vfs, "/contacts/import") == [
        "in",
        "ko",
        "ok",
        "on",
    ]
    assert names(vfs) == []


def test_modes_tell_where_one_may_write(vfs: Vfs) -> None:
    assert vfs.stat(at(INBOX)).mode == 0o040755
    assert vfs.stat(at("/contacts/import/ok")).mode == 0o040555


def test_what_is_not_there_is_not_found(vfs: Vfs) -> None:
    for path in ("x.csv", "/nowhere", f"{INBOX}/deeper/x.csv", "/contacts/import/ok/x.csv"):
        with refused(VfsKind.NOT_FOUND):
            vfs.stat(at(path))
        with refused(VfsKind.NOT_FOUND):
            vfs.list(at(path))
        with refused(VfsKind.NOT_FOUND):
            vfs.open_read(at(path))
        with refused(VfsKind.NOT_FOUND):
            vfs.remove(at(path))
        with refused(VfsKind.NOT_FOUND):
            vfs.rename(at(path), at("y.csv"), replace=True)
        with refused(VfsKind.NOT_FOUND):
            vfs.utime(at(path), NOON)


def test_a_file_is_no_folder(vfs: Vfs) -> None:
    put(vfs, "a.csv")

    with refused(VfsKind.NOT_DIR):
        vfs.list(at("a.csv"))
    with refused(VfsKind.NOT_FOUND):
        vfs.open_write(at("a.csv/b.csv"), mode="replace")


def test_a_folder_is_no_file(vfs: Vfs) -> None:
    with refused(VfsKind.IS_DIR):
        vfs.open_read(at(INBOX))
    with refused(VfsKind.IS_DIR):
        vfs.open_write(at(INBOX), mode="replace")
    with refused(VfsKind.IS_DIR):
        vfs.remove(at(INBOX))
    with refused(VfsKind.IS_DIR):
        vfs.rename(at(INBOX), at("x.csv"), replace=True)


def test_folders_are_neither_made_nor_removed(vfs: Vfs) -> None:
    with refused(VfsKind.DENIED):
        vfs.mkdir(at("new"))
    with refused(VfsKind.DENIED):
        vfs.rmdir(at(INBOX))


# ---------------------------------------------------------------------------------------- rights


@pytest.mark.parametrize("path", NOT_WRITABLE)
@pytest.mark.parametrize("mode", ["create", "replace", "append"])
def test_files_are_made_nowhere_else_than_in_an_inbox(vfs: Vfs, path: str, mode: WriteMode) -> None:
    with refused(VfsKind.DENIED):
        vfs.open_write(at(path), mode=mode)


@pytest.mark.parametrize("path", NOT_WRITABLE)
def test_files_are_moved_nowhere_else_than_to_an_inbox(vfs: Vfs, path: str) -> None:
    put(vfs, "a.csv")

    with refused(VfsKind.DENIED):
        vfs.rename(at("a.csv"), at(path), replace=True)

    assert names(vfs) == ["a.csv"]


def test_what_is_being_processed_may_be_read_and_nothing_more(backing: Backing, vfs: Vfs) -> None:
    put(vfs, "a.csv", b"content")
    backing.claim("a.csv")
    (name,) = names(vfs, "/contacts/import/on")
    claimed = f"/contacts/import/on/{name}"

    assert get(vfs, claimed) == b"content"
    assert vfs.stat(at(claimed)).mode == 0o100444
    with refused(VfsKind.DENIED):
        vfs.remove(at(claimed))
    with refused(VfsKind.DENIED):
        vfs.rename(at(claimed), at("a.csv"), replace=True)
    with refused(VfsKind.DENIED):
        vfs.utime(at(claimed), NOON)
    with refused(VfsKind.DENIED):
        vfs.open_write(at(claimed), mode="append")


def test_markers_are_put_listed_renamed_and_removed_beside_the_inbox(backing: Backing, vfs: Vfs) -> None:
    first, second, third = (f"/contacts/import/{marker}" for marker in MARKERS)

    put(vfs, first, b"")
    vfs.rename(at(first), at(second), replace=False)
    put(vfs, third, b"")

    assert {MARKERS[1], MARKERS[2]} < set(names(vfs, "/contacts/import"))
    assert vfs.stat(at(second)).mode == 0o100644
    assert backing.released() == []
    vfs.remove(at(second))
    vfs.remove(at(third))
    assert not set(MARKERS) & set(names(vfs, "/contacts/import"))


def test_markers_mean_nothing_elsewhere(vfs: Vfs) -> None:
    with refused(VfsKind.DENIED):
        vfs.open_write(at(f"/contacts/optoutEMAIL/{MARKERS[0]}"), mode="replace")


def test_charlie_never_sees_what_is_alices(backing: Backing, vfs: Vfs) -> None:
    charlie = backing.session("charlie")
    put(vfs, "a.csv", b"hers")
    put(charlie, "b.csv", b"his")

    assert names(charlie) == ["b.csv"]
    with refused(VfsKind.NOT_FOUND):
        charlie.stat(at("a.csv"))
    with refused(VfsKind.NOT_FOUND):
        charlie.open_read(at("a.csv"))
    with refused(VfsKind.NOT_FOUND):
        charlie.remove(at("a.csv"))
    with refused(VfsKind.NOT_FOUND):
        charlie.rename(at("a.csv"), at("mine.csv"), replace=True)
    with refused(VfsKind.NOT_FOUND):
        charlie.utime(at("a.csv"), NOON)


def test_charlie_may_use_the_same_name(backing: Backing, vfs: Vfs) -> None:
    put(vfs, "a.csv", b"hers")
    put(backing.session("charlie"), "a.csv", b"his")

    assert get(vfs, "a.csv") == b"hers"
    assert get(backing.session("charlie"), "a.csv") == b"his"


# --------------------------------------------------------------------------- names, rename, remove


def test_a_name_is_the_same_however_its_accents_are_written(vfs: Vfs) -> None:
    put(vfs, "\u00e9te\u0301.csv", b"first")
    put(vfs, "e\u0301t\u00e9.csv", b"second")

    assert names(vfs) == ["\u00e9t\u00e9.csv"]
    assert get(vfs, "\u00e9t\u00e9.csv") == b"second"


def test_a_renamed_file_keeps_content_and_time(vfs: Vfs) -> None:
    put(vfs, "a.csv", b"content")
    vfs.utime(at("a.csv"), NOON)

    vfs.rename(at("a.csv"), at("b.csv"), replace=False)

    assert names(vfs) == ["b.csv"]
    assert get(vfs, "b.csv") == b"content"
    assert vfs.stat(at("b.csv")).modified_at == NOON
    with refused(VfsKind.NOT_FOUND):
        vfs.stat(at("a.csv"))


def test_renaming_replaces_only_if_it_may(vfs: Vfs) -> None:
    put(vfs, "a.csv", b"new")
    put(vfs, "b.csv", b"old")

    with refused(VfsKind.EXISTS):
        vfs.rename(at("a.csv"), at("b.csv"), replace=False)
    assert get(vfs, "b.csv") == b"old"

    vfs.rename(at("a.csv"), at("b.csv"), replace=True)
    assert names(vfs) == ["b.csv"]
    assert get(vfs, "b.csv") == b"new"


def test_a_file_may_be_renamed_to_its_own_name(vfs: Vfs) -> None:
    put(vfs, "a.csv", b"content")

    vfs.rename(at("a.csv"), at("a.csv"), replace=True)

    assert get(vfs, "a.csv") == b"content"


def test_a_file_moves_between_inboxes(vfs: Vfs) -> None:
    put(vfs, "a.csv", b"content")

    vfs.rename(at("a.csv"), at("/contacts/optoutEMAIL/in/a.csv"), replace=False)

    assert get(vfs, "/contacts/optoutEMAIL/in/a.csv") == b"content"
    assert names(vfs) == []


def test_a_removed_file_is_gone_and_never_processed(backing: Backing, vfs: Vfs) -> None:
    put(vfs, "a.csv")

    vfs.remove(at("a.csv"))

    assert names(vfs) == []
    assert backing.released() == []
    with refused(VfsKind.NOT_FOUND):
        vfs.stat(at("a.csv"))


# ----------------------------------------------------------------- what a session has just left


def test_a_file_that_was_taken_away_is_remembered_by_who_left_it(backing: Backing, vfs: Vfs) -> None:
    put(vfs, "a.csv", b"12345")
    backing.claim("a.csv")

    vfs.utime(at("a.csv"), NOON)

    found = vfs.stat(at("a.csv"))
    assert (found.name, found.is_dir, found.size, found.modified_at) == ("a.csv", False, 5, NOON)
    assert names(vfs) == []


def test_a_file_that_was_taken_away_is_remembered_in_the_logins_other_sessions(
    backing: Backing, vfs: Vfs
) -> None:
    put(vfs, "a.csv", b"12345")
    backing.claim("a.csv")

    backing.session().utime(at("a.csv"), NOON)

    assert vfs.stat(at("a.csv")).modified_at == NOON


def test_nothing_can_be_done_to_a_file_that_was_taken_away(backing: Backing, vfs: Vfs) -> None:
    put(vfs, "a.csv")
    backing.claim("a.csv")

    with refused(VfsKind.NOT_FOUND):
        vfs.open_read(at("a.csv"))
    with refused(VfsKind.NOT_FOUND):
        vfs.open_write(at("a.csv"), mode="update")
    with refused(VfsKind.NOT_FOUND):
        vfs.remove(at("a.csv"))
    with refused(VfsKind.NOT_FOUND):
        vfs.rename(at("a.csv"), at("b.csv"), replace=True)


def test_a_file_renamed_and_taken_away_is_remembered_by_its_new_name(backing: Backing, vfs: Vfs) -> None:
    put(vfs, "a.csv.part", b"12345")
    vfs.rename(at("a.csv.part"), at("a.csv"), replace=False)
    backing.claim("a.csv")

    assert vfs.stat(at("a.csv")).size == 5
    with refused(VfsKind.NOT_FOUND):
        vfs.stat(at("a.csv.part"))


def test_nobody_else_remembers_it(backing: Backing, vfs: Vfs) -> None:
    put(vfs, "a.csv")
    backing.claim("a.csv")

    with refused(VfsKind.NOT_FOUND):
        backing.session("charlie").stat(at("a.csv"))


def test_the_next_file_of_the_name_is_a_file_of_its_own(backing: Backing, vfs: Vfs) -> None:
    put(vfs, "a.csv", b"first")
    backing.claim("a.csv")

    upload = vfs.open_write(at("a.csv"), mode="create")
    upload.write_at(0, b"second")
    upload.commit("sftp-close")

    assert get(vfs, "a.csv") == b"second"
    assert vfs.stat(at("a.csv")).size == 6
