"""/v1/imports: files of contacts, and what became of them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Security
from fastapi.requests import Request
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from postroom.contacts.fields import MAX_VALUE_CHARACTERS
from postroom.contacts.lists import MAX_NAME_CHARACTERS
from postroom.drops.room import Room
from postroom.web.api.files import file_answer
from postroom.web.api.links import absolute
from postroom.web.api.operations import imports as operations
from postroom.web.api.operations.pages import Page
from postroom.web.api.uploads import Upload
from postroom.web.api.v1.access import Call, call
from postroom.web.api.v1.answers import IfNoneMatch, resource, resource_unless, shown
from postroom.web.api.v1.forms import FormFields, answer_form, described_form
from postroom.web.api.v1.models import LARGEST_ID, Failure, Optional, Read
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, LOCATION, NOT_MODIFIED, file_content, problems, tagged
from postroom.web.api.v1.writing import Writing, write

router = APIRouter(prefix="/v1/imports", tags=["imports"])

ImportId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call)]
Starting = Annotated[Writing, Security(write, scopes=["lists:write"])]

_WHO = " For clients with `drops:read`, `lists:write` or `contacts:write`."


class Import(Read):
    """An import, whether it came by a call or into a folder. Counts only ever rise."""

    id: int
    filename: str
    list_id: int | None = Field(description="The list that it fills.")
    status: Literal["in", "on", "ok", "ko"] = Field(
        description="Waiting, under way, done, refused: as the folders call it."
    )
    lines: int = Field(
        description="Rows that were read; once done, created + updated + unchanged + duplicates + invalid."
    )
    created: int
    updated: int
    unchanged: int
    duplicates: int
    invalid: int
    warnings: int
    added_to_list: int
    failure: Failure | None
    notes: list[str]
    errors_url: str | None = Field(description="The refused rows as CSV: a link that needs no token.")
    deposited_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    undone_at: datetime | None


class RefusedRow(Read):
    """A row that was refused."""

    line: int
    code: str = Field(description="Stable; the senders' guide has them all.", examples=["INVALID_EMAIL"])
    reason: str
    cells: list[str] = Field(description="As they were sent.")


class RefusedRows(Read):
    """A page of refused rows, in the order of the file."""

    header: list[str]
    items: list[RefusedRow]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int


class ImportForm(FormFields):
    """What an import may be given beside its file."""

    name: Optional[Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARACTERS)]] = Field(
        default=None, description="What the list is called; else like the file."
    )
    description: Optional[Annotated[str, StringConstraints(max_length=MAX_VALUE_CHARACTERS)]] = None
    has_header: Optional[Literal["true", "false"]] = Field(
        default=None, description="Whether the first line names the columns; else it says so itself."
    )


@router.post(
    "",
    operation_id="start_import",
    summary="Import a file into a new list",
    status_code=202,
    responses={**tagged(202, "It waits for its turn", Location=LOCATION), **problems(*BODY, 409)},
    response_model=Import,
    openapi_extra=described_form(ImportForm),
)
async def start_import(starting: Starting) -> Response:
    """Take a file of contacts (CSV, a workbook, or either in a ZIP) and make its list; the contacts follow.

    The list is there at once. `GET` what `Location` names to see how far it is.
    """

    def act(room: Room, upload: Upload, fields: ImportForm) -> Response:
        started = operations.start_import(
            room,
            starting.caller,
            upload,
            name=fields.name,
            description=fields.description,
            has_header=None if fields.has_header is None else fields.has_header == "true",
        )
        where = {"Location": f"/v1/imports/{started.import_id}"}
        return resource(_import(starting.call.request, started), 202, where)

    return await answer_form(starting, ImportForm, act)


@router.get(
    "/{import_id}",
    operation_id="get_import",
    summary="See how an import stands",
    description="Return how far an import is, and what came of it." + _WHO,
    responses={**tagged(200, "The import"), **NOT_MODIFIED, **problems(404)},
    response_model=Import,
)
def get_import(reading: Reading, import_id: ImportId, if_none_match: IfNoneMatch = None) -> Response:
    """Return how far an import is, and what came of it."""
    found = operations.read_import(reading.room, reading.caller, import_id)
    return resource_unless(_import(reading.request, found), if_none_match)


@router.get(
    "/{import_id}/refused",
    operation_id="list_refused_rows",
    summary="Read the refused rows of an import",
    description="Return the rows that were refused and why, page by page." + _WHO,
    responses=problems(404),
    response_model=RefusedRows,
)
def list_refused_rows(
    reading: Reading, import_id: ImportId, query: Annotated[PageQuery, Query()]
) -> Response:
    """Return the rows that were refused and why, page by page."""
    found = operations.read_refused_rows(reading.room, reading.caller, import_id, query.paging(reading))
    rows, following = query.cut(Page(list(found.items), None), reading, lambda each: each.line)
    items = [RefusedRow(**{**asdict(each), "cells": list(each.cells)}) for each in rows]
    return shown(RefusedRows(header=list(found.header), items=items, next=following, total=found.total))


@router.get(
    "/{import_id}/report",
    operation_id="get_import_report",
    summary="Download the refused rows of an import",
    description="Send the refused rows as a CSV file that can be corrected and sent again; or, when the "
    "whole file was refused, why." + _WHO,
    response_class=Response,
    responses={**file_content("The report"), **problems(404)},
)
def get_import_report(reading: Reading, import_id: ImportId) -> Response:
    """Send the refused rows as a file, or why the whole file was refused."""
    operations.require_reader(reading.caller)
    report = operations.errors_file(reading.room, reading.caller.account_id, import_id)
    content = reading.room.blobs.open(report.blob_key)
    return file_answer(content, report.name, report.size, report.sha256)


def _import(request: Request, found: operations.Import) -> Import:
    return Import(
        id=found.import_id,
        filename=found.name,
        list_id=found.list_id,
        status=found.status,
        lines=found.lines,
        created=found.created,
        updated=found.updated,
        unchanged=found.unchanged,
        duplicates=found.duplicates,
        invalid=found.invalid,
        warnings=found.warnings,
        added_to_list=found.added_to_list,
        failure=Failure(**asdict(found.failure)) if found.failure else None,
        notes=list(found.notes),
        errors_url=absolute(request, found.errors) if found.errors else None,
        deposited_at=found.deposited_at,
        started_at=found.started_at,
        ended_at=found.ended_at,
        undone_at=found.undone_at,
    )
