"""The real thing in one process: FTP and SFTP servers over logins, tree and queue; a worker when wanted."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from postroom.drops.claiming import claim_next
from postroom.drops.processing import process_account
from postroom.drops.room import PROCESS_TASK, Room
from postroom.gateway.ftp.server import FtpServer
from postroom.gateway.seam import Principal, Stat
from postroom.gateway.sftp.server import SftpServer
from postroom.gateway.vfs import DropVfs
from postroom.gateway.vpath import resolve
from postroom.jobs.worker import Worker
from postroom.store import drops
from tests.conftest import Person
from tests.integration.jobs.working import QUICK, Working

INBOX: Final = "/contacts/import/in"
CONTACTS: Final = b"email;nom;prenom\r\nalice@example.org;Liddell;Alice\r\nbob@example.org;Dodgson;Bob\r\n"
DEADLINE_SECONDS: Final = 30.0


class Haste:
    """Takes each file of Alice's away the moment it lands, before its client is answered, when told to."""

    def __init__(self, room: Room, alice: Person) -> None:
        self.enabled = False
        self._room = room
        self._account_id = alice.account.account_id

    def __call__(self, step: str) -> None:
        """Hear of a step in the life of a drop."""
        if not self.enabled or step != "landed":
            return
        with self._room.database.transaction() as connection:
            waits = drops.drops_of_account(connection, self._account_id, state="ready")
        if waits:
            claim_next(self._room, self._account_id)


@dataclass(frozen=True)
class Live:
    """What runs, whose files it takes, and where clients find it."""

    room: Room
    url: str
    ftp: FtpServer
    sftp: SftpServer
    alice: Person
    charlie: Person
    alice_key: Path
    home: Path
    haste: Haste

    @property
    def environment(self) -> dict[str, str]:
        """Return an environment in which no client finds settings of whoever runs the tests."""
        return {"HOME": str(self.home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    @contextmanager
    def working(self) -> Iterator[None]:
        """Process what is dropped, from now to the end of the block."""

        def process(account_id: int) -> None:
            process_account(self.room, account_id)

        with Working(Worker(self.url, {PROCESS_TASK: process}, config=QUICK)):
            yield

    def names(self, folder: str = INBOX, *, of: Person | None = None) -> list[str]:
        """List a folder from behind, without the seconds before the names in `on`, `ok` and `ko`."""
        named = [entry.name for entry in self.files(folder, of=of)]
        return sorted(name if folder.endswith("/in") else name.partition("_")[2] or name for name in named)

    def files(self, folder: str = INBOX, *, of: Person | None = None) -> list[Stat]:
        """List the files of a folder from behind."""
        return [entry for entry in self._vfs(of).list(resolve("/", folder)) if not entry.is_dir]

    def content(self, name: str, folder: str = INBOX) -> bytes:
        """Return the bytes of a file, found by its name without the seconds."""
        vfs, path = self._vfs(None), resolve("/", folder)
        (entry,) = (e for e in vfs.list(path) if e.name == name or e.name.partition("_")[2] == name)
        reader = vfs.open_read(path.child(entry.name))
        try:
            return reader.read_at(0, entry.size)
        finally:
            reader.close()

    def wait_for_ok(self, *names: str) -> None:
        """Return once exactly these files are in `ok` and none is on its way; fail when one is refused.

        What was noted of them, such as that their bytes are known, does not count.
        """

        def done() -> bool:
            assert self.names("/contacts/import/ko") == []
            taken = [name for name in self.names("/contacts/import/ok") if not name.endswith(".report.txt")]
            return taken == sorted(names)

        wait_until(done)
        assert self.names() == []

    def drops(self) -> int:
        """Count the deposits of all accounts, whatever their state."""
        with self.room.database.transaction() as connection:
            row = connection.execute("select count(*) as count from drops").fetchone()
        assert row is not None
        return int(row["count"])

    def _vfs(self, person: Person | None) -> DropVfs:
        who = person or self.alice
        return DropVfs(self.room, Principal(who.login, who.account.account_id, who.account.name))


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once `condition()` holds; fail the test after DEADLINE_SECONDS."""
    end = time.monotonic() + DEADLINE_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "It never happened."
        pause.wait(0.02)


def run(live: Live, *command: str, stdin: str | None = None, **more: str) -> str:
    """Run a client that must succeed without a word of complaint; return what it printed."""
    done = subprocess.run(
        command,
        input=stdin,
        env={**live.environment, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout
