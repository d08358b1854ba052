"""/v1/tables/{table_id}/rows: the rows of relational tables."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from postroom.contacts.tables import MAX_UNIQUE_CHARACTERS
from postroom.drops.room import Room
from postroom.web.api.operations import tables as operations
from postroom.web.api.operations.tables import RowsWanted
from postroom.web.api.v1 import cursors
from postroom.web.api.v1.access import json_body
from postroom.web.api.v1.answers import shown
from postroom.web.api.v1.models import Count, Id, Optional
from postroom.web.api.v1.paging import MOST
from postroom.web.api.v1.problems import BODY, problems
from postroom.web.api.v1.table_models import (
    NewRows,
    RowKeys,
    Saved,
    TableRows,
    row_of,
    written_of,
)
from postroom.web.api.v1.tables import Adding, Reading, TableId

router = APIRouter(prefix="/v1/tables/{table_id}/rows", tags=["tables"])

_LONGEST_CURSOR: Final = 1500
"""Characters: it has a key of 255 characters in it."""


class RowsQuery(BaseModel):
    """Which rows: those for which all of this is so."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=MOST, description="Items of a page, at most.")
    cursor: Optional[str] = Field(
        default=None,
        max_length=_LONGEST_CURSOR,
        description="`next` of the page before; absent for the first page.",
    )
    total: bool = Field(default=False, description="Count all items, too.")
    contact_id: Optional[Id] = Field(default=None, description="Those that belong to this contact.")
    key: Optional[str] = Field(
        default=None, max_length=MAX_UNIQUE_CHARACTERS, description="The row with this unique value."
    )


@router.get(
    "",
    operation_id="list_rows",
    summary="Read rows of a table",
    responses=problems(404),
    response_model=TableRows,
)
def list_rows(reading: Reading, table_id: TableId, query: Annotated[RowsQuery, Query()]) -> Response:
    """Return rows by key, page by page: all of the table, or those of a contact or of a key."""
    listing = reading.listing()
    table, found = operations.read_rows(
        reading.room,
        reading.caller,
        table_id,
        RowsWanted(query.contact_id, query.key),
        after=None if query.cursor is None else cursors.key_of(query.cursor, listing),
        limit=query.limit + 1,
        with_total=query.total,
    )
    items = found.items[: query.limit]
    more = len(found.items) > query.limit
    following = cursors.cursor_after_key(items[-1].row_key, listing) if more else None
    return shown(TableRows(items=[row_of(table, each) for each in items], next=following, total=found.total))


@router.post(
    "",
    operation_id="save_rows",
    summary="Save rows of a table",
    dependencies=[Depends(json_body)],
    responses=problems(*BODY, 404, 409),
    response_model=Saved,
)
def save_rows(adding: Adding, table_id: TableId, new: NewRows) -> Response:
    """Save rows by the rules of files: a known unique value updates its row. One that is wrong refuses all.

    Values that are absent or empty stay, null erases. Rows that belong to contacts need their `contact`.
    """

    def act(room: Room) -> Response:
        rows = [written_of(each) for each in new.rows]
        saved = operations.save_rows(room, adding.caller, table_id, rows)
        return shown(Saved(inserted=saved.inserted, updated=saved.updated))

    return adding.answer(act, asked=new)


@router.delete(
    "",
    operation_id="delete_rows",
    summary="Delete rows of a table",
    dependencies=[Depends(json_body)],
    responses=problems(*BODY, 404, 409),
    response_model=Count,
)
def delete_rows(removing: Adding, table_id: TableId, removed: RowKeys) -> Response:
    """Delete rows by their unique values; the count has the rows that belonged to them, too.

    Keys that no row has are passed over.
    """

    def act(room: Room) -> Response:
        count = operations.delete_rows(room, removing.caller, table_id, removed.keys)
        return shown(Count(count=count))

    return removing.answer(act, asked=removed)
