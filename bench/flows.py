"""A flow of a million clicks to its ZIP, beside a COPY of the same values through the same deflate."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.child import Measured, measured
from bench.scratch import Scratch, settle_down
from bench.tables import Table
from postroom.jobs.queue import Queue
from postroom.outflow.activating import Start, activate
from postroom.outflow.depot import Depot
from postroom.outflow.generating import generate
from postroom.outflow.options import Format, Options
from postroom.outflow.running import run_now
from postroom.store import flows
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.sealing import Sealer

EVENTS = 1_000_000
CONTACTS = 200_000
_FLOW = "EMAIL_CLICKED"
_NOW = datetime(2026, 11, 11, 2, tzinfo=UTC)
_BLOCK_BYTES = 256 << 10

_FURNISH = """
insert into contacts (account_id, contact_id, email, city)
select %(account_id)s, n, 'person' || n || '@example.com', 'Saint-Étienne'
from generate_series(1, %(contacts)s) n;

insert into campaigns (account_id, name, kind, channel, content, options, is_test, state, created_at,
                       created_by)
select %(account_id)s, 'Campaign #' || n, 'ONE_SHOT', 'EMAIL', '{}', '{}', false, 'running', %(now)s, 'bench'
from generate_series(1, 50) as n;

insert into events (account_id, seq, recorded_at, at, event_id, type, source, channel, contact_id,
                    campaign_id, message_id, address, attributes)
select %(account_id)s, n, %(day)s + n * interval '10 ms', %(day)s, gen_random_uuid(),
       (array['message.clicked', 'message.opened'])[n %% 2 + 1], 'TRACKER', 'EMAIL',
       (hashint8(n) & 131071) + 1, n %% 50 + 1, n, 'person' || n || '@example.com',
       jsonb_build_object(
           'sentMoment', '2026-11-10T08:00:00+00:00', 'linkId', n %% 20, 'linkName', 'Link ' || n %% 20,
           'linkCategory', jsonb_build_array('shop', 'autumn'), 'url', 'https://shop.example.com/p/' || n,
           'firstClick', true, 'firstClickOnLink', false, 'machineClick', false, 'deviceType', 'MOBILE',
           'emailClient', 'Apple Mail', 'operatingSystem', 'iOS', 'userAgent',
           'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)',
           'ipAddress', '192.0.2.' || n %% 250, 'country', 'FR')
from generate_series(1, %(events)s) as n;

insert into event_counters values (%(account_id)s, %(events)s, %(day)s + %(events)s * interval '10 ms')
"""

_FLOOR = """
copy (
    select e.event_id, e.contact_id, e.campaign_id, e.message_id, e.at, e.recorded_at, e.address,
           e.attributes ->> 'sentMoment', e.attributes ->> 'linkId', e.attributes ->> 'linkName',
           e.attributes ->> 'linkCategory', e.attributes ->> 'url', e.attributes ->> 'firstClick',
           e.attributes ->> 'firstClickOnLink', e.attributes ->> 'machineClick',
           e.attributes ->> 'deviceType', e.attributes ->> 'emailClient', e.attributes ->> 'operatingSystem',
           e.attributes ->> 'userAgent',
           e.attributes ->> 'ipAddress', e.attributes ->> 'country'
    from events e where e.account_id = %s and e.type = 'message.clicked' order by e.seq
) to stdout (format csv, delimiter ';')
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """What one file took, and the floor in the same round (seconds)."""

    name: str
    file: Measured
    floor: Measured


def measure(scratch: Scratch, *, events: int, rounds: int, say: Callable[[str], None]) -> list[Exported]:
    """Export a flow of `events` rows in turns with the floor; return the best round of each kind."""
    say(f"flows: {events:,} events, {rounds} rounds")
    with scratch.fresh_database() as url:
        given = {
            "account_id": scratch.account_id,
            "contacts": CONTACTS,
            "events": 2 * events,  # half of them are openings, which the flow passes by
            "now": _NOW,
            "day": _NOW - timedelta(hours=14),
        }
        with psycopg.connect(url) as connection:
            for statement in _FURNISH.split(";\n\n"):
                connection.execute(statement, given)
        settle_down(url)
        order = {"url": url, "account_id": scratch.account_id, "blobs": scratch.directory / "flow-blobs"}
        found = [_round(order, number, events) for number in range(rounds)]
    return [max(each, key=_share) for each in zip(*found, strict=True)]


def _round(order: Mapping[str, Any], number: int, events: int) -> list[Exported]:
    floor = measured(floor_of, **order)
    kinds = {"CSV": {}, "CSV and a contact field": {"fields": ["city"]}, "JSON lines": {"format": "jsonl"}}
    results = []
    for place, (name, options) in enumerate(kinds.items()):
        extra = measured(export, **order, options=options, second=10 * number + place)
        assert extra.details["rows"] == floor.details["rows"] == events
        results.append(Exported(name, extra, floor))
    return results


def _share(found: Exported) -> float:
    return found.floor.seconds / found.file.seconds


def export(order: Mapping[str, Any]) -> dict[str, Any]:
    """Make the file of a flow with all that there is."""
    with Database(order["url"], for_bulk=True) as database:
        depot = Depot(
            database=database,
            blobs=LocalBlobs(Path(order["blobs"])),
            queue=Queue(order["url"]),
            sealer=Sealer([bytes(32)]),
            clock=lambda: _NOW + timedelta(seconds=order["second"]),
        )
        account_id = order["account_id"]
        with database.transaction() as connection:
            connection.execute("delete from flow_activations")
        chosen = order["options"]
        options = Options(fields=tuple(chosen.get("fields", ())), format=Format(chosen.get("format", "csv")))
        activate(depot, account_id, _FLOW, options, start=Start(since=datetime(2020, 1, 1, tzinfo=UTC)))
        run_id = run_now(depot, account_id, _FLOW, extra=True)
        began = time.perf_counter()
        generate(depot, account_id, run_id)
        seconds = time.perf_counter() - began
        with database.reading() as connection:
            run = flows.run_by_id(connection, account_id, run_id)
    return {"seconds": seconds, "rows": run.rows, "bytes": run.size}


def floor_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """COPY the values of the same rows, as they stand there, through the same deflate into a file."""
    began = time.perf_counter()
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
    block: list[bytes | bytearray | memoryview] = []
    held = rows = 0
    target = Path(order["blobs"]).with_suffix(".floor")
    with (
        target.open("wb") as file,
        psycopg.connect(order["url"]) as connection,
        connection.cursor() as cursor,
        cursor.copy(_FLOOR, [order["account_id"]]) as copy,
    ):
        for line in copy:
            rows += 1
            block.append(line)
            held += len(line)
            if held >= _BLOCK_BYTES:
                file.write(squeeze.compress(b"".join(block)))
                block, held = [], 0
        file.write(squeeze.compress(b"".join(block)))
        file.write(squeeze.flush())
    return {"seconds": time.perf_counter() - began, "rows": rows, "bytes": target.stat().st_size}


def table(found: list[Exported]) -> Table:
    """Show what they took."""
    header = ("A flow to its ZIP", "Rows", "Seconds", "Rows/s", "Floor, s", "Of the floor", "MiB")
    rows = [
        (
            each.name,
            f"{each.file.details['rows']:,}",
            f"{each.file.seconds:.1f}",
            f"{each.file.details['rows'] / each.file.seconds:,.0f}",
            f"{each.floor.seconds:.1f}",
            f"{_share(each):.2f}",
            f"{each.file.peak_mib:.0f}",
        )
        for each in found
    ]
    notes = (
        "The floor is a COPY of the same values, as they stand in the table, through the same deflate.",
        "Aims: 0.6 of the floor, and less than 200 MiB.",
    )
    return Table("OUT flows", header, rows, notes)
