"""What the API does with OUT flows: which there are, how they are active, their runs and files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from postroom.contacts.errors import Conflict
from postroom.drops.room import Room
from postroom.outflow import activating, running
from postroom.outflow.catalogue import flow_named
from postroom.outflow.depot import Depot
from postroom.outflow.flow import Flow
from postroom.outflow.options import Options
from postroom.outflow.planning import next_file
from postroom.outflow.running import By
from postroom.store import flows
from postroom.store.accounts import Account, account_by_id
from postroom.store.database import Connection
from postroom.store.flows import Activation, Run, RunState
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.auth.caller import Caller

__all__ = ["By", "Options", "Run"]

_READ, _WRITE = "flows:read", "flows:write"


@dataclass(frozen=True, slots=True)
class KnownFlow:
    """A flow, and how the account has or had it."""

    flow: Flow
    activation: Activation | None
    next_at: datetime | None
    """When its next file is due, where it is active."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """The file of a run, open for reading; who takes it closes it."""

    run: Run
    content: BinaryIO


def read_flows(room: Room, caller: Caller) -> list[KnownFlow]:
    """Return all flows, those of the account's surveys among them."""
    caller.require(_READ)
    with room.database.reading() as connection:
        account = account_by_id(connection, caller.account_id)
        known = activating.flows_of(connection, caller.account_id)
        return [_known(room, connection, account, *each) for each in known.items()]


def read_flow(room: Room, caller: Caller, flow_id: str) -> KnownFlow:
    """Return a flow; raise Missing when there is none of that name."""
    caller.require(_READ)
    flow_named(flow_id)
    with room.database.reading() as connection:
        account = account_by_id(connection, caller.account_id)
        activation = _activations(connection, caller).get(flow_id)
        return _known(room, connection, account, flow_id, activation)


def activate(
    room: Room, caller: Caller, flow_id: str, options: Options, *, location: str | None
) -> KnownFlow:
    """Activate a flow, or change how it is active; its window goes on where it ended.

    Raises Missing for another flow or location, Refused for what cannot be.
    """
    caller.require(_WRITE)
    activating.activate(depot_of(room), caller.account_id, flow_id, options, location=location)
    return read_flow(room, caller, flow_id)


def deactivate(room: Room, caller: Caller, flow_id: str) -> KnownFlow:
    """Make no more files of a flow; raise Missing when it is not active."""
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        flows.deactivate(connection, caller.account_id, flow_id)
    return read_flow(room, caller, flow_id)


def read_runs(
    room: Room, caller: Caller, flow_id: str, paging: Paging, *, state: RunState | None = None
) -> Page[Run]:
    """Return the runs of a flow, or those in one state, the newest first.

    Raises Missing when there is no such flow.
    """
    caller.require(_READ)
    flow_named(flow_id)
    with room.database.reading() as connection:
        found = flows.runs_of_account(
            connection,
            caller.account_id,
            flow=flow_id,
            state=state,
            before=paging.after,
            limit=paging.limit,
        )
        total = None
        if paging.with_total:
            total = flows.count_runs(connection, caller.account_id, flow=flow_id, state=state)
    return Page(found, total)


def read_run(room: Room, caller: Caller, flow_id: str, run_id: int) -> Run:
    """Return a run; raise Missing when the flow has none of that number."""
    caller.require(_READ)
    with room.database.reading() as connection:
        return flows.run_by_id(connection, caller.account_id, run_id, flow=flow_id)


def open_file(room: Room, caller: Caller, flow_id: str, run_id: int) -> OpenFile:
    """Open the file of a run; raise Conflict when it is not made yet, or not kept any more."""
    run = read_run(room, caller, flow_id, run_id)
    if run.blob_key is None:
        raise Conflict(f"Run {run_id} is {run.state.value}, and has no file here.", code="NO_FILE")
    return OpenFile(run, room.blobs.open(run.blob_key))


def run_now(room: Room, caller: Caller, flow_id: str, *, extra: bool) -> Run:
    """Have the file of today made now, or one beside it; raise Conflict when there is that of today."""
    caller.require(_WRITE)
    run_id = running.run_now(depot_of(room), caller.account_id, flow_id, extra=extra)
    return read_run(room, caller, flow_id, run_id)


def backfill(room: Room, caller: Caller, flow_id: str, first: datetime, last: datetime, *, by: By) -> Run:
    """Have a file made of older rows; raise Refused when there is no time between both moments."""
    caller.require(_WRITE)
    run_id = running.backfill(depot_of(room), caller.account_id, flow_id, first, last, by=by)
    return read_run(room, caller, flow_id, run_id)


def resend(room: Room, caller: Caller, flow_id: str, run_id: int, *, location: str | None) -> Run:
    """Have the same bytes brought to a location again; raise as `running.resend` does."""
    caller.require(_WRITE)
    read_run(room, caller, flow_id, run_id)
    fetch_by = f"GET /v1/flows/{flow_id}/runs/{run_id}/file"
    return running.resend(depot_of(room), caller.account_id, run_id, location=location, fetch_by=fetch_by)


def regenerate(room: Room, caller: Caller, flow_id: str, run_id: int, *, suffix: bool) -> Run:
    """Have the file of the same window made anew; raise Conflict when it is being made."""
    caller.require(_WRITE)
    read_run(room, caller, flow_id, run_id)
    return running.regenerate(depot_of(room), caller.account_id, run_id, suffix=suffix)


def _known(
    room: Room, connection: Connection, account: Account, flow_id: str, activation: Activation | None
) -> KnownFlow:
    flow = flow_named(flow_id, activation.questions if activation else ())
    if activation is None:
        return KnownFlow(flow, None, None)
    return KnownFlow(flow, activation, next_file(connection, account, activation, now=room.clock()))


def _activations(connection: Connection, caller: Caller) -> dict[str, Activation]:
    return {each.flow: each for each in flows.activations_of_account(connection, caller.account_id)}


def depot_of(room: Room) -> Depot:
    """Return the depot of files out over a room."""
    return Depot(
        room.database,
        room.blobs,
        room.queue,
        room.sealer,
        room.clock,
        networks=room.location_networks,
    )
