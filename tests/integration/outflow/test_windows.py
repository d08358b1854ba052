"""Every event is in one file of its flow, whoever commits late, plans twice or is away for a day."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.outflow.activating import Start
from postroom.outflow.generating import generate
from postroom.outflow.planning import next_file, plan, plan_due
from postroom.outflow.running import run_now
from postroom.outflow.scheduling import Slot
from postroom.store import flows
from postroom.store.accounts import account_by_id
from postroom.store.events import open_days, record_events
from tests.integration.drops.clock import NOON, Clock
from tests.integration.outflow.exporting import Exporter, values_of
from tests.integration.outflow.happenings import happened

BOB = {"email": "bob@example.com"}
DAY = timedelta(days=1).total_seconds()
OPENED = "EMAIL_OPENED"


@pytest.fixture
def active(exporter: Exporter) -> Exporter:
    """Return Alice with one active flow and one contact."""
    exporter.contacts(BOB)
    exporter.activate(OPENED)
    return exporter


def ids(exporter: Exporter) -> list[int]:
    """Return the numbers of all events in all files, in their order."""
    found = [row["eventId"] for run in exporter.runs() if run.blob_key for row in exporter.rows_of(run)]
    return [int(each[-12:], 16) for each in found]


def schedule(exporter: Exporter) -> int:
    """Let the scheduler look once, and make what it plans."""
    planned = plan_due(exporter.depot)
    for run in exporter.runs():
        generate(exporter.depot, exporter.account_id, run.run_id)
    return planned


def test_what_happened_before_the_activation_is_in_no_file(exporter: Exporter) -> None:
    exporter.contacts(BOB)
    exporter.record(happened(OPENED, 1))
    exporter.activate(OPENED)
    exporter.record(happened(OPENED, 2))

    exporter.run(OPENED)

    assert ids(exporter) == [2]


def test_history_is_there_from_a_moment_on_where_that_is_asked(exporter: Exporter, clock: Clock) -> None:
    exporter.contacts(BOB)
    for number in range(1, 5):
        exporter.record(happened(OPENED, number))
        clock.pass_by(DAY)

    exporter.activate(OPENED, start=Start(since=NOON + timedelta(days=2)))
    exporter.run(OPENED)

    assert ids(exporter) == [3, 4]


def test_each_file_begins_where_the_last_one_ended(active: Exporter, clock: Clock) -> None:
    for number in range(1, 6):
        active.record(happened(OPENED, number), happened("EMAIL_CLICKED", 100 + number))
        active.run(OPENED)
        clock.pass_by(DAY)

    runs = active.runs()
    assert [run.rows for run in runs] == [1] * 5
    assert ids(active) == [1, 2, 3, 4, 5]
    assert [run.from_seq for run in runs[1:]] == [run.to_seq for run in runs[:-1]]


def test_an_event_that_happened_long_ago_is_in_the_file_of_when_it_was_told(
    active: Exporter, clock: Clock
) -> None:
    active.run(OPENED)
    clock.pass_by(DAY)
    active.record(happened(OPENED, 1, at=datetime(2026, 1, 1, tzinfo=UTC)))

    assert active.run(OPENED).rows == 1


def test_whoever_commits_late_is_in_the_next_file(active: Exporter, clock: Clock) -> None:
    recorded, committed = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with active.room.database.transaction() as connection:
            record_events(connection, active.account_id, [happened(OPENED, 2)], now=clock())
            recorded.set()
            assert committed.wait(30)

    active.record(happened(OPENED, 1))
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(write_slowly)
        assert recorded.wait(30)
        first = active.run(OPENED)
        committed.set()
        slow.result()
    clock.pass_by(DAY)
    second = active.run(OPENED)

    assert (first.rows, second.rows) == (1, 1)
    assert ids(active) == [1, 2]


def test_two_schedulers_plan_one_file(active: Exporter) -> None:
    together = threading.Barrier(6)
    slot = Slot(NOON.date(), "", NOON)

    def plan_at_once(_number: int) -> int | None:
        together.wait(30)
        return plan(active.depot, active.account_id, OPENED, slot)

    active.record(happened(OPENED))
    with ThreadPoolExecutor(6) as pool:
        planned = [each for each in pool.map(plan_at_once, range(6)) if each is not None]

    assert len(planned) == 1
    assert len(active.runs()) == 1


def test_the_second_scheduler_waits_for_what_the_first_decides(active: Exporter) -> None:
    holding, go_on = threading.Event(), threading.Event()

    def hold(step: str) -> None:
        if step == "window fixed":
            holding.set()
            assert go_on.wait(30)

    slow = replace(active.depot, between_steps=hold)
    active.record(happened(OPENED, 1))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(plan, slow, active.account_id, OPENED, Slot(NOON.date(), "", NOON))
        assert holding.wait(30)
        second = pool.submit(plan, active.depot, active.account_id, OPENED, Slot(NOON.date(), "x", NOON))
        active.record(happened(OPENED, 2))
        go_on.set()
        runs = [first.result(), second.result()]
    for run_id in runs:
        assert run_id is not None
        generate(active.depot, active.account_id, run_id)

    assert sorted(ids(active)) == [1, 2]


def test_the_scheduler_makes_one_file_a_day(active: Exporter, clock: Clock) -> None:
    planned = 0
    for _ in range(3 * 24 * 4):
        active.record(happened(OPENED, len(active.runs()) + 1))
        planned += schedule(active)
        clock.pass_by(900)

    assert planned == 3
    assert [str(run.local_date) for run in active.runs()] == ["2026-03-05", "2026-03-06", "2026-03-07"]
    assert [f"{run.scheduled_at:%H:%M}" for run in active.runs()] == ["03:00"] * 3


def test_days_that_were_missed_are_in_the_next_file(active: Exporter, clock: Clock) -> None:
    for number in range(1, 6):
        active.record(happened(OPENED, number))
        clock.pass_by(DAY)

    assert schedule(active) == 1
    assert schedule(active) == 0

    assert ids(active) == [1, 2, 3, 4, 5]
    assert str(active.runs()[0].local_date) == "2026-03-09"


def test_several_files_a_day_share_out_what_happened(exporter: Exporter, clock: Clock) -> None:
    exporter.contacts(BOB)
    exporter.activate(OPENED, times=("14:00", "18:00"))
    for number in range(1, 25):
        exporter.record(happened(OPENED, number))
        schedule(exporter)
        clock.pass_by(3600)

    runs = exporter.runs()
    assert [run.file_name[-19:] for run in runs] == ["20260304_140000.zip", "20260304_180000.zip"]
    assert [run.rows for run in runs] == [2, 4]


def test_the_only_file_of_a_day_may_have_its_time_in_its_name(exporter: Exporter, clock: Clock) -> None:
    exporter.activate(OPENED, times=("14:00",), name="o_{yyyyMMdd}_{HHmmss}")
    clock.pass_by(2 * 3600)
    schedule(exporter)

    assert [run.file_name for run in exporter.runs()] == ["o_20260304_140000.zip"]


@pytest.mark.parametrize(
    "start",
    [Start(since=NOON + timedelta(seconds=1)), Start(from_now=True, since=NOON - timedelta(days=1))],
)
def test_a_window_begins_at_one_moment_which_is_not_to_come(exporter: Exporter, start: Start) -> None:
    with pytest.raises(Refused) as refused:
        exporter.activate(OPENED, start=start)

    assert refused.value.code == "BAD_PERIOD"


def test_the_next_file_is_told_beforehand(active: Exporter, clock: Clock) -> None:
    def coming() -> datetime | None:
        with active.room.database.transaction() as connection:
            account = account_by_id(connection, active.account_id)
            activation = flows.lock_activation(connection, active.account_id, OPENED)
            assert activation is not None
            return next_file(connection, account, activation, now=clock())

    at_four = datetime(2026, 3, 5, 3, tzinfo=UTC)  # by a clock of Brussels
    assert coming() == at_four
    active.run(OPENED)
    assert coming() == at_four
    clock.now = at_four - timedelta(hours=1)
    active.run(OPENED)
    assert coming() == at_four + timedelta(days=1), "that of today is there already"
    with active.room.database.transaction() as connection:
        flows.deactivate(connection, active.account_id, OPENED)
    assert coming() is None


def test_an_inactive_flow_has_no_files_and_goes_on_where_it_ended(active: Exporter, clock: Clock) -> None:
    active.record(happened(OPENED, 1))
    active.run(OPENED)
    with active.room.database.transaction() as connection:
        flows.deactivate(connection, active.account_id, OPENED)
    active.record(happened(OPENED, 2))
    clock.pass_by(DAY)

    assert schedule(active) == 0
    with pytest.raises(Missing):
        run_now(active.depot, active.account_id, OPENED)
    active.activate(OPENED)
    active.run(OPENED)

    assert ids(active) == [1, 2]


def test_it_begins_anew_where_that_is_asked(active: Exporter, clock: Clock) -> None:
    with active.room.database.transaction() as connection:
        flows.deactivate(connection, active.account_id, OPENED)
    active.record(happened(OPENED, 1))
    active.activate(OPENED, start=Start(from_now=True))
    active.record(happened(OPENED, 2))

    active.run(OPENED)

    assert ids(active) == [2]


def test_a_window_is_never_moved_backwards(active: Exporter) -> None:
    with pytest.raises(Conflict) as refused:
        active.activate(OPENED, start=Start(since=NOON - timedelta(days=9)))

    assert refused.value.code == "WAS_ACTIVE"


def test_changing_a_flow_keeps_its_window(active: Exporter) -> None:
    active.record(happened(OPENED, 1))
    active.activate(OPENED, fields=("email",))

    run = active.run(OPENED)

    assert values_of(active.rows_of(run), "email") == ["bob@example.com"]


def test_one_flow_that_cannot_be_planned_does_not_keep_the_others(
    active: Exporter, stranger: Exporter, clock: Clock
) -> None:
    stranger.activate(OPENED)
    with active.room.database.transaction() as connection:
        connection.execute(
            "update flow_activations set options = %s where account_id = %s",
            ['{"times": ["25:00"]}', active.account_id],
        )
    clock.pass_by(DAY)

    assert plan_due(active.depot) == 1
    assert len(stranger.runs()) == 1


def test_a_planned_file_without_a_job_gets_one(active: Exporter) -> None:
    run_id = run_now(active.depot, active.account_id, OPENED)
    with active.room.database.transaction() as connection:
        connection.execute("delete from procrastinate_jobs")

    plan_due(active.depot)
    plan_due(active.depot)

    with active.room.database.reading() as connection:
        jobs = connection.execute("select args from procrastinate_jobs").fetchall()
    assert [job["args"] for job in jobs] == [{"account_id": active.account_id, "run_id": run_id}]


def test_events_of_other_days_and_of_days_with_partitions_are_all_found(
    exporter: Exporter, clock: Clock
) -> None:
    exporter.contacts(BOB)
    exporter.activate(OPENED)
    exporter.record(happened(OPENED, 1))
    open_days(exporter.room.database, NOON.date() + timedelta(days=1), days=2)
    for number in range(2, 6):
        clock.pass_by(DAY)
        exporter.record(happened(OPENED, number))

    exporter.run(OPENED)

    assert ids(exporter) == [1, 2, 3, 4, 5]
