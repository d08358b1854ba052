"""Looking at the tree of an account: folders are the dialect's, files are rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from postroom.contacts.errors import Denied, Missing
from postroom.dialects.folders import tree
from postroom.drops.room import Room
from postroom.store import files, logins
from postroom.store.files import File


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder or a file as its sender sees it; `size` in bytes; folders have no time of their own."""

    name: str
    is_folder: bool
    writable: bool
    size: int = 0
    modified_at: datetime | None = None
    file: File | None = None


def is_folder(path: tuple[str, ...]) -> bool:
    """Tell whether the path is a folder of the tree."""
    return "/".join(path) in tree.directories()


def may_write(directory: str, name: str) -> bool:
    """Tell whether senders may make, replace, rename and remove a file of that name there."""
    return tree.is_marker(directory, name) or tree.rights(directory) is tree.Right.WRITE


def check_welcome(room: Room, account_id: int, login: str) -> None:
    """Raise Denied for a login that was switched off after it had come in."""
    with room.database.reading() as connection:
        if not logins.is_enabled(connection, login, account_id):
            raise Denied("This login is switched off.", code="LOGIN_DISABLED")


def entry(room: Room, account_id: int, path: tuple[str, ...]) -> Entry:
    """Return what stands at `path`; raise Missing when nothing does."""
    if is_folder(path):
        return _folder("/".join(path))
    directory = "/".join(path[:-1])
    if is_folder(path[:-1]):
        with room.database.reading() as connection:
            file = files.file_at(connection, account_id, directory, path[-1])
        if file is not None:
            return _file(file)
    raise Missing(f"There is no /{'/'.join(path)}.")


def entries(room: Room, account_id: int, path: tuple[str, ...]) -> list[Entry]:
    """Return what stands in the folder `path`, folders first; raise Missing when it is none."""
    directory = "/".join(path)
    if not is_folder(path):
        raise Missing(f"There is no folder /{directory}.")
    below = f"{directory}/" if directory else ""
    folders = [
        _folder(each)
        for each in tree.directories()
        if each and each.startswith(below) and "/" not in each[len(below) :]
    ]
    with room.database.reading() as connection:
        return [*folders, *map(_file, files.files_in(connection, account_id, directory))]


def open_file(room: Room, file: File) -> BinaryIO:
    """Open a file's bytes; they never change under the reader."""
    return room.blobs.open(file.blob_key)


def _folder(directory: str) -> Entry:
    writable = tree.rights(directory) is tree.Right.WRITE or directory == tree.MARKER_DIRECTORY
    return Entry(directory.rpartition("/")[2], is_folder=True, writable=writable)


def _file(file: File) -> Entry:
    return Entry(
        file.name,
        is_folder=False,
        writable=may_write(file.directory, file.name),
        size=file.size,
        modified_at=file.modified_at,
        file=file,
    )
