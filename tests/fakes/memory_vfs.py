"""A virtual file system and its logins in memory, for tests of the front ends.

`MemoryGateway` is a GatewayAuth; each account has a `MemoryTree` that tests look into. It keeps the rules
that the front ends lean on: rights by folder, the size cap, sticky failures, nothing visible before a commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from postroom.contacts.errors import Denied
from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.pieces import Pieces
from postroom.gateway.recent import Recent
from postroom.gateway.seam import CommittedFile, How, Principal, Reader, Stat, Upload, WriteMode
from postroom.gateway.vpath import VPath, resolve
from tests.fakes.memory_reader import MemoryReader

MEGABYTE: Final = 1024 * 1024
MARKERS: Final = frozenset({".createNewList", ".addToExistingList", ".syncExistingList"})
ACTIONS: Final = ("import", "optoutEMAIL", "optoutSMS", "optinEMAIL", "optinSMS", "delete")
STATES: Final = ("in", "on", "ok", "ko")
INBOX: Final = VPath(("contacts", "import", "in"))

_BORN: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MemoryFile:
    """A published file and whether processing may start."""

    content: bytes
    modified_at: datetime
    confirmed: bool = True
    how: How | None = None


@dataclass
class MemoryTree:
    """One account's tree. Everything that changes it wakes the tests that wait for something."""

    limit: int = 20 * MEGABYTE
    write_failure: VfsError | None = None
    commit_failure: VfsError | None = None
    claims_at_once: bool = False
    files: dict[VPath, MemoryFile] = field(default_factory=dict)
    quarantined: dict[VPath, bytes] = field(default_factory=dict)
    aborted: list[str] = field(default_factory=list)
    uploads_begun: int = 0
    recent: Recent = field(default_factory=Recent)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def published(self, folder: VPath = INBOX) -> list[str]:
        """Name the files that a sender sees in `folder`, sorted."""
        with self.changed:
            return sorted(path.name for path in self.files if path.parent == folder)

    def released(self, folder: VPath = INBOX) -> list[str]:
        """Name the files of `folder` that may be processed, sorted."""
        with self.changed:
            return sorted(p.name for p, file in self.files.items() if p.parent == folder and file.confirmed)

    def content(self, name: str, folder: VPath = INBOX) -> bytes:
        """Return the bytes of a published file."""
        with self.changed:
            return self.files[folder.child(name)].content

    def put(self, path: str, content: bytes, modified_at: datetime = _BORN) -> None:
        """Publish a file from behind, as processing would."""
        with self.changed:
            self.files[resolve("/", path)] = MemoryFile(content, modified_at)
            self.changed.notify_all()

    def claim(self, name: str) -> None:
        """Take a file of the inbox away as processing does when it begins."""
        with self.changed:
            claimed = self.files.pop(INBOX.child(name))
            self.files[INBOX.parent.child("on").child(f"1_{name}")] = claimed
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Return once `condition()` holds; fail the test after `seconds`."""
        with self.changed:
            assert self.changed.wait_for(condition, timeout=seconds), "It never happened."


class MemoryCommitted:
    """A published file that waits for its confirmation."""

    def __init__(self, tree: MemoryTree, path: VPath, recent: Recent) -> None:
        """Remember which file."""
        self._tree = tree
        self._path = path
        self._recent = recent
        self._file = tree.files.get(path)
        self._settled = False

    def confirm(self) -> None:
        """Mark the file as released, unless it has gone."""
        with self._tree.changed:
            if not self._settled and self._is_there():
                self._tree.files[self._path] = replace(self._tree.files[self._path], confirmed=True)
            self._settled = True
            self._tree.changed.notify_all()

    def quarantine(self) -> None:
        """Take the file out of the tree."""
        with self._tree.changed:
            if not self._settled and self._is_there():
                self._tree.quarantined[self._path] = self._tree.files.pop(self._path).content
                self._recent.forget("", self._path)
            self._settled = True
            self._tree.changed.notify_all()

    def _is_there(self) -> bool:
        now = self._tree.files.get(self._path)
        return now is not None and self._file is not None and now.content is self._file.content


class MemoryUpload:
    """Bytes on their way in; the first failure is sticky."""

    def __init__(
        self, tree: MemoryTree, path: VPath, content: bytes, recent: Recent, *, may_exist: bool
    ) -> None:
        """Start from `content`."""
        self._tree = tree
        self._path = path
        self._recent = recent
        self._content = bytearray(content)
        self._pieces = Pieces()
        self._pieces.add(0, len(content))
        self._may_exist = may_exist
        self._failure: VfsError | None = None
        self._open = True
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Return the number of bytes held."""
        return len(self._content)

    def write_at(self, offset: int, data: bytes) -> None:
        """Keep the bytes, or fail for good."""
        with self._lock:
            self._check(offset + len(data))
            if offset > len(self._content):
                self._content.extend(bytes(offset - len(self._content)))
            self._content[offset : offset + len(data)] = data
            self._pieces.add(offset, offset + len(data))

    def truncate(self, size: int) -> None:
        """Cut, or extend with zeros."""
        with self._lock:
            self._check(size)
            del self._content[size:]
            self._content.extend(bytes(size - len(self._content)))
            self._pieces.cut(size)

    def commit(self, how: How, *, confirmed: bool = True) -> CommittedFile:
        """Publish under the name, unless something failed before."""
        with self._lock:
            self._check(len(self._content))
            if self._pieces.gap is not None:
                raise VfsError(VfsKind.IO, "Some bytes never came; send the whole file again.")
            self._open = False
        with self._tree.changed:
            if self._tree.commit_failure is not None:
                raise self._tree.commit_failure
            if not self._may_exist and self._path in self._tree.files:
                raise VfsError(VfsKind.EXISTS, f"{self._path} exists.")
            file = MemoryFile(bytes(self._content), datetime.now(UTC), confirmed=confirmed, how=how)
            self._tree.files[self._path] = file
            committed = MemoryCommitted(self._tree, self._path, self._recent)
            self._recent.note("", self._path, _stat(self._path, file))
            self._tree.changed.notify_all()
            if self._tree.claims_at_once:
                self._tree.claim(self._path.name)
        return committed

    def abort(self, reason: str) -> None:
        """Forget the bytes and tell why."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._content.clear()
        with self._tree.changed:
            self._tree.aborted.append(reason)
            self._tree.changed.notify_all()

    def _check(self, size: int) -> None:
        if self._failure is None:
            self._failure = self._tree.write_failure
        if self._failure is None and not self._open:
            self._failure = VfsError(VfsKind.IO, "The upload is over.")
        if self._failure is None and size > self._tree.limit:
            self._failure = _too_big(self._tree.limit)
        if self._failure is not None:
            raise self._failure


class MemoryVfs:
    """One session's view of a tree."""

    def __init__(self, principal: Principal, tree: MemoryTree) -> None:
        """Show `tree` to `principal`."""
        self.principal = principal
        self._tree = tree
        self._recent = tree.recent

    def resolve(self, cwd: str, raw: str | bytes) -> VPath:
        """Normalise by the one rule."""
        return resolve(cwd, raw)

    def stat(self, path: VPath) -> Stat:
        """Describe a folder of the fixed tree or a published file."""
        if _is_folder(path):
            return Stat(path.name, is_dir=True, size=0, modified_at=_BORN, mode=_folder_mode(path))
        with self._tree.changed:
            file = self._tree.files.get(path)
        found = _stat(path, file) if file else self._recent.stat("", path)
        if found is None:
            raise VfsError(VfsKind.NOT_FOUND, f"There is no {path}.")
        return found

    def list(self, path: VPath) -> list[Stat]:
        """List sub-folders, then files, by name."""
        if not self.stat(path).is_dir:
            raise VfsError(VfsKind.NOT_DIR, f"{path} is not a directory.")
        folders = sorted({f.parts[len(path.parts)] for f in _folders() if _is_below(f, path)})
        names = [*folders, *self._tree.published(path)]
        return [self.stat(path.child(name)) for name in names]

    def open_read(self, path: VPath) -> Reader:
        """Open a published file."""
        self._check_file(path)
        with self._tree.changed:
            return MemoryReader(self._tree.files[path].content)

    def open_write(self, path: VPath, *, mode: WriteMode, expected: int | None = None) -> Upload:
        """Start an upload where the rights and the announced size allow it."""
        self._check_writable(path)
        if expected is not None and expected > self._tree.limit:
            raise _too_big(self._tree.limit)
        with self._tree.changed:
            self._tree.uploads_begun += 1
            old = self._tree.files.get(path)
            self._tree.changed.notify_all()
        if mode == "create" and old is not None:
            raise VfsError(VfsKind.EXISTS, f"{path} exists.")
        if mode == "update" and old is None:
            raise VfsError(VfsKind.NOT_FOUND, f"There is no {path}.")
        kept = old.content if old is not None and mode in {"append", "update"} else b""
        return MemoryUpload(self._tree, path, kept, self._recent, may_exist=mode != "create")

    def remove(self, path: VPath) -> None:
        """Delete a file from a writable folder."""
        self._check_file(path)
        self._check_writable(path)
        with self._tree.changed:
            del self._tree.files[path]
            self._recent.forget("", path)
            self._tree.changed.notify_all()

    def rename(self, source: VPath, target: VPath, *, replace: bool) -> None:
        """Move a file between writable places."""
        self._check_file(source)
        self._check_writable(source)
        self._check_writable(target)
        with self._tree.changed:
            if not replace and target in self._tree.files:
                raise VfsError(VfsKind.EXISTS, f"{target} exists.")
            self._tree.files[target] = self._tree.files.pop(source)
            self._recent.forget("", source)
            self._recent.note("", target, _stat(target, self._tree.files[target]))
            self._tree.changed.notify_all()

    def mkdir(self, path: VPath) -> None:
        """Refuse."""
        raise VfsError(VfsKind.DENIED, f"Folders cannot be made here: {path}.")

    def rmdir(self, path: VPath) -> None:
        """Refuse."""
        raise VfsError(VfsKind.DENIED, f"Folders cannot be removed: {path}.")

    def utime(self, path: VPath, modified_at: datetime) -> None:
        """Set the time of a file in a writable folder."""
        with self._tree.changed:
            if path not in self._tree.files and self._recent.touch("", path, modified_at):
                return
            self._check_file(path)
            self._check_writable(path)
            self._tree.files[path] = replace(self._tree.files[path], modified_at=modified_at)

    def _check_file(self, path: VPath) -> None:
        if _is_folder(path):
            raise VfsError(VfsKind.IS_DIR, f"{path} is a directory.")
        if path not in self._tree.files:
            raise VfsError(VfsKind.NOT_FOUND, f"There is no {path}.")

    def _check_writable(self, path: VPath) -> None:
        if _is_folder(path):
            raise VfsError(VfsKind.IS_DIR, f"{path} is a directory.")
        if not _is_folder(path.parent):
            raise VfsError(VfsKind.NOT_FOUND, f"There is no folder {path.parent}.")
        if not _writable(path):
            raise VfsError(VfsKind.DENIED, f"{path.parent} is not writable; drop files in an 'in' folder.")


@dataclass
class MemoryGateway:
    """Logins with passwords and keys, each with its own tree unless told to share one."""

    passwords: dict[str, str] = field(default_factory=dict)
    keys: dict[str, list[bytes]] = field(default_factory=dict)
    trees: dict[str, MemoryTree] = field(default_factory=dict)
    attempts: list[tuple[str, str, str]] = field(default_factory=list)
    """(login, peer, proto) of each password check."""
    before_check: Callable[[str], None] = lambda login: None
    """Called with the login before a password is compared; tests block or fail in it."""

    def add(self, login: str, secret: str, tree: MemoryTree | None = None) -> MemoryTree:
        """Let `login` in with `secret`; return its tree."""
        self.passwords[login] = secret
        return self.trees.setdefault(login, tree or MemoryTree())

    def password(self, login: str, secret: str, peer: str, proto: str) -> Principal:
        """Compare the secret."""
        self.attempts.append((login, peer, proto))
        self.before_check(login)
        if self.passwords.get(login) != secret:
            raise Denied("Login or password is wrong.")
        return self._principal(login)

    def public_key(self, login: str, key_blob: bytes, peer: str) -> Principal:
        """Look the key up."""
        self.attempts.append((login, peer, "sftp"))
        if key_blob not in self.keys.get(login, []):
            raise Denied("This key does not open this login.")
        return self._principal(login)

    def open_vfs(self, principal: Principal) -> MemoryVfs:
        """Open the tree of the login."""
        return MemoryVfs(principal, self.trees[principal.login])

    def _principal(self, login: str) -> Principal:
        number = sorted(self.trees).index(login) + 1
        return Principal(login=login, account_id=number, account_name=f"{login}'s account")


def _stat(path: VPath, file: MemoryFile) -> Stat:
    mode = 0o100644 if _writable(path) else 0o100444
    return Stat(path.name, is_dir=False, size=len(file.content), modified_at=file.modified_at, mode=mode)


def _folders() -> list[VPath]:
    drops = [VPath(("contacts", action, state)) for action in ACTIONS for state in STATES]
    return [*drops, VPath(("reporting",))]


def _is_folder(path: VPath) -> bool:
    return path in _folders() or any(_is_below(folder, path) for folder in _folders())


def _is_below(path: VPath, above: VPath) -> bool:
    return len(path.parts) > len(above.parts) and path.parts[: len(above.parts)] == above.parts


def _folder_mode(path: VPath) -> int:
    return 0o040755 if path in _folders() and path.name == "in" else 0o040555


def _writable(path: VPath) -> bool:
    if path.parent == VPath(("contacts", "import")):
        return path.name in MARKERS
    return path.parent in _folders() and path.parent.name == "in"


def _too_big(limit: int) -> VfsError:
    return VfsError(VfsKind.TOO_BIG, f"The file is bigger than {limit // MEGABYTE} MB; split it.")
