"""Files that cannot be made: how often and for how long that is tried, and what is told of it."""

from __future__ import annotations

import errno
from dataclasses import replace
from datetime import timedelta

import pytest

from postroom.contacts.errors import Conflict, Refused
from postroom.notices.message import Event as Notice
from postroom.outflow.depot import Depot
from postroom.outflow.generating import MOST_DEATHS, generate
from postroom.outflow.options import Packing
from postroom.outflow.patience import LONGEST, PAUSES
from postroom.outflow.running import regenerate, run_now
from postroom.store import generations
from postroom.store.flows import RunState
from tests.integration.drops.clock import NOON, Clock
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.listening import add_target, give_up, told

OPENED = "EMAIL_OPENED"


@pytest.fixture
def active(exporter: Exporter) -> Exporter:
    """Return Alice with one active flow and one contact."""
    exporter.contacts({"email": "bob@example.com", "city": "Liège"})
    exporter.activate(OPENED, fields=("city",))
    return exporter


def failing(exporter: Exporter, wrong: Exception) -> Depot:
    """Return Alice's depot, in which no file can be made."""

    def break_off(step: str) -> None:
        if step == "begun":
            raise wrong

    return replace(exporter.depot, between_steps=break_off)


FULL = OSError(errno.ENOSPC, "No space left on device")


def test_what_cannot_be_made_waits_for_a_person_in_the_end(active: Exporter, clock: Clock) -> None:
    add_target(active, Notice.FAILURE)
    run_id = run_now(active.depot, active.account_id, OPENED)

    assert give_up(active, clock, run_id, FULL) is RunState.FAILED

    failed = active.read(run_id)
    ((type_, content),) = told(active)
    assert failed.failure == "The file could not be made: No space left on device."
    assert (type_, content["data"]["failure"]) == ("flow.failed", failed.failure)
    assert LONGEST <= clock() - NOON < LONGEST + timedelta(hours=1)
    regenerate(active.depot, active.account_id, run_id)
    assert generate(active.depot, active.account_id, run_id) is RunState.GENERATED


def test_it_is_tried_again_after_longer_and_longer_pauses(active: Exporter, clock: Clock) -> None:
    run_id = run_now(active.depot, active.account_id, OPENED)
    pauses = []

    for _ in range(len(PAUSES) + 2):
        generate(failing(active, FULL), active.account_id, run_id)
        waiting = active.read(run_id)
        assert generate(active.depot, active.account_id, run_id) is None, "it is not due yet"
        assert waiting.next_at is not None
        pauses.append(waiting.next_at - clock())
        clock.now = waiting.next_at

    assert pauses == [*PAUSES, timedelta(hours=1), timedelta(hours=1)]
    assert generate(active.depot, active.account_id, run_id) is RunState.GENERATED
    made = active.read(run_id)
    assert (made.failure, made.tries, made.tried_since, made.next_at) == (None, 0, None, None)


def test_a_job_is_found_for_it_once_it_is_due(active: Exporter, clock: Clock) -> None:
    run_id = run_now(active.depot, active.account_id, OPENED)
    generate(failing(active, FULL), active.account_id, run_id)

    with active.room.database.reading() as connection:
        early = generations.planned_runs(connection, now=clock())
        due = generations.planned_runs(connection, now=clock() + PAUSES[0])

    assert (early, due) == ([], [(active.account_id, run_id, OPENED)])


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (FULL, "No space left on device."),
        (Refused("This key has expired.", code="BAD_KEY"), "This key has expired."),
        (
            RuntimeError("select secret from accounts"),
            "Something went wrong in Postroom (RuntimeError); its log has the rest.",
        ),
    ],
)
def test_why_it_failed_is_told_at_once_in_words(active: Exporter, wrong: Exception, expected: str) -> None:
    run_id = run_now(active.depot, active.account_id, OPENED)

    state = generate(failing(active, wrong), active.account_id, run_id)

    waiting = active.read(run_id)
    assert state is waiting.state is RunState.PLANNED
    assert (waiting.failure, waiting.tries) == (expected, 1)


def test_one_that_kills_who_makes_it_is_put_off(active: Exporter, clock: Clock) -> None:
    run_id = run_now(active.depot, active.account_id, OPENED)

    class Killed(BaseException):
        """What ends a process ends this."""

    dying = replace(active.depot, between_steps=lambda _: (_ for _ in ()).throw(Killed()))
    for _ in range(MOST_DEATHS):
        with pytest.raises(Killed):
            generate(dying, active.account_id, run_id)
    generate(dying, active.account_id, run_id)

    waiting = active.read(run_id)
    assert waiting.failure == "The worker died 5 times while it made the file."
    assert waiting.next_at == clock() + PAUSES[0]


def test_one_that_is_being_made_is_not_begun_again(active: Exporter, clock: Clock) -> None:
    run_id = run_now(active.depot, active.account_id, OPENED)
    generate(failing(active, FULL), active.account_id, run_id)
    clock.pass_by(60)

    with pytest.raises(Conflict) as refused:
        regenerate(active.depot, active.account_id, run_id)

    assert refused.value.message == f"Run {run_id} is being made (attempt 2; last: No space left on device)."


def test_one_that_waits_is_begun_at_once_when_that_is_asked_for(active: Exporter) -> None:
    run_id = run_now(active.depot, active.account_id, OPENED)
    generate(failing(active, FULL), active.account_id, run_id)
    active.activate(OPENED, packing=Packing.NONE)

    regenerate(active.depot, active.account_id, run_id)

    assert generate(active.depot, active.account_id, run_id) is RunState.GENERATED
    assert active.read(run_id).file_name == "EMAIL_OPENED_alice_20260304.csv"


def test_one_that_waits_and_is_given_up_after_all_has_failed(active: Exporter, clock: Clock) -> None:
    run_id = run_now(active.depot, active.account_id, OPENED)
    generate(failing(active, FULL), active.account_id, run_id)
    regenerate(active.depot, active.account_id, run_id)

    assert give_up(active, clock, run_id, FULL) is RunState.FAILED
