# ruff: noqa: ARG002, N802 - pyftpdlib finds a command by its name, and calls it with one argument
"""Commands about names: where am I, what is there, rename, delete, times.

Each asks the session's Vfs, which raises what the session turns into a reply; pyftpdlib's file system and
permissions are not used.
"""

from __future__ import annotations

import fnmatch
from datetime import UTC, datetime

from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.ftp.library import BufferedIteratorProducer
from postroom.gateway.ftp.listing import format_time, list_lines, mlsx_line, parse_time
from postroom.gateway.ftp.session import FtpSession
from postroom.gateway.seam import Stat
from postroom.gateway.vpath import VPath

_SYNTAX_TWO = "501 This command needs two arguments."


class FileCommands(FtpSession):
    """A session that can look around and tidy up."""

    _source: VPath | None = None

    def resolved(self, raw: str) -> VPath:
        """Return the path that `raw` means from the current folder; "" is the folder itself."""
        return self.vfs.resolve(self.cwd, raw)

    # ---------------------------------------------------------------------------- where am I

    def ftp_PWD(self, line: str) -> None:
        """Tell the current folder."""
        self.respond(f'257 "{_quoted(self.cwd)}" is the current directory.')

    def ftp_CWD(self, line: str) -> None:
        """Go to a folder."""
        path = self.resolved(line or "/")
        if not self.vfs.stat(path).is_dir:
            raise VfsError(VfsKind.NOT_DIR, "That is a file, not a directory.")
        self.cwd = str(path)
        self.respond(f'250 "{_quoted(self.cwd)}" is the current directory.')

    def ftp_CDUP(self, line: str) -> None:
        """Go to the folder above."""
        self.ftp_CWD("..")

    # -------------------------------------------------------------------------- what is there

    def ftp_LIST(self, line: str) -> None:
        """List a folder, a file or a pattern as "ls -lA" does; options such as -a change nothing."""
        lines = list_lines(self._listed(_without_options(line)), self.vfs.principal.login, datetime.now(UTC))
        self.push_dtp_data(BufferedIteratorProducer(lines), isproducer=True, cmd="LIST")

    def ftp_NLST(self, line: str) -> None:
        """List bare names, one a line."""
        names = (f"{entry.name}\r\n".encode() for entry in self._listed(_without_options(line)))
        self.push_dtp_data(BufferedIteratorProducer(names), isproducer=True, cmd="NLST")

    def ftp_MLSD(self, line: str) -> None:
        """List a folder with facts; RFC 3659 section 7."""
        path = self.resolved(line)
        if not self.vfs.stat(path).is_dir:
            self.respond("501 That is a file; MLST tells about it.")
            return
        entries = self.recall.list(self.vfs, path)
        lines = (f"{mlsx_line(entry, self._current_facts, entry.name)}\r\n".encode() for entry in entries)
        self.push_dtp_data(BufferedIteratorProducer(lines), isproducer=True, cmd="MLSD")

    def ftp_MLST(self, line: str) -> None:
        """Tell the facts of one path on the control connection."""
        path = self.resolved(line)
        told = mlsx_line(self.recall.stat(self.vfs, path), self._current_facts, str(path))
        self.push(f"250-Listing {path}\r\n {told}\r\n")
        self.respond("250 End.")

    def ftp_STAT(self, line: str) -> None:
        """Tell the state of the session, or list a path on the control connection."""
        if not line:
            super().ftp_STAT("")
            return
        entries = self._listed(_without_options(line))
        lines = b"".join(list_lines(entries, self.vfs.principal.login, datetime.now(UTC))).decode()
        self.push(f"213-Status\r\n{lines}")
        self.respond("213 End.")

    def ftp_SIZE(self, line: str) -> None:
        """Tell a file's size in bytes, in ASCII mode too: nothing is ever converted."""
        self.respond(f"213 {self._sent_or_file(line).size}")

    def ftp_MDTM(self, line: str) -> None:
        """Tell a file's time in UTC."""
        self.respond(f"213 {format_time(self._sent_or_file(line).modified_at)}")

    # --------------------------------------------------------------------------------- change

    def ftp_MFMT(self, line: str) -> None:
        """Set a file's time: "MFMT YYYYMMDDHHMMSS path"."""
        timeval, _, raw = line.partition(" ")
        if not raw:
            self.respond(_SYNTAX_TWO)
            return
        path = self.resolved(raw)
        moment = parse_time(timeval)
        self.recall.utime(self.vfs, path, moment)
        self.respond(f"213 Modify={format_time(moment)}; {path}")

    def ftp_DELE(self, line: str) -> None:
        """Delete a file."""
        path = self.resolved(line)
        self.vfs.remove(path)
        self.recall.forget(self.vfs.principal.login, path)
        self.session_log.event("deleted", path=str(path))
        self.respond("250 File deleted.")

    def ftp_RNFR(self, line: str) -> None:
        """Name the file to rename."""
        path = self.resolved(line)
        self.vfs.stat(path)
        self._source = path
        self.respond("350 Now send RNTO.")

    def ftp_RNTO(self, line: str) -> None:
        """Give the file its new name; a file that has it already is replaced, as rename(2) does."""
        source, self._source = self._source, None
        if source is None:
            self.respond("503 Send RNFR first.")
            return
        target = self.resolved(line)
        self.vfs.rename(source, target, replace=True)
        self.recall.forget(self.vfs.principal.login, source)
        self.session_log.event("renamed", path=str(source), to=str(target))
        self.respond("250 File renamed.")

    def ftp_MKD(self, line: str) -> None:
        """Ask for a folder; the tree is fixed."""
        path = self.resolved(line)
        self.vfs.mkdir(path)
        self.respond(f'257 "{_quoted(str(path))}" created.')

    def ftp_RMD(self, line: str) -> None:
        """Ask for a folder's end; the tree is fixed."""
        self.vfs.rmdir(self.resolved(line))
        self.respond("250 Directory removed.")

    def ftp_SITE_CHMOD(self, line: str) -> None:
        """Refuse: rights follow from the tree."""
        self.respond("550 Rights cannot be changed here.")

    # --------------------------------------------------------------------------------- inside

    def flush_account(self) -> None:
        """Forget a half-said rename, too."""
        self._source = None
        super().flush_account()

    def file_at(self, path: VPath) -> Stat:
        """Describe a published file; a folder is refused."""
        return _only_file(self.vfs.stat(path))

    def _sent_or_file(self, raw: str) -> Stat:
        return _only_file(self.recall.stat(self.vfs, self.resolved(raw)))

    def _listed(self, raw: str) -> list[Stat]:
        path = self.resolved(raw)
        try:
            entry = self.vfs.stat(path)
        except VfsError as error:
            # "mget *.csv" of classic clients sends the pattern here.
            if error.kind is not VfsKind.NOT_FOUND or not set("*?") & set(path.name):
                raise
            return [e for e in self.vfs.list(path.parent) if fnmatch.fnmatchcase(e.name, path.name)]
        return self.vfs.list(path) if entry.is_dir else [entry]


def _only_file(entry: Stat) -> Stat:
    if entry.is_dir:
        raise VfsError(VfsKind.IS_DIR, "That is a directory, not a file.")
    return entry


def _without_options(line: str) -> str:
    """Return the path in "-la path", as clients send it that take LIST for ls."""
    while line.startswith("-"):
        _, _, line = line.partition(" ")
    return line


def _quoted(path: str) -> str:
    return path.replace('"', '""')
