"""What one SFTP connection did, one line each, for the audit and for whoever helps a sender."""

from __future__ import annotations

import logging
from typing import Final

from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.vpath import VPath

LOG: Final = logging.getLogger("postroom.gateway.sftp")


class Journal:
    """Writes lines that begin with the id of one connection. Never a password, never a raw name.

    A path is written as it is only after the normaliser let it pass; all else that a client sent is escaped.
    """

    def __init__(self, session_id: str, peer: str) -> None:
        """Take the id and the address that every line of this connection carries."""
        self.session_id = session_id
        self._where = f"[{session_id}] {peer}"

    def login_ok(self, login: str, account: str, method: str) -> None:
        """Tell that somebody came in."""
        LOG.info(
            "%s login ok login=%s account=%s method=%s", self._where, ascii(login), ascii(account), method
        )

    def login_failed(self, login: str, method: str) -> None:
        """Tell that somebody was not let in."""
        LOG.warning("%s login failed login=%s method=%s", self._where, ascii(login), method)

    def turned_away(self, reason: str) -> None:
        """Tell that a connection was ended by us."""
        LOG.warning("%s closed: %s", self._where, reason)

    def committed(self, path: VPath, size: int) -> None:
        """Tell that an upload is published; `size` in bytes."""
        LOG.info("%s upload committed path=%s bytes=%d how=sftp-close", self._where, path, size)

    def aborted(self, path: VPath, size: int, reason: str) -> None:
        """Tell that an upload was dropped after `size` bytes."""
        LOG.warning("%s upload aborted path=%s bytes=%d reason=%s", self._where, path, size, reason)

    def renamed(self, source: VPath, target: VPath) -> None:
        """Tell of a rename."""
        LOG.info("%s renamed path=%s to=%s", self._where, source, target)

    def removed(self, path: VPath) -> None:
        """Tell of a deletion."""
        LOG.info("%s deleted path=%s", self._where, path)

    def refused(self, act: str, subject: object, error: VfsError) -> None:
        """Tell what was refused and why; that something does not exist is no refusal."""
        if error.kind is VfsKind.NOT_FOUND:
            return
        level = logging.ERROR if error.kind is VfsKind.IO else logging.WARNING
        shown = str(subject) if isinstance(subject, VPath) else ascii(subject)
        LOG.log(level, "%s refused act=%s path=%s reason=%s", self._where, act, shown, error.message)

    def failed(self, act: str, error: Exception) -> None:
        """Tell of a failure of ours, with its traceback."""
        LOG.error("%s failed act=%s", self._where, act, exc_info=error)
