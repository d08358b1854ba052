"""What programs leave by a call: whole when it comes, and in `on` at once, out of other senders' reach."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from postroom.contacts.batches import Action, FileRefused, Mode
from postroom.contacts.errors import Unavailable
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import tree
from postroom.drops.claiming import free_prefix
from postroom.drops.room import PROCESS_TASK, Room, account_lock
from postroom.ingest.archives import glance, is_archive
from postroom.ingest.sandbox.reading import Order
from postroom.store import drops, files, lists
from postroom.store.database import Connection
from postroom.store.drops import Drop, Wishes
from postroom.store.files import Content

_START_BYTES = 16

_LOG = logging.getLogger("postroom.drops")


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that has come whole: where it is staged, its size in bytes, its SHA-256 in hexadecimal."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a program brings to an account: for what, under which name, and what it asks for.

    `by_whom` stands for the login. With `new_list` an import fills a list of its own, of that name and
    description.
    """

    account_id: int
    by_whom: str
    action: Action
    name: str
    wishes: Wishes = field(default_factory=Wishes)
    new_list: tuple[str, str | None] | None = None


def list_named_like(filename: str, settings: AccountSettings) -> str:
    """Return the name of a new list that a file of this name fills."""
    return tree.list_names(filename, settings)[-1]


def mode_called(text: str) -> Mode | None:
    """Return the mode of that name, or of the marker of that name; None when there is none."""
    by_marker = {marker.lower(): mode for marker, mode in tree.MARKERS.items()}
    by_name = {mode.value: mode for mode in Mode}
    return by_name.get(text.lower()) or by_marker.get("." + text.lower().removeprefix("."))


def check_staged(room: Room, name: str, staged: Staged) -> None:
    """Raise FileRefused for a file that cannot be one of contacts, as far as that shows in a moment.

    Archives are opened by a process of their own, as all files of strangers are.
    """
    if staged.size == 0:
        raise FileRefused(Reason.EMPTY_FILE)
    with staged.path.open("rb") as file:
        if is_archive(file.read(_START_BYTES)):
            order = Order(name, AccountSettings(), 0, 0, room.limits.reading)
            room.readers.glance(file, order)
        else:
            file.seek(0)
            glance(file, name)


def receive(room: Room, delivery: Delivery, staged: Staged) -> Drop:
    """Publish a staged file as a drop that waits for its turn, and consume it; all at once or nothing.

    No lock of the account's contacts is taken: it may be importing just now. A file is never replaced, and
    may bear any name.
    """
    content = Content(room.blobs.put_file(staged.path), staged.size, staged.sha256)
    room.between_steps("stored")
    try:
        with room.database.transaction() as connection:
            drop = _landed(connection, delivery, content, room.clock())
            lock = account_lock(delivery.account_id)
            room.queue.enqueue(connection, PROCESS_TASK, lock=lock, account_id=delivery.account_id)
            room.between_steps("recorded")
    except Unavailable:
        # The connection may have broken after the commit, and then the drop needs its bytes.
        _LOG.warning("blob %s may be without a drop: the database went away", content.blob_key)
        raise
    except BaseException:
        with suppress(OSError):
            room.blobs.delete(content.blob_key)
        raise
    room.between_steps("landed")
    return drop


def _landed(connection: Connection, delivery: Delivery, content: Content, now: datetime) -> Drop:
    wishes = delivery.wishes
    if delivery.new_list is not None:
        name, description = delivery.new_list
        list_id = lists.create_list(connection, delivery.account_id, name, description, now=now)
        wishes = replace(wishes, list_id=list_id)
    files.lock_tree(connection, delivery.account_id)
    prefix = free_prefix(connection, delivery.account_id, delivery.action, delivery.name, now)
    drop = drops.create_whole_drop(
        connection,
        account_id=delivery.account_id,
        action=delivery.action.value,
        name=delivery.name,
        by_whom=delivery.by_whom,
        content=content,
        prefix=prefix,
        wishes=wishes,
        now=now,
    )
    files.put_file(
        connection,
        account_id=delivery.account_id,
        directory=tree.directory_of(delivery.action, "on"),
        name=tree.on_name(prefix, delivery.name),
        content=content,
        modified_at=now,
        drop_id=drop.drop_id,
    )
    if wishes.list_id is not None:
        lists.note_filled(connection, delivery.account_id, wishes.list_id, drop_id=drop.drop_id, now=now)
    return drop
