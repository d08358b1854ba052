"""As which system user the embedded PostgreSQL runs: it refuses to run as root."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from postroom.contacts.errors import Denied, Unavailable

_log = logging.getLogger("postroom.app.postgres")

SYSTEM_USER = "postroom"


@dataclass(frozen=True, slots=True)
class Owner:
    """The user whom the database's files belong to; `switch` when we are root and become that user."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(
        self, arguments: Sequence[str], *, environment: Mapping[str, str], cwd: Path, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, in a session of its own, with only `environment`; `text` is its input.

        A session of its own keeps the terminal's Ctrl-C away from it and from what it starts.
        """
        return subprocess.run(  # noqa: S603  # the programs are PostgreSQL's own, by absolute path
            list(arguments),
            env={"PATH": os.defpath, "LC_ALL": "C", **environment},
            cwd=cwd,
            input=text or "",
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            start_new_session=True,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
            umask=0o077,
        )

    def own(self, directory: Path) -> None:
        """Make `directory` when absent, private to this user, and everything in it this user's."""
        directory.mkdir(mode=0o700, exist_ok=True)
        if directory.is_symlink() or directory.stat().st_uid not in {self.uid, os.geteuid()}:
            raise Denied(f"{directory} belongs to somebody else; remove it or choose another.")
        if self.switch and directory.stat().st_uid != self.uid:
            for place, names, files in os.walk(directory):
                for name in (*names, *files):
                    os.lchown(os.path.join(place, name), self.uid, self.gid)  # noqa: PTH118 - a Path for every file of a cluster is slow
            os.chown(directory, self.uid, self.gid)
        directory.chmod(0o700)

    def write(self, path: Path, text: str) -> None:
        """Put a file of this user's at `path`, replacing what is there."""
        path.unlink(missing_ok=True)
        # "x" follows no link: the directory is the other user's, who could have put one there for root.
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
            os.fchown(file.fileno(), self.uid, self.gid)

    def let_through(self, path: Path) -> None:
        """Let this user traverse the directories above `path`, and log each one that had to be opened.

        Only the right to pass is given, never the right to list or to read.
        """
        if not self.switch:
            return
        for parent in path.parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH and parent.stat().st_uid != self.uid:
                parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
                _log.info("others may now pass through %s: the database runs as user %s", parent, self.name)


def owner_of(database: Path) -> Owner:
    """Return who runs the database in `database`: its owner, or who should own it when it is not there yet.

    An ordinary user runs it as itself; root runs it as the owner of the files, else as the system user
    `postroom`, made when absent. Raises Denied when the files belong to another ordinary user.
    """
    present = database.stat().st_uid if database.exists() else None
    if os.geteuid() != 0:
        return _ourselves(database, present)
    if present:
        return _owner(pwd.getpwuid(present), switch=True)
    return _owner(_system_user(), switch=True)


def _ourselves(database: Path, present: int | None) -> Owner:
    uid = os.geteuid()
    if present not in {None, uid}:
        raise Denied(
            f"The database in {database} belongs to user {_name(present or 0)}. "
            "Run postroom as root or as that user, or choose another data directory."
        )
    # A container may run as a number that no user carries.
    return Owner(_name(uid), uid, os.getegid(), switch=False)


def _owner(entry: pwd.struct_passwd, *, switch: bool) -> Owner:
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid, switch)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return _nobody()
    made = subprocess.run(  # noqa: S603  # a fixed command line
        [useradd, "--system", "--user-group", "--no-create-home", "--shell=/usr/sbin/nologin", SYSTEM_USER],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        entry = pwd.getpwnam(SYSTEM_USER)  # another process may have made it in the meantime
    except KeyError:
        raise Unavailable(
            f"PostgreSQL does not run as root, and making the system user '{SYSTEM_USER}' failed: "
            f"{made.stderr.strip()}. Make that user, run postroom as an ordinary user, "
            "or set POSTROOM_DATABASE_URL."
        ) from None
    _log.warning("made the system user %s to run the database as", SYSTEM_USER)
    return entry


def _nobody() -> pwd.struct_passwd:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise Unavailable(
            f"PostgreSQL does not run as root, and there is neither a user '{SYSTEM_USER}' nor useradd to "
            "make one. Run postroom as an ordinary user or set POSTROOM_DATABASE_URL."
        ) from None
    _log.warning("there is no useradd: the database runs as user nobody")
    return entry
