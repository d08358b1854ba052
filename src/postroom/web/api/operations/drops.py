"""What the API does with drops: what the folders can do, and what operators do by command (seed 000)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Literal

from postroom.contacts.batches import Action, Mode
from postroom.contacts.errors import Missing, Refused
from postroom.drops import releasing, retrying, undoing
from postroom.drops.receiving import Delivery, mode_called, receive
from postroom.drops.reported import kind_of
from postroom.drops.room import Room
from postroom.drops.trees import BATCH
from postroom.store import drops, files
from postroom.store.accounts import lock_account_soon
from postroom.store.drops import Drop, DropFilter, State, Wishes
from postroom.store.files import File
from postroom.web.api.operations.imports import Failure
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.api.operations.uploading import by_whom, check_upload
from postroom.web.api.uploads import Upload
from postroom.web.auth.caller import Caller

ORDERS = ("drop_id",)
"""By what drops can be sorted; ids rise as deposits come."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file of a drop: the one that was sent (`file`) or a report about it; `size` in bytes.

    `kind` is file, errors, warnings, summary, refusal or undo.
    """

    name: str
    kind: str
    size: int
    sha256: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DropRecord:
    """A deposit and what became of it. `counts` are those of contacts.batches.Counts, None before the end."""

    drop_id: int
    action: Action | Literal["batch"]
    name: str
    state: State
    size: int
    sha256: str
    sent_by: str
    deposited_at: datetime
    claimed_at: datetime | None
    settled_at: datetime | None
    attempts: int
    list_id: int | None
    mode: Mode | None
    counts: Mapping[str, int] | None
    failure: Failure | None
    notes: Sequence[str]
    released_at: datetime | None
    released_by: str | None
    undone_at: datetime | None
    undone_by: str | None
    undo: Mapping[str, Any] | None
    files_removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file of a drop, open for reading; who takes it closes it."""

    about: ReportFile
    content: BinaryIO


def read_drops(
    room: Room,
    caller: Caller,
    *,
    ids: Sequence[int] | None = None,
    state: str | None = None,
    action: str | None = None,
    name: str | None = None,
    paging: Paging,
) -> Page[DropRecord]:
    """Return the drops of the caller's account that fit, by id.

    Raises Refused for a state or an action that there is not.
    """
    caller.require("drops:read")
    field, descending = paging.sort or (ORDERS[0], False)
    if field not in ORDERS:
        raise Refused(f"Drops can be sorted by {', '.join(ORDERS)}, not by {field}.", code="INVALID_SORT")
    wanted = DropFilter(
        None if ids is None else [each for each in ids if 0 < each < 2**63],
        None if state is None else [_known_state(state)],
        None if action is None else _sought_action(action),
        name,
    )
    with room.database.reading() as connection:
        found = drops.drops_page(
            connection,
            caller.account_id,
            wanted,
            limit=paging.limit,
            offset=paging.offset,
            after=paging.after,
            descending=descending,
        )
        total = drops.count_drops(connection, caller.account_id, wanted) if paging.with_total else None
    return Page([_record(drop) for drop in found], total)


def read_drop(room: Room, caller: Caller, drop_id: int) -> DropRecord:
    """Return a drop of the caller's account; raise Missing when there is none of that id."""
    caller.require("drops:read")
    return _record(_drop(room, caller, drop_id))


def upload_drop(
    room: Room, caller: Caller, upload: Upload, *, action: str, mode: str | None = None
) -> DropRecord:
    """Leave a file for an action, as in its folder; `mode` counts for this import instead of the markers.

    Raises Refused, and makes nothing, for a file that cannot be one of contacts.
    """
    caller.require("drops:write")
    wanted = known_action(action)
    asked = _known_mode(mode, wanted)
    check_upload(room, upload)
    wishes = Wishes(mode=asked.value if asked else None)
    delivery = Delivery(caller.account_id, by_whom(caller), wanted, upload.filename, wishes)
    return _record(receive(room, delivery, upload.staged))


def read_files(room: Room, caller: Caller, drop_id: int) -> list[ReportFile]:
    """Return what was sent and the reports about it, as far as they are kept."""
    caller.require("drops:read")
    drop = _drop(room, caller, drop_id)
    return [_report_file(drop, file) for file in _files(room, drop)]


def open_file(room: Room, caller: Caller, drop_id: int, kind_or_name: str) -> OpenFile:
    """Open a file of a drop by its kind (file, errors, …) or its name; raise Missing when there is none."""
    caller.require("drops:read")
    drop = _drop(room, caller, drop_id)
    for file in _files(room, drop):
        about = _report_file(drop, file)
        if kind_or_name in {about.kind, about.name}:
            return OpenFile(about, room.blobs.open(file.blob_key))
    raise Missing(f"Drop {drop_id} has no such file, or it is not kept any more.", code="NO_REPORT")


def retry_drop(room: Room, caller: Caller, drop_id: int) -> DropRecord:
    """Put a parked drop back in line; raise Conflict when it is in another state."""
    caller.require("drops:write")
    drop = _drop(room, caller, drop_id)
    retrying.retry(room, drop.account_id, drop.drop_id)
    return _record(_drop(room, caller, drop_id))


def release_drop(room: Room, caller: Caller, drop_id: int) -> DropRecord:
    """Let a drop past the guard that refused it; raise Conflict when none has, or the account is busy."""
    caller.require("drops:write")
    drop = _drop(room, caller, drop_id)
    releasing.release(room, drop.account_id, drop.drop_id, by_whom=by_whom(caller), lock=lock_account_soon)
    return _record(_drop(room, caller, drop_id))


def undo_drop(room: Room, caller: Caller, drop_id: int, *, dry_run: bool = False) -> Mapping[str, Any]:
    """Take an import back, or with `dry_run` tell what that would come to; return the counts of it.

    Raises Refused, Conflict and Missing as drops.undoing does.
    """
    caller.require("drops:write")
    drop = _drop(room, caller, drop_id)
    return undoing.undo(
        room,
        drop.account_id,
        drop.drop_id,
        by_whom=by_whom(caller),
        dry_run=dry_run,
        lock=lock_account_soon,
    )


def known_action(text: str) -> Action:
    """Return the action of that name; raise Refused when there is none."""
    for action in Action:
        if action.value.lower() == text.lower():
            return action
    known = ", ".join(action.value for action in Action)
    raise Refused(f"There is no action '{text[:40]}'. Known: {known}.", code="UNKNOWN_ACTION")


def _sought_action(text: str) -> str:
    """Return what drops have for that action: batches can be looked for, but not left by a call."""
    return BATCH if text.lower() == BATCH else known_action(text).value


def _known_mode(text: str | None, action: Action) -> Mode | None:
    if text is None:
        return None
    if action is not Action.IMPORT:
        raise Refused(f"A mode is for imports alone, not for {action.value}.", code="UNKNOWN_MODE")
    mode = mode_called(text)
    if mode is None:
        raise Refused(f"There is no mode '{text[:40]}'. Known: {', '.join(Mode)}.", code="UNKNOWN_MODE")
    return mode


def _known_state(text: str) -> State:
    for state in drops.STATES:
        if state == text:
            return state
    raise Refused(f"There is no state '{text[:40]}'. Known: {', '.join(drops.STATES)}.", code="UNKNOWN_STATE")


def _drop(room: Room, caller: Caller, drop_id: int) -> Drop:
    found = None
    if 0 < drop_id < 2**63:
        with room.database.reading() as connection:
            found = drops.drop_by_id(connection, caller.account_id, drop_id)
    if found is None:
        raise Missing(f"There is no drop {drop_id}.", code="NO_DROP")
    return found


def _files(room: Room, drop: Drop) -> list[File]:
    with room.database.reading() as connection:
        return files.files_of_drop(connection, drop.account_id, drop.drop_id)


def _report_file(drop: Drop, file: File) -> ReportFile:
    kind = kind_of(drop.prefix, drop.name, file.name)
    return ReportFile(file.name, kind, file.size, file.sha256, file.modified_at)


def _record(drop: Drop) -> DropRecord:
    outcome: dict[str, Any] = drop.outcome or {}
    failure = outcome.get("failure")
    mode = outcome.get("mode") or drop.mode
    return DropRecord(
        drop_id=drop.drop_id,
        action="batch" if drop.action == BATCH else Action(drop.action),
        name=drop.name,
        state=drop.state,
        size=drop.size,
        sha256=drop.sha256,
        sent_by=drop.login,
        deposited_at=drop.deposited_at,
        claimed_at=drop.claimed_at,
        settled_at=drop.settled_at,
        attempts=drop.attempts,
        list_id=drop.list_id or (outcome.get("list") or {}).get("id"),
        mode=Mode(mode) if mode else None,
        counts=outcome.get("counts"),
        failure=Failure(failure["code"], failure["value"], failure["text"]) if failure else None,
        notes=outcome.get("notes") or (),
        released_at=drop.released_at,
        released_by=drop.released_by,
        undone_at=drop.undone_at,
        undone_by=drop.undone_by,
        undo=outcome.get("undo"),
        files_removed_at=drop.files_removed_at,
    )
