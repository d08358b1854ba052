"""What goes wrong between the first byte and the commit publishes nothing and leaves nothing behind."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from postroom.drops.room import Room
from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.seam import Principal, Vfs
from postroom.gateway.vfs import DropVfs
from postroom.jobs.queue import Queue
from postroom.store.blobs import BlobStore
from postroom.store.database import Connection, Database
from postroom.store.logins import set_enabled
from tests.conformance.backing import at, get, names, put
from tests.conftest import Person
from tests.tidiness import assert_tidy


@pytest.fixture(autouse=True)
def tidy(room: Room) -> Iterator[None]:
    yield
    assert_tidy(room)


def session(room: Room, person: Person) -> Vfs:
    account = person.account
    return DropVfs(room, Principal(person.login, account.account_id, account.name))


def refusal(act: Callable[[], object]) -> VfsKind:
    with pytest.raises(VfsError) as refused:
        act()
    return refused.value.kind


# ------------------------------------------------------------------------------------ full disks


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let the kernel refuse to grow files beyond `size` bytes, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_while_writing_publishes_nothing(room: Room, alice: Person) -> None:
    vfs = session(room, alice)
    upload = vfs.open_write(at("a.csv"), mode="replace")
    upload.write_at(0, bytes(60_000))

    with files_no_larger_than(64 * 1024):
        assert refusal(lambda: upload.write_at(60_000, bytes(60_000))) is VfsKind.QUOTA

    assert refusal(lambda: upload.write_at(0, b"x")) is VfsKind.QUOTA
    assert refusal(lambda: upload.commit("sftp-close")) is VfsKind.QUOTA
    assert names(vfs) == []
    assert list(room.blobs.staging.iterdir()) == []


class FullStore:
    """A blob store whose disk is full just when a file is to be published."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self.staging: Path = store.staging

    def put_file(self, path: Path) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def put_bytes(self, content: bytes) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def open(self, key: str) -> BinaryIO:
        return self._store.open(key)

    def delete(self, key: str) -> None:
        self._store.delete(key)

    def keys(self, *, before: datetime | None = None) -> Iterator[str]:
        return self._store.keys(before=before)

    def clear_staging(self, moment: datetime) -> int:
        return self._store.clear_staging(moment)


def test_a_disk_that_is_full_at_the_commit_publishes_nothing(room: Room, alice: Person) -> None:
    put(session(room, alice), "a.csv", b"old")
    vfs = session(replace(room, blobs=FullStore(room.blobs)), alice)
    upload = vfs.open_write(at("a.csv"), mode="replace")
    upload.write_at(0, b"new")

    assert refusal(lambda: upload.commit("sftp-close")) is VfsKind.QUOTA

    assert get(vfs, "a.csv") == b"old"


class StubbornStore(FullStore):
    """A blob store that publishes, but cannot delete."""

    def put_file(self, path: Path) -> str:
        return self._store.put_file(path)

    def delete(self, key: str) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_old_bytes_that_cannot_be_deleted_do_not_spoil_the_new_file(room: Room, alice: Person) -> None:
    put(session(room, alice), "a.csv", b"old")
    (old,) = room.blobs.keys()

    put(session(replace(room, blobs=StubbornStore(room.blobs)), alice), "a.csv", b"new")

    assert get(session(room, alice), "a.csv") == b"new"
    room.blobs.delete(old)


# ---------------------------------------------------------------------------- logins switched off


def switch_off(room: Room, person: Person) -> None:
    with room.database.transaction() as connection:
        set_enabled(connection, person.login, enabled=False)


def test_a_login_switched_off_between_open_and_commit_publishes_nothing(room: Room, alice: Person) -> None:
    vfs = session(room, alice)
    upload = vfs.open_write(at("a.csv"), mode="replace")
    upload.write_at(0, b"content")
    switch_off(room, alice)

    assert refusal(lambda: upload.commit("sftp-close")) is VfsKind.DENIED

    assert names(vfs) == []


def test_a_login_switched_off_begins_and_changes_nothing_any_more(room: Room, alice: Person) -> None:
    vfs = session(room, alice)
    put(vfs, "a.csv.part", b"content")
    switch_off(room, alice)

    assert refusal(lambda: vfs.open_write(at("b.csv"), mode="replace")) is VfsKind.DENIED
    assert refusal(lambda: vfs.rename(at("a.csv.part"), at("a.csv"), replace=True)) is VfsKind.DENIED
    assert refusal(lambda: vfs.remove(at("a.csv.part"))) is VfsKind.DENIED
    assert refusal(lambda: vfs.utime(at("a.csv.part"), datetime.now(UTC))) is VfsKind.DENIED

    assert names(vfs) == ["a.csv.part"]


def test_a_login_that_was_deleted_publishes_nothing(room: Room, alice: Person) -> None:
    upload = session(room, alice).open_write(at("a.csv"), mode="replace")
    with room.database.transaction() as connection:
        connection.execute("delete from logins")

    assert refusal(lambda: upload.commit("sftp-close")) is VfsKind.DENIED


# ------------------------------------------------------------------------- queues and databases


class BrokenQueue:
    """A queue that takes nothing."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def enqueue(self, connection: Connection, task: str, *, lock: str, **arguments: Any) -> None:
        raise self._error

    def has_job(self, connection: Connection, *, lock: str) -> bool:
        raise self._error


def test_an_unforeseen_error_in_the_commit_publishes_nothing(room: Room, alice: Person) -> None:
    vfs = session(replace(room, queue=BrokenQueue(ZeroDivisionError())), alice)
    upload = vfs.open_write(at("a.csv"), mode="replace")

    with pytest.raises(ZeroDivisionError):
        upload.commit("sftp-close")

    assert names(vfs) == []


def test_a_database_that_is_away_is_an_error_and_not_a_missing_file(room: Room, alice: Person) -> None:
    url = "postgresql://127.0.0.1:1/nobody?connect_timeout=1"
    with Database(url, patience_seconds=0.1) as nowhere:
        vfs = session(replace(room, database=nowhere, queue=Queue(url)), alice)

        assert refusal(lambda: vfs.stat(at("a.csv"))) is VfsKind.IO
        assert refusal(lambda: vfs.open_write(at("a.csv"), mode="replace")) is VfsKind.IO


def test_a_session_that_forgets_its_upload_leaves_nothing(room: Room, alice: Person) -> None:
    upload = session(room, alice).open_write(at("a.csv"), mode="replace")
    upload.write_at(0, b"half")

    del upload

    assert list(room.blobs.staging.iterdir()) == []
