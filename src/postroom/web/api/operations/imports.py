"""What the API does with imports, files of contacts that come by a call (seed 004)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from postroom.contacts.batches import Action, Header, Mode, ReportForm
from postroom.contacts.errors import Denied, Missing
from postroom.contacts.lists import list_description, list_name
from postroom.drops.receiving import Delivery, list_named_like, receive
from postroom.drops.reported import ERRORS, RefusedRow, file_of, kind_of, refused_rows
from postroom.drops.room import Room
from postroom.store import drops, files, imports
from postroom.store.accounts import account_by_id
from postroom.store.drops import Drop, Wishes
from postroom.store.files import File
from postroom.store.imports import ImportRow
from postroom.store.lists import ContactList
from postroom.web.api.links import errors_path
from postroom.web.api.operations.pages import Paging
from postroom.web.api.operations.uploading import by_whom, check_upload
from postroom.web.api.uploads import Upload
from postroom.web.auth.caller import Caller

ImportStatus = Literal["in", "on", "ok", "ko"]
"""Waiting, being processed, applied, refused or given up."""

_HEADERS = {None: Header.UNKNOWN, True: Header.PRESENT, False: Header.ABSENT}

_STATUS: Mapping[drops.State, ImportStatus] = {
    "arriving": "in",
    "ready": "in",
    "claimed": "on",
    "applied": "ok",
    "refused": "ko",
    "parked": "ko",
}


@dataclass(frozen=True, slots=True)
class ImportState:
    """How the import stands that filled a list last.

    `lines` and `invalid` only ever rise while it runs. `errors` is the signed path of the refused rows or
    of why the whole file was refused; None when there is nothing to tell.
    """

    import_id: int
    status: ImportStatus
    lines: int
    invalid: int
    errors: str | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a whole file was refused: a stable code, what was found, and both in words."""

    code: str
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Import:
    """An import, whether it came by a call or by a folder.

    lines = created + updated + unchanged + duplicates + invalid once it is applied; of a refused file every
    row that was read is invalid. `expected` is about how many lines there are, None before anybody knows.
    """

    import_id: int
    name: str
    list_id: int | None
    status: ImportStatus
    lines: int
    created: int
    updated: int
    unchanged: int
    duplicates: int
    invalid: int
    warnings: int
    added_to_list: int
    failure: Failure | None
    notes: Sequence[str]
    errors: str | None
    deposited_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """Some refused rows of an import, the header of its file, and how many rows were refused in all."""

    header: Sequence[str]
    items: Sequence[RefusedRow]
    total: int


def start_import(
    room: Room,
    caller: Caller,
    upload: Upload,
    *,
    name: object = None,
    description: object = None,
    has_header: bool | None = None,
    with_list: bool = True,
) -> Import:
    """Take a file of contacts, and make the list that it fills; the contacts follow.

    The list is called like the file unless it has a `name`. Without `has_header` the first line says itself
    whether it is one. Raises Refused, and makes nothing, for a file that cannot be one of contacts.
    """
    caller.require("lists:write" if with_list else "contacts:write")
    check_upload(room, upload)
    new_list = None
    if with_list:
        called = _called_like(room, caller, upload) if name is None else name
        new_list = list_name(called), list_description(description)
    delivery = Delivery(
        caller.account_id,
        by_whom(caller),
        Action.IMPORT,
        upload.filename,
        Wishes(_HEADERS[has_header].value, (Mode.CREATE if with_list else Mode.CONTACTS).value),
        new_list,
    )
    drop = receive(room, delivery, upload.staged)
    return _import(room, drop, ImportRow(drop.drop_id, drop.name, drop.prefix, drop.state))


def read_import(room: Room, caller: Caller, import_id: int) -> Import:
    """Return an import of the caller's account; raise Missing when there is none of that id."""
    require_reader(caller)
    with room.database.reading() as connection:
        rows = imports.imports_among(connection, caller.account_id, _possible([import_id]))
        drop = drops.drop_by_id(connection, caller.account_id, import_id) if rows else None
    if drop is None:
        raise Missing(f"There is no import {import_id}.", code="NO_IMPORT")
    return _import(room, drop, rows[0])


def read_refused_rows(room: Room, caller: Caller, import_id: int, paging: Paging) -> RefusedPage:
    """Return refused rows of an import in the order of its file; `after` is a line of it.

    Raises Missing when there is no such import, or its report was kept for long enough.
    """
    found = read_import(room, caller, import_id)
    with room.database.reading() as connection:
        drop = drops.drop_by_id(connection, caller.account_id, import_id)
        standing = files.files_of_drop(connection, caller.account_id, import_id)
        settings = account_by_id(connection, caller.account_id).settings
    outcome = (drop.outcome if drop else None) or {}
    report = file_of(drop, standing, ERRORS[0]) if drop else None
    if report is None:
        _explain_no_rows(drop, outcome)
        return RefusedPage((), [], 0)
    form = outcome.get("report_form") or {"encoding": "cp1252", "separator": settings.separator}
    with room.blobs.open(report.blob_key) as content:
        page = refused_rows(
            content, ReportForm(**form), limit=paging.limit, offset=paging.offset, after=paging.after
        )
    return RefusedPage(page.header, page.rows, found.invalid)


def states_of(room: Room, caller: Caller, lists: Iterable[ContactList]) -> dict[int, ImportState]:
    """Return how the last imports of these lists stand, by list; there is none where no file filled it."""
    by_drop = {each.last_drop_id: each.list_id for each in lists if each.last_drop_id is not None}
    if not by_drop:
        return {}
    return {
        by_drop[row.drop_id]: _state(room, caller.account_id, row) for row in _rows(room, caller, by_drop)
    }


def errors_file(room: Room, account_id: int, import_id: int) -> File:
    """Return the report that the link of an import leads to; the caller has checked who asks.

    Raises Missing when there is no such import, nothing was wrong with it, or the report is gone.
    """
    with room.database.reading() as connection:
        drop = drops.drop_by_id(connection, account_id, import_id)
        standing = files.files_of_drop(connection, account_id, import_id) if drop else []
    report = file_of(drop, standing, *ERRORS) if drop and drop.action == Action.IMPORT else None
    if report is None:
        raise Missing("There is no such report, or it is not kept any more.", code="NO_REPORT")
    return report


def _called_like(room: Room, caller: Caller, upload: Upload) -> str:
    with room.database.reading() as connection:
        settings = account_by_id(connection, caller.account_id).settings
    return list_named_like(upload.filename, settings)


def require_reader(caller: Caller) -> None:
    """Raise Denied for who may neither read drops nor import: who may import sees what became of it."""
    if not any(caller.may(scope) for scope in ("drops:read", "lists:write", "contacts:write")):
        raise Denied("This client has not the scope drops:read.", code="INSUFFICIENT_SCOPE")


def _possible(ids: Iterable[int]) -> list[int]:
    return [each for each in ids if 0 < each < 2**63]


def _rows(room: Room, caller: Caller, drop_ids: Iterable[int]) -> list[ImportRow]:
    with room.database.reading() as connection:
        return imports.imports_among(connection, caller.account_id, _possible(drop_ids))


def _state(room: Room, account_id: int, row: ImportRow) -> ImportState:
    lines, invalid = _seen(row)
    errors = errors_path(room.sealer, account_id, row.drop_id) if _has_errors(row) else None
    return ImportState(row.drop_id, _STATUS[row.state], lines, invalid, errors)


def _seen(row: ImportRow) -> tuple[int, int]:
    """Return how many rows were read and how many of them are of no use."""
    outcome = row.outcome or {}
    if row.state == "applied":
        return outcome["counts"]["lines"], outcome["counts"]["refused"]
    if row.state == "refused":
        # Nothing of it was taken: every row that was read counts as one that was not.
        read = max(outcome["counts"]["lines"], outcome.get("read_lines", 0))
        return read, read
    return row.most_lines or 0, row.most_refused or 0


def _has_errors(row: ImportRow) -> bool:
    return any(kind_of(row.prefix, row.name, file_name) in ERRORS for file_name in row.file_names)


def _import(room: Room, drop: Drop, row: ImportRow) -> Import:
    state = _state(room, drop.account_id, row)
    outcome: dict[str, Any] = drop.outcome or {}
    counts = outcome.get("counts") or {}
    filled = outcome.get("list") or {}
    failure = outcome.get("failure")
    return Import(
        import_id=drop.drop_id,
        name=drop.name,
        list_id=drop.list_id or filled.get("id"),
        status=state.status,
        lines=state.lines,
        created=counts.get("created", 0),
        updated=counts.get("updated", 0),
        unchanged=counts.get("unchanged", 0),
        duplicates=counts.get("duplicates", 0),
        invalid=state.invalid,
        warnings=counts.get("warnings", 0),
        added_to_list=counts.get("added_to_list", 0),
        failure=Failure(failure["code"], failure["value"], failure["text"]) if failure else None,
        notes=outcome.get("notes") or (),
        errors=state.errors,
        deposited_at=drop.deposited_at,
        started_at=drop.claimed_at,
        ended_at=drop.settled_at,
        undone_at=drop.undone_at,
    )


def _explain_no_rows(drop: Drop | None, outcome: Mapping[str, Any]) -> None:
    """Raise Missing when rows were refused and are not here."""
    if drop is None or not (outcome.get("counts") or {}).get("refused"):
        return
    if drop.sent_drop_id is not None:
        raise Missing(
            "The file was for several accounts: whoever sent it has the refused rows.", code="NO_REPORT"
        )
    raise Missing(f"The report of import {drop.drop_id} is not kept any more.", code="NO_REPORT")
