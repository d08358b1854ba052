"""Having workers killed, and looking at what is visible meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postroom.drops.room import Room
from postroom.store import files

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Died:
    """A worker's end: the steps that it came to, and the signal (0 for none)."""

    steps: list[str]
    signal: int


class Forking:
    """A process that forks killable ones."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def obey(self, order: Mapping[str, Any]) -> Died:
        """Have one do as it is told; return how it ended."""
        return Died(**json.loads(asked(self._process, json.dumps(order))))


def asked(process: subprocess.Popen[str], order: str) -> str:
    """Give a process an order, a line; return the line that it answers."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(order + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    assert answer, "the process failed, see its standard error"
    return answer


@contextmanager
def forking(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Yield the process of a module that takes orders, with what we can import."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        yield process
    finally:
        process.communicate()


class Workers(Forking):
    """A process that forks killable workers."""

    def work(
        self,
        account_id: int,
        *,
        kill_at: int | None = None,
        microseconds: int = 0,
        recoveries: int = 100,
        block_bytes: int = 1 << 20,
        through_queue: bool = False,
        undo: int | None = None,
    ) -> Died:
        """Have one worker process a drop, and die `microseconds` after step `kill_at` (0 is its start).

        With `undo` it takes the import of that drop back instead.
        """
        order: dict[str, Any] = {
            "account_id": account_id,
            "kill_at": kill_at,
            "microseconds": microseconds,
            "recoveries": recoveries,
            "block_bytes": block_bytes,
            "through_queue": through_queue,
            "undo": undo,
        }
        return self.obey(order)


@contextmanager
def killable_workers(url: str, blobs: Path) -> Iterator[Workers]:
    with forking("tests.crash.killable_worker", url, str(blobs)) as process:
        yield Workers(process)


@dataclass(frozen=True, slots=True)
class Visible:
    """What another connection sees of one account, at one moment."""

    contacts: int
    lists: int
    members: int
    files: list[str]
    drops: list[tuple[str, int]]
    """State and attempts, oldest first."""


def visible(room: Room, account_id: int) -> Visible:
    with room.database.transaction() as connection:
        row = connection.execute(_VISIBLE, {"account_id": account_id}).fetchone()
    assert row is not None
    return Visible(
        row["contacts"],
        row["lists"],
        row["members"],
        row["files"],
        [(drop["state"], drop["attempts"]) for drop in row["drops"] or ()],
    )


def bytes_behind(room: Room, account_id: int, path: str) -> bytes:
    directory, _, name = path.rpartition("/")
    with room.database.transaction() as connection:
        file = files.file_at(connection, account_id, f"contacts/import/{directory}", name)
    assert file is not None, path
    with room.blobs.open(file.blob_key) as blob:
        return blob.read()


# One statement, so one snapshot.
_VISIBLE = """
select (select count(*) from contacts where account_id = %(account_id)s) as contacts,
       (select count(*) from lists where account_id = %(account_id)s) as lists,
       (select count(*) from memberships where account_id = %(account_id)s) as members,
       (select coalesce(array_agg(replace(directory, 'contacts/import/', '') || '/' || name
                                  order by directory, name), '{}')
        from files where account_id = %(account_id)s) as files,
       (select json_agg(json_build_object('state', state, 'attempts', attempts) order by drop_id)
        from drops where account_id = %(account_id)s) as drops
"""
