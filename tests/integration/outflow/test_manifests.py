"""Manifests of a day: what those who fetch its files may know of them, and can check by it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from postroom.outflow.activating import activate
from postroom.outflow.companions import manifest_of
from postroom.outflow.generating import generate
from postroom.outflow.locations import Wanted, create, delete
from postroom.outflow.options import Options
from postroom.outflow.planning import plan
from postroom.outflow.running import backfill
from postroom.outflow.scheduling import slots_of
from postroom.store import flows
from postroom.store.flows import Run
from tests.integration.drops.clock import NOON, Clock
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened

OPENED, CLICKED, SENT = "EMAIL_OPENED", "EMAIL_CLICKED", "EMAIL_SENT"


@pytest.fixture
def partners(exporter: Exporter) -> Exporter:
    """Return Alice with locations of two partners, and two that are one folder here."""
    for name in ("shop", "bank"):
        wanted = Wanted(name, "ftps", host=f"{name}.example.com", username="alice", password="x")
        create(exporter.depot, exporter.account_id, wanted)
    for name in ("here", "here2"):
        create(exporter.depot, exporter.account_id, Wanted(name, "hosted"))
    return exporter


def made(exporter: Exporter, flow: str, location: str | None, **options: Any) -> Run:
    activate(exporter.depot, exporter.account_id, flow, Options(**options), location=location)
    return exporter.run(flow)


def files(exporter: Exporter, run: Run) -> list[dict[str, Any]]:
    with exporter.room.database.reading() as connection:
        found: list[dict[str, Any]] = json.loads(manifest_of(connection, run).content)["files"]
    return found


def listed(exporter: Exporter, run: Run) -> list[str]:
    return [each["flow"] for each in files(exporter, run)]


def test_a_partner_sees_nothing_of_what_goes_to_another(partners: Exporter) -> None:
    shop = made(partners, OPENED, "shop")
    bank = made(partners, CLICKED, "bank")
    kept = made(partners, SENT, None)

    assert listed(partners, shop) == [OPENED]
    assert listed(partners, bank) == [CLICKED]
    assert listed(partners, kept) == [SENT]


def test_locations_that_are_one_folder_have_one_manifest(partners: Exporter) -> None:
    first, second = made(partners, OPENED, "here"), made(partners, CLICKED, "here2")

    assert listed(partners, first) == listed(partners, second) == [CLICKED, OPENED]


def test_a_location_that_is_gone_has_its_files(partners: Exporter) -> None:
    run = made(partners, OPENED, "shop")
    with partners.room.database.transaction() as connection:
        flows.deactivate(connection, partners.account_id, OPENED)
        connection.execute("update flow_runs set state = 'PUBLISHED'")
    delete(partners.depot, partners.account_id, "shop")

    assert listed(partners, run) == [OPENED]


def test_extras_and_backfills_are_told_from_what_comes_daily(exporter: Exporter, clock: Clock) -> None:
    exporter.record(happened(OPENED))
    daily = made(exporter, OPENED, None)
    clock.pass_by(60)
    exporter.run(OPENED, extra=True)
    older = backfill(exporter.depot, exporter.account_id, OPENED, NOON - timedelta(days=1), NOON)
    generate(exporter.depot, exporter.account_id, older)

    found = {each["kind"]: each for each in files(exporter, daily)}

    assert set(found) == {"daily", "extra", "backfill"}
    assert found["extra"]["fromSeq"] == found["daily"]["toSeq"]
    assert found["backfill"]["fromSeq"] == 0


def test_each_of_several_times_a_day_is_daily(exporter: Exporter) -> None:
    times = ("04:00", "12:30")
    exporter.activate(OPENED, times=times)
    for slot in slots_of(exporter.clock().date(), times, "Europe/Brussels"):
        run_id = plan(exporter.depot, exporter.account_id, OPENED, slot)
        assert run_id is not None
        generate(exporter.depot, exporter.account_id, run_id)

    assert [each["kind"] for each in files(exporter, exporter.runs()[0])] == ["daily", "daily"]
