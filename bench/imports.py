"""Our whole import as the product does it: a file lands as a drop, and the account's job processes it."""

from __future__ import annotations

import hashlib
import resource
import shutil
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from bench.laps import Laps
from bench.scratch import LOGIN
from demo.people import write_file
from postroom.contacts.batches import Action, RowIssue
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import tree
from postroom.drops.landing import Place, land
from postroom.drops.processing import process_account
from postroom.drops.reading import Deposit, open_deposit
from postroom.drops.room import Limits, Room
from postroom.ingest.digests import KnownRows
from postroom.ingest.normalise import Normaliser
from postroom.ingest.preparing import Preparer
from postroom.ingest.sandbox.readers import Readers
from postroom.jobs.queue import Queue
from postroom.store import drops, merge
from postroom.store.blobs import LocalBlobs, new_key
from postroom.store.database import Database
from postroom.store.files import Content
from postroom.store.sealing import Sealer

_NAME = "people.csv"
_DEPOSIT = Deposit(1, 1, Action.IMPORT, _NAME, LOGIN, ())


def import_file(order: Mapping[str, Any]) -> dict[str, Any]:
    """Land `file` for `action`, with the mode `marker` if there is one, then process it, claim to report.

    Landing is not in the time: it is the upload's, and benchmark `latency` has it. Nor is what a worker
    does once in its life, such as compiling patterns.
    """
    laps = Laps()
    account_id = order["account_id"]
    with Readers() as readers, Database(order["url"]) as database:
        _warm_up(readers)
        room = Room(
            database=database,
            blobs=LocalBlobs(Path(order["blobs"])),
            queue=Queue(order["url"]),
            sealer=Sealer([bytes(32)]),
            readers=readers,
            between_steps=laps.note,
        )
        if order.get("marker"):
            _leave(room, Place(account_id, LOGIN, tree.MARKER_DIRECTORY, order["marker"]), Path("/dev/null"))
        folder = tree.directory_of(Action(order["action"]), "in")
        _leave(room, Place(account_id, LOGIN, folder, _NAME), Path(order["file"]))
        with laps.timing(merge):
            began = time.perf_counter()
            done = process_account(room, account_id)
            seconds = time.perf_counter() - began
        assert done is not None
        counts = _counts(room, account_id, done.drop_id)
    return {"seconds": seconds, "counts": counts, "laps": laps.seconds, "reader_mib": _reader_mib()}


def _reader_mib() -> float:
    """Return the most memory that a process which read files has taken; all of them have ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _warm_up(readers: Readers) -> None:
    with tempfile.NamedTemporaryFile() as few:
        write_file(Path(few.name), 200, seed=1)
        opened = open_deposit(readers, partial(_open, Path(few.name)), _DEPOSIT, AccountSettings(), Limits())
    nobody = KnownRows(pl.DataFrame(schema={"digest": pl.Int64, "contact_id": pl.Int64}))
    fields = tuple(opened.columns.positions)
    preparer = Preparer(AccountSettings(), fields, nobody, _ignore)
    for frame in opened.frames:
        preparer.prepare(frame)
    opened.close()


def _ignore(issue: RowIssue) -> None:
    del issue


def _open(file: Path) -> BinaryIO:
    return file.open("rb")


def _leave(room: Room, place: Place, file: Path) -> None:
    staged = room.blobs.staging / new_key()
    shutil.copyfile(file, staged)
    with staged.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    size = staged.stat().st_size
    stored = Content(room.blobs.put_file(staged), size, digest)
    land(room, place, stored, confirmation="sftp-close", confirmed=True)


def _counts(room: Room, account_id: int, drop_id: int) -> dict[str, int]:
    with room.database.transaction() as connection:
        drop = drops.drop_by_id(connection, account_id, drop_id)
    assert drop is not None
    assert drop.outcome is not None
    assert drop.state == "applied", drop.outcome
    counts: dict[str, int] = drop.outcome["counts"]
    return counts


def read_and_check(order: Mapping[str, Any]) -> dict[str, Any]:
    """Read and check `file` without a database: what an import cannot do without, whatever stores it."""
    normaliser = Normaliser(AccountSettings())
    with Readers() as readers:
        readers.start()
        began = time.perf_counter()
        opened = open_deposit(
            readers, partial(_open, Path(order["file"])), _DEPOSIT, AccountSettings(), Limits()
        )
        for frame in opened.frames:
            normaliser.normalise(frame.data)
        seconds = time.perf_counter() - began
    return {"seconds": seconds}
