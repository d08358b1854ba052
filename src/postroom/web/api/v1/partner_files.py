"""/v1/partner-files: files of people for printers, audiences of social networks, call centers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Security
from fastapi.responses import Response
from pydantic import Field

from postroom.contacts.channels import Channel
from postroom.web.api.files import file_answer
from postroom.web.api.operations import partner_files as operations
from postroom.web.api.v1.access import Call, call
from postroom.web.api.v1.answers import IfNoneMatch, resource_unless, shown
from postroom.web.api.v1.models import LARGEST_ID, Id, Optional, Read
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import NOT_MODIFIED, file_content, problems, tagged

router = APIRouter(prefix="/v1/partner-files", tags=["partner files"])

PartnerFileId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["partners:read"])]


class PartnerFile(Read):
    """A file of people, which a partner fetches."""

    id: int
    batch_id: str = Field(description="What events about its people call it.")
    campaign_id: int
    channel: Channel
    name: str
    login: str | None = Field(description="The only login that sees it; null when every one does.")
    size: int = Field(description="Bytes")
    people: int = Field(description="How many are in it.")
    left_out: int = Field(description="How many of the campaign's people are not.")
    ready_at: datetime
    downloads: int = Field(description="How often all of it was fetched.")
    downloaded_at: datetime | None = Field(description="The last time.")
    downloaded_by: str | None = Field(description="The login, or `client:` and the client's id.")
    removed_at: datetime | None = Field(description="When it was kept for long enough.")


class PartnerFiles(Read):
    """A page of files for partners."""

    items: list[PartnerFile]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int | None = Field(description="All that there are, when asked for.")


class PartnerFilesQuery(PageQuery):
    """Which files."""

    campaign_id: Optional[Id] = None


@router.get(
    "",
    operation_id="list_partner_files",
    summary="Read files for partners",
    responses=problems(),
    response_model=PartnerFiles,
)
def list_partner_files(reading: Reading, query: Annotated[PartnerFilesQuery, Query()]) -> Response:
    """Return the account's files for partners, newest first, page by page."""
    found = operations.read_partner_files(
        reading.room,
        reading.caller,
        query.paging(reading, descending_by="partner_file_id"),
        campaign_id=query.campaign_id,
    )
    items, following = query.cut(found, reading, lambda each: each.partner_file_id)
    return shown(
        PartnerFiles(items=[partner_file_of(each) for each in items], next=following, total=found.total)
    )


@router.get(
    "/{partner_file_id}",
    operation_id="get_partner_file",
    summary="Read what is known of a file for a partner",
    responses={**tagged(200, "The file"), **NOT_MODIFIED, **problems(404)},
    response_model=PartnerFile,
)
def get_partner_file(
    reading: Reading, partner_file_id: PartnerFileId, if_none_match: IfNoneMatch = None
) -> Response:
    """Return who and how many a file is of, and how often it was fetched."""
    found = operations.read_partner_file(reading.room, reading.caller, partner_file_id)
    return resource_unless(partner_file_of(found), if_none_match)


@router.get(
    "/{partner_file_id}/content",
    operation_id="fetch_partner_file",
    summary="Fetch a file for a partner",
    response_class=Response,
    responses={**file_content("The file"), **problems(404)},
)
def fetch_partner_file(reading: Reading, partner_file_id: PartnerFileId) -> Response:
    """Send the file. Once all of it has gone out it counts as fetched, for everybody in it."""
    opened = operations.open_partner_file(reading.room, reading.caller, partner_file_id)
    about = opened.about

    def note() -> None:
        operations.note_sent(reading.room, reading.caller, about)

    return file_answer(opened.content, about.name, about.size, about.sha256, when_sent=note)


def partner_file_of(found: operations.PartnerFile) -> PartnerFile:
    """Return a file as it is told."""
    facts = {name: getattr(found, name) for name in found.__slots__}
    told = facts | {"id": found.partner_file_id, "batch_id": str(found.batch_id)}
    return PartnerFile(**{name: told[name] for name in PartnerFile.model_fields})
