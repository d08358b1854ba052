"""What senders do in their tree: leave files, rename, remove. Every change is one transaction."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from postroom.contacts.errors import Conflict, Denied, Missing
from postroom.dialects.folders import tree
from postroom.drops import pairing
from postroom.drops.pairing import Completer
from postroom.drops.room import PROCESS_TASK, Room, account_lock
from postroom.drops.tidying import delete_bytes
from postroom.drops.trees import BATCH, BATCHES, may_remove, may_write, place_for_batches
from postroom.store import drops, files
from postroom.store.database import Connection
from postroom.store.files import Content, File


@dataclass(frozen=True, slots=True)
class Place:
    """A name in a directory of one account's tree, and the login that acts there."""

    account_id: int
    login: str
    directory: str
    name: str


@dataclass(frozen=True, slots=True)
class Landed:
    """What a finished upload became; `drop_id` is None while nothing is to be processed."""

    place: Place
    file_id: int
    drop_id: int | None
    landed_at: datetime


def land(
    room: Room,
    place: Place,
    content: Content,
    *,
    confirmation: str,
    confirmed: bool,
    may_replace: bool = True,
) -> Landed:
    """Publish a finished upload; in an `in` directory it becomes a drop, processed once confirmed.

    A command batch is a drop once its signal is there, too. A file of that name that nobody has claimed is
    replaced, if it may be. Raises Denied where senders may not write and for a login that was switched off
    meanwhile, Conflict for a file that may not be replaced.
    """
    _may_write(place)
    now = room.clock()
    with room.database.transaction() as connection:
        _enter(connection, place)
        replaced = _file_at(connection, place)
        if replaced is not None:
            _withdraw(connection, replaced, may_replace=may_replace)
        drop_id = _new_drop(room, connection, place, content, confirmation, confirmed=confirmed, now=now)
        file_id = _put(connection, place, content, drop_id, now)
        if confirmed:
            _pair(room, connection, place, confirmation, now)
    room.between_steps("landed")
    _delete_bytes(room, replaced)
    return Landed(place, file_id, drop_id, now)


def confirm(room: Room, landed: Landed) -> None:
    """Let an unconfirmed deposit be processed; doing it twice is fine."""
    if landed.drop_id is None:
        return
    account_id = landed.place.account_id
    with room.database.transaction() as connection:
        if landed.place.directory == BATCHES:
            _confirm_batch(room, connection, landed)
        elif drops.confirm_drop(connection, account_id, landed.drop_id):
            _enqueue(room, connection, account_id)


def _confirm_batch(room: Room, connection: Connection, landed: Landed) -> None:
    place = landed.place
    files.lock_tree(connection, place.account_id)
    file = _file_at(connection, place)
    if file is None or file.file_id != landed.file_id or file.drop_id != landed.drop_id:
        return
    for _ in range(pairing.confirm_batch(connection, file, now=room.clock())):
        _enqueue(room, connection, place.account_id)


def quarantine(room: Room, landed: Landed) -> None:
    """Take an unconfirmed deposit out of the tree: its sender vanished while sending it."""
    place = landed.place
    with room.database.transaction() as connection:
        files.lock_tree(connection, place.account_id)
        file = _file_at(connection, place)
        if file is None or file.file_id != landed.file_id or file.drop_id != landed.drop_id:
            return
        if file.drop_id is not None and not drops.withdraw_drop(connection, place.account_id, file.drop_id):
            return
        files.remove_file(connection, file)
    _delete_bytes(room, file)


def remove(room: Room, place: Place) -> None:
    """Remove a file that nobody has claimed; raise Missing when there is none."""
    if not may_remove(place.directory, place.name):
        raise Denied(f"What stands in /{place.directory} cannot be removed.")
    with room.database.transaction() as connection:
        _enter(connection, place)
        file = _existing(connection, place)
        _withdraw(connection, file)
        files.remove_file(connection, file)
        _pair(room, connection, place, "remove", room.clock())
    _delete_bytes(room, file)


def rename(room: Room, source: Place, target: Place, *, replace: bool) -> File:
    """Rename a file that nobody has claimed; the new name is a new deposit, complete now. Return the file.

    Raises Missing without a source, Conflict when the target exists and `replace` is False.
    """
    _may_write(source)
    _may_write(target)
    now = room.clock()
    with room.database.transaction() as connection:
        _enter(connection, source)
        file = _existing(connection, source)
        if source == target:
            return file
        replaced = _file_at(connection, target)
        if replaced is not None:
            _withdraw(connection, replaced, may_replace=replace)
            files.remove_file(connection, replaced)
        _withdraw(connection, file)
        content = Content(file.blob_key, file.size, file.sha256)
        drop_id = _new_drop(room, connection, target, content, "rename", confirmed=True, now=now)
        files.move_file(connection, file, directory=target.directory, name=target.name, drop_id=drop_id)
        for place in (source, target):
            _pair(room, connection, place, "rename", now)
    _delete_bytes(room, replaced)
    return dataclasses.replace(file, directory=target.directory, name=target.name, drop_id=drop_id)


def touch(room: Room, place: Place, modified_at: datetime) -> None:
    """Set the modification time that listings show."""
    _may_write(place)
    with room.database.transaction() as connection:
        _enter(connection, place)
        files.touch_file(connection, _existing(connection, place), modified_at)


def _may_write(place: Place) -> None:
    if not may_write(place.directory, place.name):
        raise Denied(f"/{place.directory} is read-only; leave files in an 'in' directory.")


def _enter(connection: Connection, place: Place) -> None:
    """Lock the account's tree; refuse what a login does after it was switched off."""
    if not files.enter_tree(connection, place.account_id, place.login):
        raise Denied("This login is switched off.", code="LOGIN_DISABLED")


def _file_at(connection: Connection, place: Place) -> File | None:
    return files.file_at(connection, place.account_id, place.directory, place.name)


def _existing(connection: Connection, place: Place) -> File:
    file = _file_at(connection, place)
    if file is None:
        raise Missing(f"There is no file {place.name} in /{place.directory}.")
    return file


def _withdraw(connection: Connection, file: File, *, may_replace: bool = True) -> None:
    """Forget the drop of a file that is about to be replaced, renamed or removed."""
    if not may_replace:
        raise Conflict(f"There is already a file named {file.name}.", code="EXISTS")
    if file.directory == BATCHES:
        pairing.check_free(connection, file.account_id, file.name)
    # A claimed file has left `in` under the same lock; this guards against drops changed by hand.
    if file.drop_id is not None and not drops.withdraw_drop(connection, file.account_id, file.drop_id):
        raise Conflict(f"{file.name} is being processed.", code="CLAIMED")


def _delete_bytes(room: Room, file: File | None) -> None:
    delete_bytes(room, [file.blob_key] if file else [])


def _new_drop(
    room: Room,
    connection: Connection,
    place: Place,
    content: Content,
    confirmation: str,
    *,
    confirmed: bool,
    now: datetime,
) -> int | None:
    action = _action_of(place, confirmed=confirmed)
    if action is None:
        return None
    drop_id = drops.create_drop(
        connection,
        account_id=place.account_id,
        action=action,
        name=place.name,
        login=place.login,
        confirmation=confirmation,
        state="ready" if confirmed else "arriving",
        content=content,
        now=now,
    )
    if confirmed:
        _enqueue(room, connection, place.account_id)
    return drop_id


def _action_of(place: Place, *, confirmed: bool) -> str | None:
    """Say what a file asks by its place alone; None when that is nothing (yet)."""
    if place.directory == BATCHES:
        # What is not confirmed is held by a drop; what is waits for the other part of its pair.
        return BATCH if place_for_batches(place.name) and not confirmed else None
    action = tree.action_of(place.directory)
    if action is None or tree.postponed(place.name) or tree.is_marker(place.directory, place.name):
        return None
    return action.value


def _pair(room: Room, connection: Connection, place: Place, confirmation: str, now: datetime) -> None:
    """See what a change in the folder of command batches comes to."""
    if place.directory != BATCHES or not place_for_batches(place.name):
        return
    by = Completer(place.login, confirmation, now)
    for _ in range(pairing.settle_stem(connection, place.account_id, place.name, by)):
        _enqueue(room, connection, place.account_id)


def _enqueue(room: Room, connection: Connection, account_id: int) -> None:
    room.queue.enqueue(connection, PROCESS_TASK, lock=account_lock(account_id), account_id=account_id)


def _put(connection: Connection, place: Place, content: Content, drop_id: int | None, now: datetime) -> int:
    return files.put_file(
        connection,
        account_id=place.account_id,
        directory=place.directory,
        name=place.name,
        content=content,
        modified_at=now,
        drop_id=drop_id,
    )
