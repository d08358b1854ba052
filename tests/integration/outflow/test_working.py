"""The worker's process as it is: files that are planned are made, and who wants to hear of them does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from postroom.app.bootstrap import Postroom, build
from postroom.app.notifying import webhook_rules
from postroom.app.outflow import make_depot
from postroom.app.parts.worker import make_notifier, make_shipper
from postroom.app.settings import Settings
from postroom.ingest.sandbox.readers import Readers
from postroom.notices import targets
from postroom.notices.message import Event
from postroom.outflow.planning import plan_due
from postroom.outflow.running import run_now
from postroom.store import notices
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.app.waiting import until
from tests.integration.drops.clock import NOON
from tests.integration.jobs.working import Working, jobs_left
from tests.integration.notices.receivers import web_server
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened

OPENED = "EMAIL_OPENED"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def postroom(database: Database, tmp_path: Path, readers: Readers) -> Postroom:
    """Return an installation whose webhooks may be here, and whose files are kept for a week."""
    chosen = Settings.load({"data": tmp_path, "webhook_networks": "127.0.0.0/8", "flows_days": 7})
    return build(chosen, database.url, database, readers)


@pytest.fixture
def exporter(postroom: Postroom, alice: Person) -> Exporter:
    """Return Alice, who exports openings; she has one contact."""
    exporter = Exporter(postroom.room, alice, now)
    exporter.contacts({"email": "bob@example.com"})
    exporter.activate(OPENED)
    return exporter


def state(exporter: Exporter, run_id: int) -> str:
    return exporter.read(run_id).state.value


def test_a_planned_file_is_made_by_the_worker(postroom: Postroom, exporter: Exporter) -> None:
    exporter.record(happened(OPENED))
    run_id = run_now(make_depot(postroom), exporter.account_id, OPENED)

    with Working(make_shipper(postroom)):
        until(lambda: state(exporter, run_id) == "GENERATED")

    assert exporter.read(run_id).rows == 1
    assert "outflow.generate" not in jobs_left(postroom.database)


def test_what_is_due_is_planned_by_the_scheduler_and_made_by_the_worker(
    postroom: Postroom, exporter: Exporter
) -> None:
    depot = make_depot(postroom)
    later = replace(depot, clock=lambda: NOON.replace(year=2100))
    exporter.record(happened(OPENED))

    assert plan_due(later) == 1
    with Working(make_shipper(postroom)):
        until(lambda: all(run.state.value == "GENERATED" for run in exporter.runs()))

    (run,) = exporter.runs()
    assert (run.rows, run.local_date.year) == (1, 2100)


def test_a_webhook_hears_of_the_file_and_can_tell_that_it_is_from_us(
    postroom: Postroom, exporter: Exporter
) -> None:
    office = postroom.office
    with web_server() as hook:
        with office.database.transaction() as connection:
            _, secret = targets.add_webhook(
                office,
                connection,
                exporter.account_id,
                hook.url,
                [Event.FLOW],
                webhook_rules(postroom.settings),
            )
        run_id = run_now(make_depot(postroom), exporter.account_id, OPENED)
        with Working(make_shipper(postroom)), Working(make_notifier(postroom)):
            until(lambda: bool(hook.requests))

    (request,) = hook.requests
    told = Webhook(secret).verify(request.body, dict(request.headers))
    assert told == json.loads(request.body)
    assert told["type"] == "flow.generated"
    assert told["data"]["sha256"] == exporter.read(run_id).sha256
    with postroom.database.transaction() as connection:
        assert len(notices.deliveries_of_account(connection, exporter.account_id)) == 1


def test_one_that_cannot_be_made_does_not_keep_the_other_flows(
    postroom: Postroom, exporter: Exporter
) -> None:
    exporter.activate("EMAIL_CLICKED")
    broken = run_now(make_depot(postroom), exporter.account_id, OPENED)
    with postroom.database.transaction() as connection:
        connection.execute(
            'update flow_runs set plan = plan || \'{"zone": "Nowhere/Land"}\' where run_id = %s', [broken]
        )
    good = run_now(make_depot(postroom), exporter.account_id, "EMAIL_CLICKED")

    with Working(make_shipper(postroom)):
        until(lambda: state(exporter, good) == "GENERATED")
        until(lambda: exporter.read(broken).failure is not None)

    assert state(exporter, broken) == "PLANNED"


def test_files_are_kept_for_as_long_as_the_operator_says(postroom: Postroom) -> None:
    assert make_depot(postroom).keep_days == 7
