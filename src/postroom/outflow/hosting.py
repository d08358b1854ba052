"""Files that are kept here, in the folder /flows/ of the tree: published with the ledger, for five days."""

from __future__ import annotations

import hashlib
import shutil
from datetime import timedelta
from typing import Final

from postroom.contacts.errors import Missing
from postroom.outflow import announcing
from postroom.outflow.companions import companions_of
from postroom.outflow.depot import Depot
from postroom.store import deliveries, files
from postroom.store.accounts import all_accounts
from postroom.store.blobs import new_key
from postroom.store.files import Content
from postroom.store.flows import Run
from postroom.store.locations import DIRECTORY

KEPT: Final = timedelta(hours=120)
"""How long they stay, collected or not (seed 002; specs, OUT flows 3.8)."""

_LOT: Final = 1000


def publish_here(depot: Depot, run: Run) -> None:
    """Have the file of a run appear, in the transaction that says so; one of that name is replaced."""
    content = _copied(depot, run)
    gone: list[str] = []
    with depot.database.transaction() as connection:
        files.lock_tree(connection, run.account_id)
        done = deliveries.note_published(connection, run, now=depot.clock())
        if done is None:
            gone = [content.blob_key]
        else:
            written = [(run.file_name, content)]
            written += [(each.name, _stored(depot, each.content)) for each in companions_of(connection, done)]
            for name, each in written:
                replaced = files.file_at(connection, run.account_id, DIRECTORY, name)
                gone += [replaced.blob_key] if replaced else []
                files.put_file(
                    connection,
                    account_id=run.account_id,
                    directory=DIRECTORY,
                    name=name,
                    content=each,
                    modified_at=depot.clock(),
                )
            announcing.announce(connection, depot.queue, done, "published", now=depot.clock())
    depot.between_steps("published")
    for key in gone:
        depot.blobs.delete(key)


def let_go(depot: Depot) -> int:
    """Remove the files that were here for five days, of every account; return how many."""
    before = depot.clock() - KEPT
    count = 0
    with depot.database.reading() as connection:
        accounts = all_accounts(connection)
    for account in accounts:
        with depot.database.transaction() as connection:
            keys = files.remove_abandoned(
                connection, account.account_id, [DIRECTORY], before=before, limit=_LOT
            )
        for key in keys:
            depot.blobs.delete(key)
        count += len(keys)
    return count


def _copied(depot: Depot, run: Run) -> Content:
    """Copy the bytes of a run: the account may remove its file, and the run keeps its own."""
    if run.blob_key is None or run.sha256 is None:
        raise Missing("The file was kept for long enough and is gone.", code="NO_FILE")
    staged = depot.blobs.staging / new_key()
    try:
        with depot.blobs.open(run.blob_key) as source, staged.open("xb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        return Content(depot.blobs.put_file(staged), run.size or 0, run.sha256)
    finally:
        staged.unlink(missing_ok=True)


def _stored(depot: Depot, content: bytes) -> Content:
    return Content(depot.blobs.put_bytes(content), len(content), hashlib.sha256(content).hexdigest())
