"""What an operator does with runs: one out of turn, the same bytes again, anew, or older rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.outflow.delivering import enqueue_delivery, require_location
from postroom.outflow.depot import Depot
from postroom.outflow.naming import Named, file_name
from postroom.outflow.options import Options
from postroom.outflow.planning import enqueue_generation, plan, plan_of
from postroom.outflow.scheduling import extra_slot, slot_of_today
from postroom.store import flows, generations
from postroom.store.accounts import account_by_id
from postroom.store.database import Connection
from postroom.store.events import cut
from postroom.store.flows import Activation, Place, Planned, Run, RunState

By = Literal["event", "recorded"]

_AT_REST: Final = frozenset({RunState.PUBLISHED, RunState.FAILED, RunState.GENERATED, RunState.PLANNED})
"""States in which the bytes that there are can be sent again; of a planned run these are the former ones."""

_FETCH: Final = "`postroom flow runs --fetch`"


def run_now(depot: Depot, account_id: int, flow_id: str, *, extra: bool = False) -> int:
    """Plan the file of today now, or one beside it; return its run.

    Raises Conflict when there is the one of today already, Missing when the flow is not active.
    """
    with depot.database.reading() as connection:
        account = account_by_id(connection, account_id)
    zone = account.settings.time_zone
    slot = extra_slot(depot.clock(), zone) if extra else slot_of_today(depot.clock(), zone)
    run_id = plan(depot, account_id, flow_id, slot)
    if run_id is not None:
        return run_id
    with depot.database.reading() as connection:
        if not flows.has_run(connection, account_id, flow_id, slot.local_date, slot.extra):
            raise Missing(f"The flow {flow_id} is not active.", code="NOT_ACTIVE")
    raise Conflict(
        f"{flow_id} has its file of {slot.local_date} already: ask for an extra one to have another.",
        code="HAS_RUN",
    )


def resend(
    depot: Depot, account_id: int, run_id: int, *, location: str | None = None, fetch_by: str = _FETCH
) -> Run:
    """Have the same bytes brought to a location again, under the same name.

    That is `location`; else where an active flow has its files brought by now; else where they went before.
    One that is made anew stays as it is then. `fetch_by` tells how to come by a file without a location.

    Raises:
        Missing: there is no such run, or no such location.
        Conflict: the file is not made yet, is on its way, was kept for long enough and is gone, or has no
            location to go to.
    """
    with depot.database.transaction() as connection:
        run = flows.run_by_id(connection, account_id, run_id, lock=True)
        if run.blob_key is None or run.state not in _AT_REST:
            raise Conflict(
                f"Run {run_id} is {run.state.value}, and has no file to be sent again.", code="NO_FILE"
            )
        _check_unclaimed(run, depot.clock())
        place = location or _location_of(connection, run)
        if place is None:
            raise Conflict(
                f"Run {run_id} has no location; fetch it with {fetch_by}.", code="WITHOUT_LOCATION"
            )
        require_location(connection, account_id, place)
        flows.send_again(connection, account_id, run_id, place)
        enqueue_delivery(connection, depot.queue, account_id, run_id)
        return flows.run_by_id(connection, account_id, run_id)


def _location_of(connection: Connection, run: Run) -> str | None:
    activation = flows.lock_activation(connection, run.account_id, run.flow)
    now = activation.location if activation is not None and activation.active else None
    return now or run.location


def regenerate(depot: Depot, account_id: int, run_id: int, *, suffix: bool = False) -> Run:
    """Have the file of the same window made anew, as its next revision; `suffix` gives it another name.

    It is made as the flow is active now, so that what kept it from being made can be mended. The former file
    stays until the new one is there, and for good if that cannot be made.

    Raises Conflict when it is being made or is on its way; one that waits for its next try is begun at once.
    """
    with depot.database.transaction() as connection:
        run = flows.run_by_id(connection, account_id, run_id, lock=True)
        _check_idle(run, depot.clock())
        generations.generate_again(connection, run, **_anew(connection, run, suffix=suffix))
        enqueue_generation(connection, depot, account_id, run.flow, run_id)
        return flows.run_by_id(connection, account_id, run_id)


def backfill(
    depot: Depot, account_id: int, flow_id: str, first: datetime, last: datetime, *, by: By = "recorded"
) -> int:
    """Make a file of older rows, by when they happened or were recorded: from `first` on, before `last`.

    The windows of the flow stay as they are: its rows may be in other files too. Return its run.

    Raises Missing when the account never had the flow, Refused when there is no time between both.
    """
    if not first < last:
        raise Refused("The first moment must come before the last.", code="BAD_PERIOD")
    with depot.database.transaction() as connection:
        activation = flows.lock_activation(connection, account_id, flow_id)
        if activation is None:
            raise Missing(f"The flow {flow_id} was never active.", code="NOT_ACTIVE")
        planned = _backfill(connection, depot, account_id, activation, _Period(first, last, by))
        run_id = flows.plan_run(connection, account_id, planned)
        if run_id is None:
            raise Conflict("Another backfill began this very second; try again.", code="HAS_RUN")
        enqueue_generation(connection, depot, account_id, flow_id, run_id)
    return run_id


@dataclass(frozen=True, slots=True)
class _Period:
    first: datetime
    last: datetime
    by: By

    @property
    def bounds(self) -> dict[str, list[str]]:
        """Return it as a plan has it."""
        name = "happened" if self.by == "event" else "recorded"
        return {name: [self.first.isoformat(), self.last.isoformat()]}


def _backfill(
    connection: Connection, depot: Depot, account_id: int, activation: Activation, period: _Period
) -> Planned:
    account = account_by_id(connection, account_id)
    options = Options.from_json(activation.options)
    here = flows.place_now(connection, account_id, cut(connection, account_id))
    slot = extra_slot(depot.clock(), account.settings.time_zone)
    slot = replace(slot, extra=f"backfill-{slot.extra}")
    named = Named(activation.flow, account.name, slot.local_date, slot.extra)
    made = plan_of(account, options, list(activation.questions), named)
    return Planned(
        flow=activation.flow,
        local_date=slot.local_date,
        extra=slot.extra,
        plan={**made, "bounds": period.bounds},
        location=activation.location,
        after=Place(0, None, 0),
        up_to=here,
        scheduled_at=slot.scheduled_at,
        cut_at=depot.clock(),
        file_name=file_name(options.name, named, options.extension),
    )


def _check_idle(run: Run, now: datetime) -> None:
    waits = run.next_at is not None and now < run.next_at
    if run.state is RunState.PLANNED and not waits:
        last = f"; last: {run.failure.rstrip('.')}" if run.failure else ""
        raise Conflict(f"Run {run.run_id} is being made (attempt {run.tries + 1}{last}).", code="UNDER_WAY")
    _check_unclaimed(run, now)


def _check_unclaimed(run: Run, now: datetime) -> None:
    """Raise Conflict while somebody brings a file to its location, or has brought it there in part."""
    if run.state is RunState.UPLOADED_TMP or (run.leased_until is not None and now < run.leased_until):
        raise Conflict(f"Run {run.run_id} is being brought to its location.", code="UNDER_WAY")


def _anew(connection: Connection, run: Run, *, suffix: bool) -> dict[str, Any]:
    """Return what a file is made anew by: what its flow is made by now, where that is active."""
    before = Options.from_json(run.plan["options"])
    activation = flows.lock_activation(connection, run.account_id, run.flow)
    if activation is None or not activation.active:
        plan, now, location = run.plan, before, run.location
    else:
        now, location = Options.from_json(activation.options), activation.location
        inner = str(run.plan["inner_name"]).removesuffix(before.inner_extension) + now.inner_extension
        chosen = {"options": now.as_json(), "questions": list(activation.questions), "inner_name": inner}
        plan = {**run.plan, **chosen}
    stem = run.file_name.removesuffix(before.extension)
    return {
        "file_name": _stem_anew(run, stem, suffix=suffix) + now.extension,
        "plan": plan,
        "location": location,
    }


def _stem_anew(run: Run, stem: str, *, suffix: bool) -> str:
    """Return the name of the next revision: the same, unless it is to have, or has, one of its own."""
    numbered = f"_r{run.revision}"
    if suffix or stem.endswith(numbered):
        return f"{stem.removesuffix(numbered)}_r{run.revision + 1}"
    return stem
