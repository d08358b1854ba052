"""Reports and flows are views of one store: they count the same people (specs, OUT flows 6, reading 31)."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from postroom.contacts.events import EventType
from postroom.drops.room import Room
from postroom.outflow.activating import activate
from postroom.outflow.generating import generate
from postroom.outflow.options import Options
from postroom.outflow.running import run_now
from postroom.store import flows
from tests.conftest import Person
from tests.integration.outflow.exporting import read_csv, unzipped
from tests.integration.outflow.reporter import DAY, MORNING, NEXT_DAY, Reporter

VIEWS = {
    "EMAIL_OPENED": ("EMAIL_opened.csv", "machineOpening"),
    "EMAIL_CLICKED": ("EMAIL_clicked.csv", "machineClick"),
    "EMAIL_UNSUBSCRIBED": ("EMAIL_optout.csv", ""),
}


@pytest.fixture
def busy(room: Room, alice: Person) -> Reporter:
    """Return Alice after a day on which many did much, some of them machines."""
    chance = Random(31)
    reporter = Reporter(room, alice)
    for flow in VIEWS:
        activate(reporter.depot(), reporter.account_id, flow, Options(fields=("email",)))
    people = [reporter.writer.contact(email=f"person{number}@example.com") for number in range(12)]
    campaigns = [reporter.writer.campaign(name) for name in ("Autumn", "Winter")]
    for turn in range(80):
        person = chance.choice(people)
        reporter.react(
            chance.choice([EventType.OPENED, EventType.OPENED, EventType.CLICKED, EventType.UNSUBSCRIBED]),
            chance.choice(campaigns),
            person,
            address=f"person{people.index(person)}@example.com",
            now=MORNING + timedelta(minutes=turn),
            machineOpening=chance.random() < 0.3,
            machineClick=chance.random() < 0.3,
        )
    reporter.report(NEXT_DAY)
    return reporter


def exported(reporter: Reporter, flow: str) -> list[dict[str, str]]:
    """Return the rows of the flow's file."""
    run_id = run_now(reporter.depot(), reporter.account_id, flow)
    generate(reporter.depot(), reporter.account_id, run_id)
    with reporter.room.database.reading() as connection:
        run = flows.run_by_id(connection, reporter.account_id, run_id)
    assert run.blob_key is not None
    with reporter.room.blobs.open(run.blob_key) as stream:
        return read_csv(unzipped(stream.read()).decode())


@pytest.mark.parametrize("flow", VIEWS)
def test_a_report_has_the_people_of_a_flow_each_once(busy: Reporter, flow: str) -> None:
    file, machine = VIEWS[flow]

    rows = [row for row in exported(busy, flow) if row.get(machine) != "true"]

    told = busy.emails(f"{DAY}_Daily.zip", file)
    assert len(told) == len(set(told)) == len({row["profileId"] for row in rows})
    assert set(told) == {row["email"] for row in rows}
    assert len(rows) > len(told)


def test_campaigns_reports_together_are_the_daily_one(busy: Reporter) -> None:
    names = [name for name in busy.listed(DAY) if not name.endswith("_Daily.zip")]

    for file, _machine in VIEWS.values():
        together = {address for name in names for address in busy.emails(name, file)}
        assert together == set(busy.emails(f"{DAY}_Daily.zip", file))
