"""Data files of command batches and the signals that start them: together they are drops (seed 001).

Nothing is a drop before its signal. Whoever changes a file in the folder of batches asks `settle_stem` after
it; the caller holds the lock of the account's tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from postroom.contacts.errors import Conflict
from postroom.dialects.batches import tree
from postroom.drops.trees import BATCH, BATCHES, place_for_batches
from postroom.store import drops, files
from postroom.store.database import Connection
from postroom.store.drops import Drop
from postroom.store.files import Content, File


@dataclass(frozen=True, slots=True)
class Completer:
    """Who completed a pair, how the end of that upload was seen, and when."""

    login: str
    confirmation: str
    now: datetime


def settle_stem(connection: Connection, account_id: int, name: str, by: Completer) -> int:
    """Make drops of the data files with the stem of `name` once a signal stands; return how many were made.

    Without a signal (any more) they are drops no longer. What is unconfirmed or claimed stays what it is.
    """
    standing = _of_stem(connection, account_id, name)
    signalled = any(tree.is_signal(file.name) and file.drop_id is None for file in standing)
    made = 0
    for file in _data(standing):
        drop = _drop(connection, file)
        if drop is None and signalled:
            drop_id = _create(connection, file, by)
            files.move_file(connection, file, directory=BATCHES, name=file.name, drop_id=drop_id)
            made += 1
        elif drop is not None and drop.state == "ready" and not signalled:
            drops.withdraw_drop(connection, account_id, drop.drop_id)
            files.move_file(connection, file, directory=BATCHES, name=file.name, drop_id=None)
    return made


def confirm_batch(connection: Connection, file: File, *, now: datetime) -> int:
    """Let an unconfirmed part of a batch count from now on; return how many drops came of that."""
    drop = _drop(connection, file)
    if drop is None or drop.state != "arriving":
        return 0
    drops.withdraw_drop(connection, file.account_id, drop.drop_id)
    files.move_file(connection, file, directory=BATCHES, name=file.name, drop_id=None)
    by = Completer(drop.login, drop.confirmation, now)
    return settle_stem(connection, file.account_id, file.name, by)


def check_free(connection: Connection, account_id: int, name: str) -> None:
    """Raise Conflict when `name` is the signal of a data file that is being processed."""
    if not tree.is_signal(name):
        return
    for file in _data(_of_stem(connection, account_id, name)):
        drop = _drop(connection, file)
        if drop is not None and drop.state not in {"arriving", "ready"}:
            raise Conflict(f"{file.name} is being processed.", code="CLAIMED")


def vanish(connection: Connection, drop: Drop) -> list[File]:
    """Take a batch out of its sender's sight, and its signals with the last data file of their stem.

    Return the files whose bytes are to be deleted after the commit.
    """
    standing = _of_stem(connection, drop.account_id, drop.name)
    own = [file for file in standing if file.drop_id == drop.drop_id]
    others = [file for file in _data(standing) if file.drop_id != drop.drop_id]
    signals = [] if others else [file for file in standing if tree.is_signal(file.name)]
    for file in (*own, *signals):
        files.remove_file(connection, file)
    return [*own, *signals]


def _of_stem(connection: Connection, account_id: int, name: str) -> list[File]:
    stem = tree.stem(name)
    found = files.files_beginning(connection, account_id, BATCHES, f"{stem}.")
    return [file for file in found if tree.stem(file.name) == stem and place_for_batches(file.name)]


def _data(standing: list[File]) -> list[File]:
    data = [file for file in standing if tree.is_data(file.name)]
    return sorted(data, key=lambda file: tree.place(file.name))


def _drop(connection: Connection, file: File) -> Drop | None:
    return drops.drop_by_id(connection, file.account_id, file.drop_id) if file.drop_id is not None else None


def _create(connection: Connection, file: File, by: Completer) -> int:
    return drops.create_drop(
        connection,
        account_id=file.account_id,
        action=BATCH,
        name=file.name,
        login=by.login,
        confirmation=by.confirmation,
        state="ready",
        content=Content(file.blob_key, file.size, file.sha256),
        now=by.now,
    )
