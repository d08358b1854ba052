"""What an operator may do with runs, and what becomes of their files."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.optouts import OptOutReason
from postroom.notices.message import Event as Notice
from postroom.outflow.activating import activate
from postroom.outflow.companions import companions_of
from postroom.outflow.delivering import deliver
from postroom.outflow.expiring import expire
from postroom.outflow.generating import generate
from postroom.outflow.locations import Wanted, create
from postroom.outflow.options import Options
from postroom.outflow.running import backfill, regenerate, resend, run_now
from postroom.store import flows
from postroom.store.events import cut
from postroom.store.files import blobs_in_use
from postroom.store.flows import Run, RunState
from tests.integration.drops.clock import NOON, Clock
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened
from tests.integration.outflow.listening import add_target, told

OPENED = "EMAIL_OPENED"
DAY = 86_400


@pytest.fixture
def active(exporter: Exporter) -> Exporter:
    """Return Alice with one active flow and one contact."""
    exporter.contacts({"email": "bob@example.com", "city": "Liège"})
    exporter.activate(OPENED, fields=("city",), manifest=True, done=True)
    return exporter


def here(exporter: Exporter, name: str = "here") -> str:
    """Make a location that is here, and return its name."""
    create(exporter.depot, exporter.account_id, Wanted(name, "hosted"))
    return name


def test_there_is_one_file_a_day_unless_another_is_asked_for(active: Exporter) -> None:
    first = active.run(OPENED)
    active.record(happened(OPENED))

    with pytest.raises(Conflict) as refused:
        active.run(OPENED)
    extra = active.run(OPENED, extra=True)

    assert refused.value.code == "HAS_RUN"
    assert first.file_name == "EMAIL_OPENED_alice_20260304.zip"
    assert extra.file_name == "EMAIL_OPENED_alice_20260304_130000.zip"  # it is one o'clock in Brussels
    assert (first.rows, extra.rows) == (0, 1)


def test_a_file_that_is_made_is_not_made_again(active: Exporter) -> None:
    run = active.run(OPENED)

    assert generate(active.depot, active.account_id, run.run_id) is None
    assert active.read(run.run_id) == run


def test_what_was_made_by_two_is_kept_once(active: Exporter) -> None:
    run_id = run_now(active.depot, active.account_id, OPENED)

    def let_another(step: str) -> None:
        if step == "written":
            generate(active.depot, active.account_id, run_id)

    assert generate(replace(active.depot, between_steps=let_another), active.account_id, run_id) is None
    assert list(active.room.blobs.keys()) == [active.read(run_id).blob_key]


def test_it_is_sent_again_with_the_same_bytes_though_the_contact_has_moved(active: Exporter) -> None:
    active.record(happened(OPENED))
    run = active.run(OPENED)
    before = active.bytes_of(run)
    with active.room.database.transaction() as connection:
        connection.execute("update contacts set city = 'Gent'")

    again = resend(active.depot, active.account_id, run.run_id, location=here(active))

    assert (again.state, again.revision, again.sha256) == (RunState.GENERATED, 1, run.sha256)
    assert active.bytes_of(again) == before


def test_what_has_no_location_is_not_said_to_be_on_its_way(active: Exporter) -> None:
    run = active.run(OPENED)

    with pytest.raises(Conflict, match=f"Run {run.run_id} has no location; fetch it") as refused:
        resend(active.depot, active.account_id, run.run_id)

    assert refused.value.code == "WITHOUT_LOCATION"
    assert active.read(run.run_id) == run


@pytest.mark.parametrize("before", [None, "there"])
def test_it_is_sent_again_to_where_the_flow_goes_by_now(active: Exporter, before: str | None) -> None:
    here(active), here(active, "there")
    activate(active.depot, active.account_id, OPENED, Options(), location=before)
    run = active.run(OPENED)
    deliver(active.depot, active.account_id, OPENED)
    activate(active.depot, active.account_id, OPENED, Options(), location="here")

    assert resend(active.depot, active.account_id, run.run_id).location == "here"


def test_a_flow_that_is_not_active_any_more_does_not_say_where_to(active: Exporter) -> None:
    here(active), here(active, "there")
    activate(active.depot, active.account_id, OPENED, Options(), location="there")
    run = active.run(OPENED)
    deliver(active.depot, active.account_id, OPENED)
    activate(active.depot, active.account_id, OPENED, Options(), location="here")
    with active.room.database.transaction() as connection:
        flows.deactivate(connection, active.account_id, OPENED)

    assert resend(active.depot, active.account_id, run.run_id).location == "there"


def test_it_is_not_sent_to_a_location_that_is_not_there(active: Exporter, stranger: Exporter) -> None:
    here(stranger)
    run = active.run(OPENED)

    with pytest.raises(Missing, match="here"):
        resend(active.depot, active.account_id, run.run_id, location="here")


def test_what_somebody_is_bringing_is_not_sent_again(active: Exporter) -> None:
    here(active)
    activate(active.depot, active.account_id, OPENED, Options(), location="here")
    run = active.run(OPENED)

    def send_again(step: str) -> None:
        if step == "claimed":
            with pytest.raises(Conflict, match="being brought"):
                resend(active.depot, active.account_id, run.run_id)

    assert deliver(replace(active.depot, between_steps=send_again), active.account_id, OPENED) == 1


def test_what_is_not_made_yet_is_neither_sent_nor_made_again(active: Exporter) -> None:
    run_id = run_now(active.depot, active.account_id, OPENED)

    for act in (resend, regenerate):
        with pytest.raises(Conflict):
            act(active.depot, active.account_id, run_id)


def test_older_rows_come_in_a_file_of_another_name_and_move_no_window(active: Exporter, clock: Clock) -> None:
    for number in range(1, 6):
        active.record(happened(OPENED, number, at=NOON - timedelta(days=number)))
        clock.pass_by(DAY)
    before = active.run(OPENED)

    recorded = backfill(
        active.depot, active.account_id, OPENED, NOON + timedelta(days=1), NOON + timedelta(days=3)
    )
    generate(active.depot, active.account_id, recorded)
    clock.pass_by(1)
    by_event = backfill(
        active.depot,
        active.account_id,
        OPENED,
        NOON - timedelta(days=5),
        NOON - timedelta(days=2),
        by="event",
    )
    generate(active.depot, active.account_id, by_event)
    clock.pass_by(DAY)
    after = active.run(OPENED)

    def numbers(run_id: int) -> list[int]:
        return [int(row["eventId"][-12:], 16) for row in active.rows_of(active.read(run_id))]

    assert before.rows == 5
    assert numbers(recorded) == [2, 3]
    assert numbers(by_event) == [3, 4, 5]
    assert active.read(recorded).file_name == "EMAIL_OPENED_alice_20260309_backfill-130000.zip"
    assert (after.from_seq, after.rows) == (before.to_seq, 0)


def test_a_backfill_of_the_ledger_goes_by_when_it_was_changed(exporter: Exporter, clock: Clock) -> None:
    exporter.contacts({"email": "bob@example.com"})
    exporter.consent("bob@example.com", OptOutReason.CONTACT)
    clock.pass_by(DAY)
    exporter.consent("bob@example.com", None)
    exporter.activate("SUBSCRIPTION_UPDATE")

    run_id = backfill(
        exporter.depot, exporter.account_id, "SUBSCRIPTION_UPDATE", NOON, NOON + timedelta(hours=1)
    )
    generate(exporter.depot, exporter.account_id, run_id)

    (row,) = exporter.rows_of(exporter.read(run_id))
    assert row["status"] == "UNSUBSCRIBED"


def test_a_backfill_needs_a_period_and_a_flow(active: Exporter) -> None:
    with pytest.raises(Refused):
        backfill(active.depot, active.account_id, OPENED, NOON, NOON)
    with pytest.raises(Missing):
        backfill(active.depot, active.account_id, "EMAIL_SENT", NOON, NOON + timedelta(days=1))


def test_files_are_kept_for_a_month(active: Exporter, clock: Clock) -> None:
    run = active.run(OPENED)
    clock.pass_by(31 * DAY - 1)

    assert expire(active.depot) == 0
    clock.pass_by(2)
    assert expire(active.depot) == 1

    gone = active.read(run.run_id)
    assert (gone.blob_key, gone.sha256, gone.rows) == (None, run.sha256, 0)
    assert list(active.room.blobs.keys()) == []
    with pytest.raises(Conflict) as refused:
        resend(active.depot, active.account_id, run.run_id)
    assert refused.value.code == "NO_FILE"


def test_what_is_on_its_way_is_kept_however_long_that_takes(active: Exporter, clock: Clock) -> None:
    run = active.run(OPENED)
    with active.room.database.transaction() as connection:
        connection.execute("update flow_runs set location = 'theirs'")
    clock.pass_by(90 * DAY)

    assert expire(active.depot) == 0
    assert active.read(run.run_id).blob_key == run.blob_key


def test_nobody_tidies_the_bytes_of_a_run_away(active: Exporter) -> None:
    run = active.run(OPENED)

    with active.room.database.transaction() as connection:
        assert blobs_in_use(connection, [str(run.blob_key), "0" * 32]) == {run.blob_key}


def test_who_wants_to_hear_of_files_does_and_nobody_else(active: Exporter) -> None:
    add_target(active, Notice.SUCCESS, Notice.REJECTS, Notice.FAILURE)
    active.run(OPENED)
    assert told(active) == []

    with active.room.database.transaction() as connection:
        connection.execute("update notice_targets set events = '{flow}'")
    run = active.run(OPENED, extra=True)

    ((type_, content),) = told(active)
    data = content["data"]
    assert type_ == "flow.generated"
    assert (data["id"], data["flow"], data["file"]) == (
        f"{active.account_id}-{run.run_id}",
        OPENED,
        run.file_name,
    )
    assert (data["status"], data["sha256"], data["rows"]) == ("SUCCESS", run.sha256, 0)


def test_the_manifest_of_a_day_has_every_file_and_its_window(active: Exporter) -> None:
    active.activate("EMAIL_CLICKED", manifest=True)
    active.record(happened(OPENED, 1), happened(OPENED, 2))
    first, second = active.run(OPENED), active.run("EMAIL_CLICKED")

    with active.room.database.reading() as connection:
        manifest, done = companions_of(connection, first)
        (alone,) = companions_of(connection, second)
        seq = cut(connection, active.account_id).seq

    document = json.loads(manifest.content)
    assert manifest.name == alone.name == "alice_20260304.manifest.json"
    assert done.name == f"{first.file_name}.done"
    assert done.content == b"2\n"
    assert [each["flow"] for each in document["files"]] == ["EMAIL_CLICKED", OPENED]
    assert document["files"][1] == {
        "file": first.file_name,
        "flow": OPENED,
        "kind": "daily",
        "rows": 2,
        "leftOut": 0,
        "size": first.size,
        "sha256": first.sha256,
        "fromSeq": 0,
        "toSeq": seq,
        "fromAct": 0,
        "toAct": 0,
        "cutMoment": "2026-03-04T12:00:00Z",
        "revision": 1,
    }
    assert document["dateZone"] == "Europe/Brussels"
    assert (document["zone"], document["table"], document["schemaVersion"]) == ("UTC", "alice", 1)


@pytest.mark.parametrize("act", [resend, regenerate])
def test_charlie_cannot_touch_a_run_of_alices(active: Exporter, stranger: Exporter, act: Any) -> None:
    run = active.run(OPENED)

    with pytest.raises(Missing):
        act(stranger.depot, stranger.account_id, run.run_id)
    assert generate(stranger.depot, stranger.account_id, run.run_id) is None
    assert active.read(run.run_id) == run


def test_runs_are_listed_by_flow_and_state(active: Exporter, stranger: Exporter) -> None:
    active.activate("EMAIL_CLICKED")
    runs: list[Run] = [active.run(OPENED), active.run("EMAIL_CLICKED")]

    with active.room.database.reading() as connection:
        found = flows.runs_of_account(connection, active.account_id)
        opened = flows.runs_of_account(connection, active.account_id, flow=OPENED)
        planned = flows.runs_of_account(connection, active.account_id, state=RunState.PLANNED)
        older = flows.runs_of_account(connection, active.account_id, before=runs[1].run_id)
        count = flows.count_runs(connection, active.account_id, flow=OPENED)
        his = flows.runs_of_account(connection, stranger.account_id)

    assert (found, opened, planned, older, count, his) == (runs[::-1], runs[:1], [], runs[:1], 1, [])
