"""The tree of one login over database and blobs: what `seam.Vfs` promises, for real."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import BinaryIO

from postroom.contacts.events import EventSource
from postroom.drops import browsing, landing
from postroom.drops.browsing import Entry
from postroom.drops.landing import Place
from postroom.drops.room import Room
from postroom.drops.trees import Tree, may_remove, may_write
from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.recent import Recent
from postroom.gateway.seam import Principal, Stat, WriteMode
from postroom.gateway.translation import translated
from postroom.gateway.uploads import WRITABLE_FILE, StagedUpload
from postroom.gateway.vpath import VPath, resolve
from postroom.sending.partners.fetching import note_download
from postroom.store.files import File

_FOLDER_TIME = datetime(2000, 1, 1, tzinfo=UTC)

_TREE_SECONDS = 10.0
"""Asking for the folders costs as much as asking for a file, and they change once a day."""


class DropVfs:
    """The tree as one login sees it; every method raises VfsError."""

    def __init__(
        self,
        room: Room,
        principal: Principal,
        recent: Recent | None = None,
        *,
        tree_seconds: float = _TREE_SECONDS,
    ) -> None:
        """Bind to one login of one account: no path leads anywhere else.

        `recent` remembers what the login has just left, best for all sessions of a process together. Folders
        are looked for anew after `tree_seconds`.
        """
        self.principal = principal
        self._room = room
        self._recent = Recent() if recent is None else recent
        self._tree_seconds = tree_seconds
        self._seen: tuple[Tree, float] | None = None

    def resolve(self, cwd: str, raw: str | bytes) -> VPath:
        """Make a client's path normal."""
        return resolve(cwd, raw)

    def stat(self, path: VPath) -> Stat:
        """Describe one file or folder; a file that this login just left, even when it is taken away."""
        try:
            return _stat(self._entry(path))
        except VfsError as error:
            left = self._recent.stat(self._login, path)
            if error.kind is not VfsKind.NOT_FOUND or left is None:
                raise
            return left

    def list(self, path: VPath) -> list[Stat]:
        """List a folder, dot-files too."""
        with translated():
            if not self._is_folder(path) and not self._entry(path).is_folder:
                raise VfsError(VfsKind.NOT_DIR, f"{path} is a file, not a folder.")
            found = browsing.entries(self._room, self._tree, self._account, path.parts)
            return [_stat(entry) for entry in found]

    def open_read(self, path: VPath) -> BlobReader:
        """Open a published file."""
        file = self._file(path)
        with translated():
            stream = browsing.open_file(self._room, file)
        if not browsing.is_for_partner(file):
            return BlobReader(stream)
        return BlobReader(stream, partial(self._note_download, file))

    def open_write(self, path: VPath, *, mode: WriteMode, expected: int | None = None) -> StagedUpload:
        """Start an upload where this login may write."""
        place = self._place(path)
        self._check_writable(path, place)
        with translated():
            browsing.check_welcome(self._room, self._account, self._login)
        # What replaces need not know what was there.
        existing = None if mode == "replace" else self._existing(path)
        if mode == "create" and existing is not None:
            raise VfsError(VfsKind.EXISTS, f"There is already a file {path}.")
        if mode == "update" and existing is None:
            raise VfsError(VfsKind.NOT_FOUND, f"There is no {path}.")
        may_replace = mode != "create"
        upload = StagedUpload(
            self._room, place, path, self._recent, announced=expected, may_replace=may_replace
        )
        if existing is not None:
            with translated():
                upload.start_from(browsing.open_to_change(self._room, existing))
        return upload

    def remove(self, path: VPath) -> None:
        """Delete a file that is not being processed."""
        place = self._changeable(path, may_remove)
        with translated():
            landing.remove(self._room, place)
        self._recent.forget(self._login, path)

    def rename(self, source: VPath, target: VPath, *, replace: bool) -> None:
        """Give a file another name."""
        old, new = self._changeable(source), self._place(target)
        self._check_writable(target, new)
        with translated():
            file = landing.rename(self._room, old, new, replace=replace)
        self._recent.forget(self._login, source)
        moved = Stat(file.name, False, file.size, file.modified_at, WRITABLE_FILE)
        self._recent.note(self._login, target, moved)

    def mkdir(self, path: VPath) -> None:
        """Refuse: the tree is fixed."""
        kind = VfsKind.EXISTS if self._is_folder(path) else VfsKind.DENIED
        raise VfsError(kind, "Folders cannot be made here; the tree is fixed.")

    def rmdir(self, path: VPath) -> None:
        """Refuse: the tree is fixed."""
        self._entry(path)
        raise VfsError(VfsKind.DENIED, "Folders cannot be removed here; the tree is fixed.")

    def utime(self, path: VPath, modified_at: datetime) -> None:
        """Set a file's time of modification; without effect on a file just left and taken away."""
        place = self._changeable(path)
        try:
            with translated():
                landing.touch(self._room, place, modified_at)
        except VfsError as error:
            if error.kind is not VfsKind.NOT_FOUND or not self._recent.touch(self._login, path, modified_at):
                raise

    @property
    def _account(self) -> int:
        return self.principal.account_id

    @property
    def _login(self) -> str:
        return self.principal.login

    def _entry(self, path: VPath) -> Entry:
        with translated():
            return browsing.entry(self._room, self._tree, self._account, path.parts)

    def _existing(self, path: VPath) -> File | None:
        try:
            return self._entry(path).file
        except VfsError as error:
            if error.kind is VfsKind.NOT_FOUND:
                return None
            raise

    def _file(self, path: VPath) -> File:
        file = self._entry(path).file
        if file is None:
            raise VfsError(VfsKind.IS_DIR, f"{path} is a folder.")
        return file

    def _place(self, path: VPath) -> Place:
        directory = self._tree.stored("/".join(path.parent.parts))
        return Place(self._account, self._login, directory, path.name)

    def _is_folder(self, path: VPath) -> bool:
        with translated():
            return self._tree.is_folder("/".join(path.parts))

    @property
    def _tree(self) -> Tree:
        """The folders of the account as they were a moment ago: a session may last for days."""
        now = time.monotonic()
        if self._seen is None or now - self._seen[1] >= self._tree_seconds:
            with translated():
                self._seen = browsing.tree_seen(self._room, self._account, self._login), now
        return self._seen[0]

    def _note_download(self, file: File) -> None:
        note_download(
            self._room.database,
            self._account,
            file.file_id,
            by_whom=self._login,
            source=EventSource.FTP,
            now=self._room.clock(),
        )

    def _changeable(self, path: VPath, allowed: Callable[[str, str], bool] = may_write) -> Place:
        """Return the place of a file that this login may change, if there is one."""
        place = self._place(path)
        try:
            self._check_writable(path, place, allowed)
        except VfsError as error:
            if error.kind is VfsKind.DENIED:
                self._entry(path)  # what is not there is not denied
            raise
        return place

    def _check_writable(
        self, path: VPath, place: Place, allowed: Callable[[str, str], bool] = may_write
    ) -> None:
        if self._is_folder(path):
            raise VfsError(VfsKind.IS_DIR, f"{path} is a folder.")
        if not self._is_folder(path.parent):
            raise VfsError(VfsKind.NOT_FOUND, f"There is no folder {path.parent}.")
        if not allowed(place.directory, place.name):
            raise VfsError(
                VfsKind.DENIED, f"{path.parent} is read-only; leave files in the 'in' folder of an action."
            )


class BlobReader:
    """An open published file; its bytes never change."""

    def __init__(self, stream: BinaryIO, note_download: Callable[[], None] | None = None) -> None:
        """Read from `stream`, which becomes this reader's; `note_download` is told when all has arrived."""
        self._stream = stream
        self._note_download = note_download

    @property
    def wants_receipt(self) -> bool:
        """Tell whether it is to be known when the client has all of it."""
        return self._note_download is not None

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset`."""
        with translated():
            self._stream.seek(offset)
            return self._stream.read(size)

    def delivered(self) -> None:
        """Record that the client has all of it."""
        if self._note_download is not None:
            with translated():
                self._note_download()

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()


def _stat(entry: Entry) -> Stat:
    if entry.is_folder:
        mode = stat.S_IFDIR | (0o755 if entry.writable else 0o555)
    else:
        mode = WRITABLE_FILE if entry.writable else stat.S_IFREG | 0o444
    return Stat(entry.name, entry.is_folder, entry.size, entry.modified_at or _FOLDER_TIME, mode)
