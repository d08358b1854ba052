"""Looking at the tree of an account: folders are the dialects', files are rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from postroom.contacts.errors import Denied, Missing
from postroom.dialects.folders.reporting import archive_meant
from postroom.drops.room import Room
from postroom.drops.trees import PARTNERS, Tree, is_writable_folder, may_fetch, may_write, tree_of
from postroom.store import files, logins, partner_files
from postroom.store.database import Connection
from postroom.store.files import File


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder or a file as its sender sees it; `size` in bytes.

    A folder of what we make has the time of the newest file in it, others have none.
    """

    name: str
    is_folder: bool
    writable: bool
    size: int = 0
    modified_at: datetime | None = None
    file: File | None = None


def tree_seen(room: Room, account_id: int, login: str | None = None) -> Tree:
    """Return the folders that an account sees now, and those that are for `login` alone."""
    with room.database.reading() as connection:
        return tree_of(connection, account_id, login)


def check_welcome(room: Room, account_id: int, login: str) -> None:
    """Raise Denied for a login that was switched off after it had come in."""
    with room.database.reading() as connection:
        if not logins.is_enabled(connection, login, account_id):
            raise Denied("This login is switched off.", code="LOGIN_DISABLED")


def entry(room: Room, tree: Tree, account_id: int, path: tuple[str, ...]) -> Entry:
    """Return what stands at `path`; raise Missing when nothing does."""
    folder = "/".join(path)
    if tree.is_folder(folder):
        return _folders(room, tree, account_id, [folder])[0]
    above = "/".join(path[:-1])
    if tree.is_folder(above):
        with room.database.reading() as connection:
            file = _file_at(connection, tree, account_id, above, path[-1])
        if file is not None:
            return _file(file)
    raise Missing(f"There is no /{folder}.")


def entries(room: Room, tree: Tree, account_id: int, path: tuple[str, ...]) -> list[Entry]:
    """Return what stands in the folder `path`, folders first; raise Missing when it is none."""
    folder = "/".join(path)
    if not tree.is_folder(folder):
        raise Missing(f"There is no folder /{folder}.")
    below = f"{folder}/" if folder else ""
    inside = [
        each
        for each in tree.directories()
        if each and each.startswith(below) and "/" not in each[len(below) :]
    ]
    folders = _folders(room, tree, account_id, inside)
    with room.database.reading() as connection:
        return [*folders, *map(_file, _files_in(connection, tree, account_id, folder))]


def open_file(room: Room, file: File) -> BinaryIO:
    """Open a file's bytes, which never change under the reader; raise Denied for those of a batch."""
    if not may_fetch(file.directory):
        raise Denied("Command batches hold passwords: they can be listed, but not fetched.")
    return room.blobs.open(file.blob_key)


def open_to_change(room: Room, file: File) -> BinaryIO:
    """Open a file's bytes for an upload that goes on from them; its sender does not see them by that."""
    return room.blobs.open(file.blob_key)


def is_for_partner(file: File) -> bool:
    """Tell whether it is to be known who fetches a file wholly."""
    return file.directory == PARTNERS


def _file_at(connection: Connection, tree: Tree, account_id: int, folder: str, name: str) -> File | None:
    stored = tree.stored(folder)
    if stored != PARTNERS:
        return files.file_at(connection, account_id, stored, archive_meant(stored, name))
    found = partner_files.files_for_login(connection, account_id, tree.partner or "", name=name)
    return found[0] if found else None


def _files_in(connection: Connection, tree: Tree, account_id: int, folder: str) -> list[File]:
    stored = tree.stored(folder)
    if stored != PARTNERS:
        return files.files_in(connection, account_id, stored)
    return partner_files.files_for_login(connection, account_id, tree.partner or "")


def _folders(room: Room, tree: Tree, account_id: int, paths: Sequence[str]) -> list[Entry]:
    """Return folders; only those of what we make are looked into, as others may have any number of files."""
    made = {path: tree.made_in(path) for path in paths}
    directories = sorted({each for inside in made.values() for each in inside})
    newest: dict[str, datetime] = {}
    if directories:
        with room.database.reading() as connection:
            newest = files.newest_in(connection, account_id, directories)
    return [
        Entry(
            path.rpartition("/")[2],
            is_folder=True,
            writable=is_writable_folder(tree.stored(path)),
            modified_at=max((newest[each] for each in made[path] if each in newest), default=None),
        )
        for path in paths
    ]


def _file(file: File) -> Entry:
    return Entry(
        file.name,
        is_folder=False,
        writable=may_write(file.directory, file.name),
        size=file.size,
        modified_at=file.modified_at,
        file=file,
    )
