"""What senders do in their tree: leave files, rename, remove. Every change is one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from postroom.contacts.errors import Conflict, Denied, Missing
from postroom.dialects.folders import tree
from postroom.drops.room import PROCESS_TASK, Room, account_lock
from postroom.store import drops, files, logins
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


def land(room: Room, place: Place, content: Content, *, confirmation: str, confirmed: bool) -> Landed:
    """Publish a finished upload; in an `in` directory it becomes a drop, processed once confirmed.

    A file of that name that nobody has claimed is replaced. Raises Denied where senders may not write.
    """
    _may_write(place)
    now = room.clock()
    with room.database.transaction() as connection:
        _still_welcome(connection, place)
        files.lock_tree(connection, place.account_id)
        replaced = _withdraw(connection, place)
        drop_id = _new_drop(room, connection, place, content, confirmation, confirmed=confirmed, now=now)
        file_id = _put(connection, place, content, drop_id, now)
    room.between_steps("landed")
    if replaced is not None:
        room.blobs.delete(replaced.blob_key)
    return Landed(place, file_id, drop_id)


def confirm(room: Room, landed: Landed) -> None:
    """Let an unconfirmed deposit be processed; doing it twice is fine."""
    if landed.drop_id is None:
        return
    account_id = landed.place.account_id
    with room.database.transaction() as connection:
        if drops.confirm_drop(connection, account_id, landed.drop_id):
            _enqueue(room, connection, account_id)


def quarantine(room: Room, landed: Landed) -> None:
    """Take an unconfirmed deposit out of the tree: its sender vanished while sending it."""
    place = landed.place
    with room.database.transaction() as connection:
        files.lock_tree(connection, place.account_id)
        file = files.file_at(connection, place.account_id, place.directory, place.name)
        if file is None or file.file_id != landed.file_id or file.drop_id != landed.drop_id:
            return
        if landed.drop_id is not None and not drops.withdraw_drop(
            connection, place.account_id, landed.drop_id
        ):
            return
        files.remove_file(connection, file)
    room.blobs.delete(file.blob_key)


def remove(room: Room, place: Place) -> None:
    """Remove a file that nobody has claimed; raise Missing when there is none."""
    _may_write(place)
    with room.database.transaction() as connection:
        files.lock_tree(connection, place.account_id)
        file = _existing(connection, place)
        _withdraw(connection, place)
        files.remove_file(connection, file)
    room.blobs.delete(file.blob_key)


def rename(room: Room, source: Place, target: Place, *, replace: bool) -> None:
    """Rename a file that nobody has claimed; the new name is a new deposit, complete now.

    Raises Missing without a source, Conflict when the target exists and `replace` is False.
    """
    _may_write(source)
    _may_write(target)
    if source == target:
        return
    replaced: File | None = None
    now = room.clock()
    with room.database.transaction() as connection:
        files.lock_tree(connection, source.account_id)
        file = _existing(connection, source)
        if not replace and files.file_at(connection, target.account_id, target.directory, target.name):
            raise Conflict(f"There is already a file named {target.name}.", code="EXISTS")
        _withdraw(connection, source)
        replaced = _withdraw(connection, target)
        if replaced is not None:
            files.remove_file(connection, replaced)
        content = Content(file.blob_key, file.size, file.sha256)
        drop_id = _new_drop(room, connection, target, content, "rename", confirmed=True, now=now)
        files.move_file(connection, file, directory=target.directory, name=target.name, drop_id=drop_id)
    if replaced is not None:
        room.blobs.delete(replaced.blob_key)


def touch(room: Room, place: Place, modified_at: datetime) -> None:
    """Set the modification time that listings show."""
    _may_write(place)
    with room.database.transaction() as connection:
        files.touch_file(connection, _existing(connection, place), modified_at)


def _may_write(place: Place) -> None:
    if tree.is_marker(place.directory, place.name):
        return
    if tree.rights(place.directory) is not tree.Right.WRITE:
        raise Denied(f"/{place.directory} is read-only; leave files in an 'in' directory.")


def _still_welcome(connection: Connection, place: Place) -> None:
    """Refuse what a login finishes after it was switched off."""
    login = logins.login_by_name(connection, place.login)
    if login is None or not login.enabled or login.account_id != place.account_id:
        raise Denied("This login is switched off.", code="LOGIN_DISABLED")


def _existing(connection: Connection, place: Place) -> File:
    file = files.file_at(connection, place.account_id, place.directory, place.name)
    if file is None:
        raise Missing(f"There is no file {place.name} in /{place.directory}.")
    return file


def _withdraw(connection: Connection, place: Place) -> File | None:
    """Forget the drop of the file at `place`, if any; return the file."""
    file = files.file_at(connection, place.account_id, place.directory, place.name)
    if file is not None and file.drop_id is not None:
        drops.withdraw_drop(connection, place.account_id, file.drop_id)
    return file


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
    action = tree.action_of(place.directory)
    if action is None or tree.postponed(place.name) or tree.is_marker(place.directory, place.name):
        return None
    drop_id = drops.create_drop(
        connection,
        account_id=place.account_id,
        action=action.value,
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
