"""/v1/flows: OUT flows, how they are active, and the runs that are their files."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Security
from fastapi.responses import Response

from postroom.contacts.errors import Refused
from postroom.drops.room import Room
from postroom.store.flows import RunState
from postroom.web.api.files import file_answer
from postroom.web.api.operations import flows as operations
from postroom.web.api.v1.access import Call, call, json_body
from postroom.web.api.v1.answers import IfNoneMatch, resource, resource_unless, shown
from postroom.web.api.v1.flow_models import (
    Flow,
    Flows,
    NewFlowOptions,
    NewRun,
    Regenerating,
    ResendQuery,
    Run,
    Runs,
    flow_of,
    run_of,
)
from postroom.web.api.v1.models import LARGEST_ID, Optional
from postroom.web.api.v1.paging import PageQuery
from postroom.web.api.v1.problems import BODY, LOCATION, NOT_MODIFIED, file_content, problems, tagged
from postroom.web.api.v1.writing import Writing, write

router = APIRouter(prefix="/v1/flows", tags=["flows"])

FlowName = Annotated[str, Path(min_length=1, max_length=80)]
RunId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Reading = Annotated[Call, Security(call, scopes=["flows:read"])]
Writes = Annotated[Writing, Security(write, scopes=["flows:write"])]

_RUN_AS_IT_IS: Final = {**tagged(200, "The run as it is now"), **problems(404, 409)}


@router.get(
    "", operation_id="list_flows", summary="Read all flows", responses=problems(), response_model=Flows
)
def list_flows(reading: Reading) -> Response:
    """Return every flow that there is with its columns, and how the account has it."""
    return shown(Flows(items=[flow_of(each) for each in operations.read_flows(reading.room, reading.caller)]))


@router.get(
    "/{flow}",
    operation_id="get_flow",
    summary="Read a flow",
    responses={**tagged(200, "The flow"), **NOT_MODIFIED, **problems(404)},
    response_model=Flow,
)
def get_flow(reading: Reading, flow: FlowName, if_none_match: IfNoneMatch = None) -> Response:
    """Return a flow with its columns."""
    return resource_unless(flow_of(operations.read_flow(reading.room, reading.caller, flow)), if_none_match)


@router.put(
    "/{flow}",
    operation_id="activate_flow",
    summary="Activate a flow, or change how it is active",
    dependencies=[Depends(json_body)],
    responses={**tagged(200, "The flow as it is now"), **problems(*BODY, 404, 409)},
    response_model=Flow,
)
def activate_flow(writes: Writes, flow: FlowName, new: NewFlowOptions) -> Response:
    """Have a file made each day. What is left out is as by default; its window goes on where it ended."""

    def act(room: Room) -> Response:
        made = operations.activate(room, writes.caller, flow, new.options(), location=new.location)
        return resource(flow_of(made))

    return writes.answer(act, asked=new)


@router.post(
    "/{flow}/deactivate",
    operation_id="deactivate_flow",
    summary="Deactivate a flow",
    responses={**tagged(200, "The flow as it is now"), **problems(404, 409)},
    response_model=Flow,
)
def deactivate_flow(writes: Writes, flow: FlowName) -> Response:
    """Have no more files made; when it is activated again, it goes on where it ended."""

    def act(room: Room) -> Response:
        return resource(flow_of(operations.deactivate(room, writes.caller, flow)))

    return writes.answer(act)


class RunsQuery(PageQuery):
    """Which runs."""

    state: Optional[RunState] = None


@router.get(
    "/{flow}/runs",
    operation_id="list_runs",
    summary="Read the runs of a flow",
    responses=problems(404),
    response_model=Runs,
)
def list_runs(reading: Reading, flow: FlowName, query: Annotated[RunsQuery, Query()]) -> Response:
    """Return the runs of a flow, or those in one state, the newest first, page by page."""
    paging = query.paging(reading, descending_by="run_id")
    found = operations.read_runs(reading.room, reading.caller, flow, paging, state=query.state)
    items, following = query.cut(found, reading, lambda each: each.run_id)
    return shown(Runs(items=[run_of(each) for each in items], next=following, total=found.total))


@router.post(
    "/{flow}/runs",
    operation_id="run_flow",
    summary="Have a file made now",
    status_code=202,
    dependencies=[Depends(json_body)],
    responses={**tagged(202, "The run, planned", Location=LOCATION), **problems(*BODY, 404, 409)},
    response_model=Run,
)
def run_flow(writes: Writes, flow: FlowName, new: NewRun) -> Response:
    """Plan the file of today, one beside it (`extra`), or one of older rows (`since`, `until`, `by`)."""
    if (new.since is None) != (new.until is None):
        raise Refused("Older rows are those between two moments: since and until.", code="BAD_PERIOD")

    def act(room: Room) -> Response:
        if new.since is not None and new.until is not None:
            made = operations.backfill(room, writes.caller, flow, new.since, new.until, by=new.by)
        else:
            made = operations.run_now(room, writes.caller, flow, extra=new.extra)
        return resource(run_of(made), 202, {"Location": f"/v1/flows/{made.flow}/runs/{made.run_id}"})

    return writes.answer(act, asked=new)


@router.get(
    "/{flow}/runs/{run_id}",
    operation_id="get_run",
    summary="Read a run",
    responses={**tagged(200, "The run"), **NOT_MODIFIED, **problems(404)},
    response_model=Run,
)
def get_run(reading: Reading, flow: FlowName, run_id: RunId, if_none_match: IfNoneMatch = None) -> Response:
    """Return how a run stands."""
    found = operations.read_run(reading.room, reading.caller, flow, run_id)
    return resource_unless(run_of(found), if_none_match)


@router.get(
    "/{flow}/runs/{run_id}/file",
    operation_id="fetch_run",
    summary="Fetch the file of a run",
    response_class=Response,
    responses={**file_content("The file"), **problems(404, 409)},
)
def fetch_run(reading: Reading, flow: FlowName, run_id: RunId) -> Response:
    """Send the file, as long as it is kept here."""
    opened = operations.open_file(reading.room, reading.caller, flow, run_id)
    run = opened.run
    return file_answer(opened.content, run.file_name, run.size or 0, run.sha256 or "")


@router.post(
    "/{flow}/runs/{run_id}/resend",
    operation_id="resend_run",
    summary="Send a file again",
    responses=_RUN_AS_IT_IS,
    response_model=Run,
)
def resend_run(
    writes: Writes, flow: FlowName, run_id: RunId, query: Annotated[ResendQuery, Query()]
) -> Response:
    """Have the same bytes brought to a location again, under the same name: as a rule to the flow's."""

    def act(room: Room) -> Response:
        sent = operations.resend(room, writes.caller, flow, run_id, location=query.location)
        return resource(run_of(sent))

    return writes.answer(act)


@router.post(
    "/{flow}/runs/{run_id}/regenerate",
    operation_id="regenerate_run",
    summary="Make a file anew",
    dependencies=[Depends(json_body)],
    responses={**tagged(200, "The run, planned"), **problems(*BODY, 404, 409)},
    response_model=Run,
)
def regenerate_run(writes: Writes, flow: FlowName, run_id: RunId, how: Regenerating) -> Response:
    """Have the file of the same window made anew, as its next revision; `suffix` gives it another name."""

    def act(room: Room) -> Response:
        made = operations.regenerate(room, writes.caller, flow, run_id, suffix=how.suffix)
        return resource(run_of(made))

    return writes.answer(act, asked=how)
