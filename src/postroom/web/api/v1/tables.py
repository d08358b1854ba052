"""/v1/tables: relational tables as they are defined."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.responses import Response

from postroom.contacts import tables
from postroom.contacts.tables import TableKind, TableState
from postroom.drops.room import Room
from postroom.web.api.operations import tables as operations
from postroom.web.api.v1.access import Call, call, json_body
from postroom.web.api.v1.answers import IfNoneMatch, nothing, resource, resource_unless, shown, tag
from postroom.web.api.v1.models import LARGEST_ID, Count
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, CHANGE, LOCATION, NOT_MODIFIED, problems, tagged
from postroom.web.api.v1.table_models import (
    FieldChanges,
    Name,
    NewFields,
    NewForeignKey,
    NewTable,
    Table,
    TableChanges,
    Tables,
    field_of,
    key_of,
    table_of,
)
from postroom.web.api.v1.writing import Writing, change, write

router = APIRouter(prefix="/v1/tables", tags=["tables"])

TableId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
FieldName = Annotated[Name, Path()]
Reading = Annotated[Call, Security(call, scopes=["tables:read"])]
Adding = Annotated[Writing, Security(write, scopes=["tables:write"])]
Changing = Annotated[Writing, Security(change, scopes=["tables:write"])]

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AS_IT_IS: Final = {**tagged(200, "The table as it is now"), **problems(*BODY, 404, 409)}


@router.get(
    "", operation_id="list_tables", summary="Read tables", responses=problems(), response_model=Tables
)
def list_tables(reading: Reading, query: Annotated[PageQuery, Query()]) -> Response:
    """Return the account's relational tables by id, page by page."""
    found = operations.read_tables(reading.room, reading.caller, query.paging(reading))
    items, following = query.cut(found, reading, lambda each: each.table_id)
    return shown(Tables(items=[table_of(each) for each in items], next=following, total=found.total))


@router.post(
    "",
    operation_id="create_table",
    summary="Make a table",
    status_code=201,
    dependencies=[Depends(json_body)],
    responses={**tagged(201, "The table", Location=LOCATION), **problems(*BODY, 404, 409)},
    response_model=Table,
)
def create_table(adding: Adding, new: NewTable) -> Response:
    """Make a table, with as much of its fields and foreign keys as is given. Rows come into `active` ones."""
    wanted = tables.Table(
        table_id=0,
        name=new.name,
        kind=TableKind(new.kind),
        description=new.description,
        state=TableState.PENDING,
        may_clear=new.may_clear,
        fields=tuple(field_of(each) for each in new.fields),
        foreign_keys=(),
        created_at=_NEVER,
        updated_at=_NEVER,
    )

    def act(room: Room) -> Response:
        keys = [key_of(each) for each in new.foreign_keys]
        made = operations.create_table(room, adding.caller, wanted, keys, active=new.active)
        return resource(table_of(made), 201, {"Location": f"/v1/tables/{made.table_id}"})

    return adding.answer(act, asked=new)


@router.get(
    "/{table_id}",
    operation_id="get_table",
    summary="Read a table",
    responses={**tagged(200, "The table"), **NOT_MODIFIED, **problems(404)},
    response_model=Table,
)
def get_table(reading: Reading, table_id: TableId, if_none_match: IfNoneMatch = None) -> Response:
    """Return a table with its fields and foreign keys."""
    return resource_unless(
        table_of(operations.read_table(reading.room, reading.caller, table_id)), if_none_match
    )


@router.patch(
    "/{table_id}",
    operation_id="update_table",
    summary="Change a table",
    dependencies=[Depends(json_body)],
    responses={**tagged(200, "The table as it is now"), **problems(*BODY, *CHANGE)},
    response_model=Table,
)
def update_table(changing: Changing, table_id: TableId, changes: TableChanges) -> Response:
    """Open a table to rows or close it (`active`), change what is said of it; what is absent stays."""
    given = changes.model_dump(exclude_unset=True)

    def act(room: Room) -> Response:
        return resource(table_of(operations.update_table(room, changing.caller, table_id, **given)))

    return changing.answer(act, asked=changes, current=_current(changing, table_id))


@router.delete(
    "/{table_id}",
    operation_id="delete_table",
    summary="Delete a table",
    status_code=204,
    responses={204: {"description": "It is gone"}, **problems(*CHANGE)},
)
def delete_table(changing: Changing, table_id: TableId) -> Response:
    """Delete a table with its rows and those that belong to them; tables that pointed to it are pending."""

    def act(room: Room) -> Response:
        operations.delete_table(room, changing.caller, table_id)
        return nothing()

    return changing.answer(act, current=_current(changing, table_id))


@router.post(
    "/{table_id}/fields",
    operation_id="add_fields",
    summary="Add fields to a table",
    dependencies=[Depends(json_body)],
    responses=_AS_IT_IS,
    response_model=Table,
)
def add_fields(adding: Adding, table_id: TableId, new: NewFields) -> Response:
    """Add fields, all or none."""

    def act(room: Room) -> Response:
        fields = [field_of(each) for each in new.fields]
        return resource(table_of(operations.add_fields(room, adding.caller, table_id, fields)))

    return adding.answer(act, asked=new)


@router.patch(
    "/{table_id}/fields/{name}",
    operation_id="switch_field",
    summary="Switch a field of a table on or off",
    dependencies=[Depends(json_body)],
    responses=_AS_IT_IS,
    response_model=Table,
)
def switch_field(adding: Adding, table_id: TableId, name: FieldName, changes: FieldChanges) -> Response:
    """Let files and calls fill a field, or keep them from it; what it holds stays."""

    def act(room: Room) -> Response:
        changed = operations.switch_field(room, adding.caller, table_id, name, active=changes.active)
        return resource(table_of(changed))

    return adding.answer(act, asked=changes)


@router.post(
    "/{table_id}/foreign-keys",
    operation_id="add_foreign_key",
    summary="Add a foreign key to a table",
    dependencies=[Depends(json_body)],
    responses=_AS_IT_IS,
    response_model=Table,
)
def add_foreign_key(adding: Adding, table_id: TableId, new: NewForeignKey) -> Response:
    """Let rows belong to contacts (without `table_id`) or to rows of a table, or name rows of a flat one."""

    def act(room: Room) -> Response:
        changed = operations.add_foreign_key(room, adding.caller, table_id, key_of(new))
        return resource(table_of(changed))

    return adding.answer(act, asked=new)


@router.post(
    "/{table_id}/clear",
    operation_id="clear_table",
    summary="Delete all rows of a table",
    responses=problems(404, 409),
    response_model=Count,
)
def clear_table(adding: Adding, table_id: TableId) -> Response:
    """Delete all rows of a table and those that belong to them; the count is of all that went."""

    def act(room: Room) -> Response:
        return shown(Count(count=operations.clear_table(room, adding.caller, table_id)))

    return adding.answer(act)


def _current(changing: Writing, table_id: int) -> Callable[[Room], str]:
    return lambda room: tag(table_of(operations.read_table(room, changing.caller, table_id)))
