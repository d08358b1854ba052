"""/v1/drops: what the folders can do: files left for any action, what became of them, second chances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Security
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from postroom.contacts.batches import Action, Mode
from postroom.drops.room import Room
from postroom.store.drops import State
from postroom.web.api.files import file_answer
from postroom.web.api.operations import drops as operations
from postroom.web.api.operations.drops import DropRecord
from postroom.web.api.uploads import Upload
from postroom.web.api.v1.access import Call, call
from postroom.web.api.v1.answers import IfNoneMatch, resource, resource_unless, shown
from postroom.web.api.v1.forms import FormFields, answer_form, described_form
from postroom.web.api.v1.models import LARGEST_ID, Failure, Optional, Read
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, LOCATION, NOT_MODIFIED, file_content, problems, tagged
from postroom.web.api.v1.writing import Writing, write
from postroom.web.auth.caller import Caller

router = APIRouter(prefix="/v1/drops", tags=["drops"])

DropId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["drops:read"])]
Writes = Annotated[Writing, Security(write, scopes=["drops:write"])]


class Drop(Read):
    """A file that was left, by a call or in a folder, and what became of it."""

    id: int
    action: Action | Literal["batch"]
    filename: str
    state: State
    size: int = Field(description="Bytes")
    sha256: str
    sent_by: str = Field(description="The login, or `client:` and the client's id.")
    deposited_at: datetime
    claimed_at: datetime | None
    settled_at: datetime | None
    attempts: int
    list_id: int | None
    mode: Mode | None
    counts: dict[str, int] | None = Field(description="How its rows ended; null before that.")
    failure: Failure | None
    notes: list[str]
    released_at: datetime | None
    released_by: str | None
    undone_at: datetime | None
    undone_by: str | None
    files_removed_at: datetime | None


class Drops(Read):
    """A page of drops."""

    items: list[Drop]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class DropFile(Read):
    """What was sent, or a report about it."""

    kind: str = Field(description="`file`, `errors`, `warnings`, `summary`, `refusal` or `undo`.")
    name: str
    size: int = Field(description="Bytes")
    sha256: str
    made_at: datetime


class DropFiles(Read):
    """The files of a drop, as far as they are kept."""

    items: list[DropFile]


class Undone(Read):
    """What came of taking an import back."""

    contacts_removed: int
    contacts_restored: int
    removed_from_list: int
    restored_to_list: int
    list_removed: bool
    kept: dict[str, int] = Field(description="What was touched since and stays, by reason.")
    report: str | None = Field(description="The name of the file that lists these.")


class DropsQuery(PageQuery):
    """Which drops."""

    state: Optional[State] = None
    action: Optional[Action | Literal["batch"]] = None
    filename: Optional[Annotated[str, StringConstraints(max_length=255)]] = None
    newest_first: bool = False


class DropForm(FormFields):
    """What a drop is given beside its file."""

    action: Action = Field(description="As the folders are called.")
    mode: Optional[Mode] = Field(default=None, description="Of an import, instead of the markers.")


@router.get("", operation_id="list_drops", summary="Read drops", responses=problems(), response_model=Drops)
def list_drops(reading: Reading, query: Annotated[DropsQuery, Query()]) -> Response:
    """Return the account's drops by id, page by page."""
    found = operations.read_drops(
        reading.room,
        reading.caller,
        state=query.state,
        action=query.action,
        name=query.filename,
        paging=query.paging(reading, descending_by="drop_id" if query.newest_first else None),
    )
    items, following = query.cut(found, reading, lambda each: each.drop_id)
    return shown(Drops(items=[_drop(each) for each in items], next=following, total=found.total))


@router.post(
    "",
    operation_id="upload_drop",
    summary="Leave a file for an action",
    status_code=202,
    responses={**tagged(202, "It waits for its turn", Location=LOCATION), **problems(*BODY, 409)},
    response_model=Drop,
    openapi_extra=described_form(DropForm),
)
async def upload_drop(uploading: Writes) -> Response:
    """Leave a file, as in the folder of its action; it has its turn by the time it came."""

    def act(room: Room, upload: Upload, fields: DropForm) -> Response:
        left = operations.upload_drop(room, uploading.caller, upload, action=fields.action, mode=fields.mode)
        return resource(_drop(left), 202, {"Location": f"/v1/drops/{left.drop_id}"})

    return await answer_form(uploading, DropForm, act)


@router.get(
    "/{drop_id}",
    operation_id="get_drop",
    summary="Read a drop",
    responses={**tagged(200, "The drop"), **NOT_MODIFIED, **problems(404)},
    response_model=Drop,
)
def get_drop(reading: Reading, drop_id: DropId, if_none_match: IfNoneMatch = None) -> Response:
    """Return a drop and what became of it."""
    found = operations.read_drop(reading.room, reading.caller, drop_id)
    return resource_unless(_drop(found), if_none_match)


@router.get(
    "/{drop_id}/files",
    operation_id="list_drop_files",
    summary="See which files of a drop are kept",
    responses=problems(404),
    response_model=DropFiles,
)
def list_drop_files(reading: Reading, drop_id: DropId) -> Response:
    """Return what was sent and the reports about it, as far as they are kept."""
    found = operations.read_files(reading.room, reading.caller, drop_id)
    return shown(DropFiles(items=[DropFile(**asdict(each)) for each in found]))


@router.get(
    "/{drop_id}/files/{kind}",
    operation_id="get_drop_file",
    summary="Download a file of a drop",
    response_class=Response,
    responses={**file_content("The file"), **problems(404)},
)
def get_drop_file(
    reading: Reading,
    drop_id: DropId,
    kind: Annotated[str, Path(max_length=300, description="A kind, or the name of a file.")],
) -> Response:
    """Send what was sent, or a report about it."""
    opened = operations.open_file(reading.room, reading.caller, drop_id, kind)
    return file_answer(opened.content, opened.about.name, opened.about.size, opened.about.sha256)


@router.post(
    "/{drop_id}/retry",
    operation_id="retry_drop",
    summary="Try a parked drop again",
    responses=problems(404, 409),
    response_model=Drop,
)
def retry_drop(writing: Writes, drop_id: DropId) -> Response:
    """Put a drop back in line that broke off three times and was parked."""
    return _again(writing, drop_id, operations.retry_drop)


@router.post(
    "/{drop_id}/release",
    operation_id="release_drop",
    summary="Let a drop past the guard",
    responses=problems(404, 409),
    response_model=Drop,
)
def release_drop(writing: Writes, drop_id: DropId) -> Response:
    """Apply a drop all the same that the guard against mass change has refused."""
    return _again(writing, drop_id, operations.release_drop)


@router.post(
    "/{drop_id}/undo",
    operation_id="undo_drop",
    summary="Take an import back",
    responses=problems(404, 409),
    response_model=Undone,
)
def undo_drop(writing: Writes, drop_id: DropId, *, dry_run: bool = False) -> Response:
    """Take an import back, or with `dry_run` tell what that would come to and change nothing."""

    def act(room: Room) -> Response:
        done = operations.undo_drop(room, writing.caller, drop_id, dry_run=dry_run)
        return shown(Undone.model_validate(dict(done)))

    # A dry run is rolled back, so it can be no part of another transaction; nor does it need a key.
    return act(writing.call.room) if dry_run else writing.answer(act)


def _again(writing: Writing, drop_id: int, operation: Callable[[Room, Caller, int], DropRecord]) -> Response:
    return writing.answer(lambda room: shown(_drop(operation(room, writing.caller, drop_id))))


def _drop(found: DropRecord) -> Drop:
    facts = asdict(found) | {"id": found.drop_id, "filename": found.name, "notes": list(found.notes)}
    return Drop(**{name: facts[name] for name in Drop.model_fields})
