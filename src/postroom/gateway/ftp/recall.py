"""What a login has just sent, remembered for when processing has already taken it away.

A file that lands may be claimed, and so vanish from its folder, before the client's next command. A client
that checks its upload would then report a failure and send the file again, and it would be processed again:
rclone sets the time (MFMT) and looks the file up in a listing (MLSD), perhaps in another of its sessions;
others ask SIZE. So for a minute its login is told what it sent, and for five seconds after MFMT it is listed.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.seam import Stat, Vfs
from postroom.gateway.vpath import VPath

_TOLD_SECONDS: Final = 60.0
_LISTED_SECONDS: Final = 5.0
_KEPT: Final = 10_000
_FILE_MODE: Final = 0o100644
_TAKEN_AWAY: Final = frozenset({VfsKind.NOT_FOUND, VfsKind.BUSY})


@dataclass(frozen=True, slots=True)
class _Sent:
    """An upload, and until when (monotonic) it is told about and listed."""

    stat: Stat
    told_until: float
    listed_until: float = 0.0


class Recall:
    """The last uploads of all sessions of one server; thread-safe."""

    def __init__(self) -> None:
        """Remember nothing."""
        self._sent: dict[tuple[str, VPath], _Sent] = {}
        self._lock = threading.Lock()

    def note(self, login: str, path: VPath, size: int) -> None:
        """Remember a published upload of `size` bytes."""
        stat = Stat(path.name, is_dir=False, size=size, modified_at=datetime.now(UTC), mode=_FILE_MODE)
        with self._lock:
            self._sent.pop((login, path), None)
            self._sent[login, path] = _Sent(stat, time.monotonic() + _TOLD_SECONDS)
            self._drop_old()

    def forget(self, login: str, path: VPath) -> None:
        """Forget what its sender renamed or deleted."""
        with self._lock:
            self._sent.pop((login, path), None)

    def stat(self, vfs: Vfs, path: VPath) -> Stat:
        """Describe a path, from memory when it was taken away."""
        try:
            return vfs.stat(path)
        except VfsError as error:
            sent = self._sent_as(vfs, path)
            if error.kind is not VfsKind.NOT_FOUND or sent is None:
                raise
            return sent.stat

    def utime(self, vfs: Vfs, path: VPath, modified_at: datetime) -> None:
        """Set a file's time; in memory alone when it was taken away."""
        sent = self._sent_as(vfs, path)
        try:
            vfs.utime(path, modified_at)
        except VfsError as error:
            if error.kind not in _TAKEN_AWAY or sent is None:
                raise
        if sent is None:
            return
        listed_until = time.monotonic() + _LISTED_SECONDS
        stat = replace(sent.stat, modified_at=modified_at)
        with self._lock:
            self._sent[vfs.principal.login, path] = replace(sent, stat=stat, listed_until=listed_until)

    def list(self, vfs: Vfs, folder: VPath) -> list[Stat]:
        """List a folder, with what was taken away just after its sender had set its time."""
        entries = vfs.list(folder)
        names = {entry.name for entry in entries}
        login, now = vfs.principal.login, time.monotonic()
        with self._lock:
            listed = [
                sent.stat
                for (owner, path), sent in self._sent.items()
                if owner == login and path.parent == folder and now < sent.listed_until
            ]
        return [*entries, *(stat for stat in listed if stat.name not in names)]

    def _sent_as(self, vfs: Vfs, path: VPath) -> _Sent | None:
        with self._lock:
            sent = self._sent.get((vfs.principal.login, path))
        return sent if sent is not None and time.monotonic() < sent.told_until else None

    def _drop_old(self) -> None:
        now = time.monotonic()
        for key in list(self._sent):
            # In order of age: the first that is young enough ends the search.
            if self._sent[key].told_until > now and len(self._sent) <= _KEPT:
                return
            del self._sent[key]
