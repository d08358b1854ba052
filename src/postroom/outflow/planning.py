"""Planning files: which window each has, decided once and for ever (specs, OUT flows 3.2 and 3.5).

A window is fixed, its run written down and its job enqueued in one transaction, which holds the activation:
of two schedulers the second finds the run there. The next window begins where this one ends, whatever becomes
of its file.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from postroom.contacts.errors import Missing, PostroomError
from postroom.contacts.surveys import Question
from postroom.outflow.catalogue import is_survey
from postroom.outflow.delivering import deliver_due
from postroom.outflow.depot import GENERATE_TASK, OUTFLOW_QUEUE, Depot, flow_lock
from postroom.outflow.naming import Named, file_name
from postroom.outflow.options import Options
from postroom.outflow.scheduling import Slot, due_slot, slots_to_come
from postroom.outflow.surveys import SURVEY_PREFIX
from postroom.store import flows, generations, surveys
from postroom.store.accounts import Account, account_by_id
from postroom.store.database import Connection
from postroom.store.events import cut
from postroom.store.flows import Activation, Due, Place, Planned

_LOG = logging.getLogger("postroom.outflow")

_LONGEST_QUESTION: Final = 60
"""Longer names of questions have no column; SURVEY_ANSWERS has them all."""


def plan_due(depot: Depot) -> int:
    """Plan the files that are due by now, and find work for files that no job makes; return how many."""
    with depot.database.reading() as connection:
        due = flows.active_flows(connection)
        settings = {
            account_id: account_by_id(connection, account_id)
            for account_id in {each.account_id for each in due}
        }
    planned = 0
    for each in due:
        try:
            planned += _plan_if_due(depot, settings[each.account_id], each)
        except PostroomError:
            _LOG.exception("the flow %s of account %s cannot be planned", each.flow, each.account_id)
    _find_work(depot)
    deliver_due(depot)
    return planned


def _plan_if_due(depot: Depot, account: Account, due: Due) -> bool:
    options, settings = Options.from_json(due.options), account.settings
    times = options.times_or(settings.flows_at)
    slot = due_slot(times, settings.time_zone, now=depot.clock(), since=due.activated_at)
    if slot is None:
        return False
    with depot.database.reading() as connection:
        if flows.has_run(connection, account.account_id, due.flow, slot.local_date, slot.extra):
            return False
    return plan(depot, account.account_id, due.flow, slot) is not None


def next_file(
    connection: Connection, account: Account, activation: Activation, *, now: datetime
) -> datetime | None:
    """Return when the next file of a flow is due; None when it is not active."""
    if not activation.active:
        return None
    settings = account.settings
    times = Options.from_json(activation.options).times_or(settings.flows_at)
    for slot in slots_to_come(times, settings.time_zone, now=now, since=activation.activated_at):
        if not flows.has_run(connection, account.account_id, activation.flow, slot.local_date, slot.extra):
            return slot.scheduled_at
    return None


def plan(depot: Depot, account_id: int, flow_id: str, slot: Slot) -> int | None:
    """Plan one file; return the id of its run, None when it is there already or the flow is not active."""
    with depot.database.transaction() as connection:
        activation = flows.lock_activation(connection, account_id, flow_id)
        if activation is None or not activation.active:
            return None
        depot.between_steps("locked")
        account = account_by_id(connection, account_id)
        here = flows.place_now(connection, account_id, cut(connection, account_id))
        questions = _questions(connection, account_id, activation, here)
        planned = _planned(depot, account, activation, slot, here, questions)
        run_id = flows.plan_run(connection, account_id, planned)
        if run_id is None:
            return None
        depot.between_steps("window fixed")
        flows.move_on(connection, account_id, flow_id, here, questions)
        enqueue_generation(connection, depot, account_id, flow_id, run_id)
        depot.between_steps("planned")
    depot.between_steps("plan committed")
    return run_id


def enqueue_generation(
    connection: Connection, depot: Depot, account_id: int, flow_id: str, run_id: int
) -> None:
    """Have the file of a run made, in the caller's transaction."""
    depot.queue.enqueue(
        connection,
        GENERATE_TASK,
        lock=flow_lock(account_id, flow_id),
        queue=OUTFLOW_QUEUE,
        account_id=account_id,
        run_id=run_id,
    )


def plan_of(account: Account, options: Options, questions: list[str], named: Named) -> Mapping[str, Any]:
    """Return all that a file is made by besides its window, as plain values."""
    return {
        "options": options.as_json(),
        "questions": questions,
        "inner_name": file_name(options.inner_name, named, options.inner_extension),
        "zone": account.settings.export_zone,
        "moments": account.settings.moments,
    }


def _planned(  # what the transaction has found out, once
    depot: Depot,
    account: Account,
    activation: Activation,
    slot: Slot,
    here: Place,
    questions: list[str],
) -> Planned:
    options = Options.from_json(activation.options)
    time = slot.time_in(account.settings.time_zone)
    named = Named(activation.flow, account.name, slot.local_date, slot.extra, time)
    return Planned(
        flow=activation.flow,
        local_date=slot.local_date,
        extra=slot.extra,
        plan=plan_of(account, options, questions, named),
        location=activation.location,
        after=activation.place,
        up_to=here,
        scheduled_at=slot.scheduled_at,
        cut_at=depot.clock(),
        file_name=file_name(options.name, named, options.extension),
    )


def _questions(connection: Connection, account_id: int, activation: Activation, here: Place) -> list[str]:
    """Return the questions of a survey so far: columns are appended, and stay whatever becomes of them.

    First those of its definition, in their order, answered or not; then what else was answered.
    """
    known = list(activation.questions)
    if not is_survey(activation.flow):
        return known
    survey = activation.flow.removeprefix(SURVEY_PREFIX)
    answered = flows.questions_between(
        connection, account_id, survey, after=activation.place.seq, up_to=here.seq
    )
    asked = [each.name for each in _defined(connection, account_id, survey)]
    new = dict.fromkeys(each for each in (*asked, *answered) if each not in known and _fits_a_header(each))
    return [*known, *new]


def _defined(connection: Connection, account_id: int, survey: str) -> Sequence[Question]:
    """Return what a survey of the account asks or has asked; nothing when it was defined elsewhere."""
    try:
        return surveys.survey_named(connection, account_id, survey).definition.questions
    except Missing:
        return ()


def _fits_a_header(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_QUESTION and not set(name) - _HEADER_CHARACTERS


_HEADER_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def _find_work(depot: Depot) -> None:
    """Enqueue the making of files that are due and for which there is no job, such as after a pause."""
    with depot.database.transaction() as connection:
        for account_id, run_id, flow in generations.planned_runs(connection, now=depot.clock()):
            if not depot.queue.has_job(connection, lock=flow_lock(account_id, flow)):
                enqueue_generation(connection, depot, account_id, flow, run_id)
