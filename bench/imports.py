"""Our whole import as the product does it: a file lands as a drop, and the account's job processes it."""

from __future__ import annotations

import hashlib
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from bench.laps import Laps
from bench.scratch import LOGIN
from demo.people import write_file
from postroom.contacts.batches import Action
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import tree
from postroom.drops.landing import Place, land
from postroom.drops.processing import process_account
from postroom.drops.reading import Deposit, open_deposit
from postroom.drops.room import READER, Limits, Room
from postroom.ingest.normalise import Normaliser
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
    account_id, action = order["account_id"], Action(order["action"])
    with Readers(READER) as readers, tempfile.TemporaryDirectory() as directory:
        _warm_up(readers, order, Path(directory))
        with Database(order["url"]) as database:
            room = room_over(readers, database, Path(order["blobs"]), laps.note)
            if order.get("marker"):
                place = Place(account_id, LOGIN, tree.MARKER_DIRECTORY, order["marker"])
                leave(room, place, Path("/dev/null"))
            leave(room, _place(account_id, action), Path(order["file"]))
            with laps.timing(merge):
                began = time.perf_counter()
                done = process_account(room, account_id)
                seconds = time.perf_counter() - began
            assert done is not None
            counts = _counts(room, account_id, done.drop_id)
    return {"seconds": seconds, "counts": counts, "laps": laps.seconds, "reader_mib": reader_mib()}


def _warm_up(readers: Readers, order: Mapping[str, Any], directory: Path) -> None:
    """Do the same with a few contacts, elsewhere."""
    few = directory / _NAME
    write_file(few, 200, seed=1)
    account_id = order["account_id"]
    with Database(order["warm_url"]) as database:
        room = room_over(readers, database, directory / "blobs", ignore)
        for action in (Action.IMPORT, Action(order["action"])):
            leave(room, _place(account_id, action), few)
            process_account(room, account_id)


def room_over(
    readers: Readers, database: Database, blobs: Path, between_steps: Callable[[str], None]
) -> Room:
    """Return a room over a database and blobs."""
    return Room(
        database=database,
        blobs=LocalBlobs(blobs),
        queue=Queue(database.url),
        sealer=Sealer([bytes(32)]),
        readers=readers,
        between_steps=between_steps,
    )


def _place(account_id: int, action: Action) -> Place:
    return Place(account_id, LOGIN, tree.directory_of(action, "in"), _NAME)


def reader_mib() -> float:
    """Return the most memory that a process which read files has taken; all of them have ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def ignore(step: str) -> None:
    """Hear of a step, and do nothing."""
    del step


def _open(file: Path) -> BinaryIO:
    return file.open("rb")


def leave(room: Room, place: Place, file: Path) -> None:
    """Land a file, as an upload that has come whole."""
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
