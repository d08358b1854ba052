from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from postroom.app.postgres_owner import Owner, owner_of
from postroom.contacts.errors import Denied

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def ourselves() -> Owner:
    return Owner("us", os.geteuid(), os.getegid(), switch=False)


@pytest.fixture
def nobody() -> Owner:
    entry = pwd.getpwnam("nobody")
    return Owner("nobody", entry.pw_uid, entry.pw_gid, switch=True)


def test_programs_see_no_environment_but_what_they_are_given(
    ourselves: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "rabbit")

    seen = ourselves.run(["/usr/bin/env"], environment={"PGDATA": "/data"}, cwd=Path("/")).stdout

    assert "PGDATA=/data" in seen
    assert "rabbit" not in seen


def test_what_it_owns_is_private(ourselves: Owner, tmp_path: Path) -> None:
    ourselves.own(tmp_path / "database")

    assert (tmp_path / "database").stat().st_mode & 0o777 == 0o700


def test_a_link_in_place_of_a_directory_is_refused(ourselves: Owner, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "database").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Denied, match="belongs to somebody else"):
        ourselves.own(tmp_path / "database")


def test_a_file_is_written_in_place_of_a_link_and_not_through_it(ourselves: Owner, tmp_path: Path) -> None:
    (tmp_path / "shadow").write_text("precious")
    (tmp_path / "postroom.conf").symlink_to(tmp_path / "shadow")

    ourselves.write(tmp_path / "postroom.conf", "jit = 'off'\n")

    assert (tmp_path / "shadow").read_text() == "precious"
    assert (tmp_path / "postroom.conf").read_text() == "jit = 'off'\n"


def test_nothing_is_opened_for_a_user_who_can_pass_anyway(ourselves: Owner, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)

    ourselves.let_through(tmp_path / "closed" / "database")

    assert (tmp_path / "closed").stat().st_mode & 0o777 == 0o700


@as_root
def test_another_user_may_pass_but_neither_list_nor_read(nobody: Owner, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)

    nobody.let_through(tmp_path / "closed" / "database")

    assert (tmp_path / "closed").stat().st_mode & 0o777 == 0o701


@as_root
def test_files_that_root_restored_are_given_to_the_user(nobody: Owner, tmp_path: Path) -> None:
    (tmp_path / "database" / "base").mkdir(parents=True)
    (tmp_path / "database" / "base" / "1").touch()

    nobody.own(tmp_path / "database")

    owners = {path.stat().st_uid for path in [tmp_path / "database", *tmp_path.rglob("database/**/*")]}
    assert owners == {nobody.uid}


@as_root
def test_a_directory_of_charlie_is_not_taken_over(nobody: Owner, tmp_path: Path) -> None:
    (tmp_path / "sockets").mkdir()
    os.chown(tmp_path / "sockets", 12345, 12345)

    with pytest.raises(Denied, match="belongs to somebody else"):
        nobody.own(tmp_path / "sockets")


@as_root
def test_root_runs_a_database_as_whoever_owns_it(nobody: Owner, tmp_path: Path) -> None:
    os.chown(tmp_path, nobody.uid, nobody.gid)

    assert owner_of(tmp_path) == nobody


@as_root
def test_root_never_runs_one_as_root(tmp_path: Path) -> None:
    owner = owner_of(tmp_path)

    assert owner.uid != 0
    assert owner.switch
