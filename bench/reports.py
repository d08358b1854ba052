"""The reports of a day with a million events, beside a COPY of as many lines through the same deflate."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.child import Measured, measured
from bench.scratch import Scratch, settle_down
from bench.tables import Table
from postroom.jobs.queue import Queue
from postroom.outflow.depot import Depot
from postroom.outflow.reports.reporting import report
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.sealing import Sealer

EVENTS = 1_000_000
CONTACTS = 200_000
CAMPAIGNS = 50
_NOW = datetime(2026, 11, 11, 2, tzinfo=UTC)

_FURNISH = """
insert into contact_ids values (%(account_id)s, %(contacts)s);

insert into contacts (account_id, contact_id, dedup_key, email, mobile, last_name, first_name, city)
select %(account_id)s, n, md5(n::text)::uuid, 'person' || n || '@example.com',
       '+336' || lpad(n::text, 8, '0'), 'Durand', 'Élodie', 'Saint-Étienne'
from generate_series(1, %(contacts)s) as n;

insert into campaigns (account_id, name, kind, channel, content, options, is_test, state, created_at,
                       created_by)
select %(account_id)s, 'Campaign #' || n, 'ONE_SHOT', 'EMAIL', '{}', '{}', false, 'running', %(now)s, 'bench'
from generate_series(1, %(campaigns)s) as n;

insert into events (account_id, seq, recorded_at, at, event_id, type, source, channel, contact_id,
                    campaign_id, message_id, address, attributes)
select %(account_id)s, n, %(day)s, %(day)s, md5(n::text)::uuid,
       (array['message.opened', 'message.opened', 'message.opened', 'message.clicked'])[n %% 4 + 1],
       'TRACKER', 'EMAIL', hashint8(n) & 131071, n %% %(campaigns)s + 1, n,
       'person' || (hashint8(n) & 131071) || '@example.com',
       '{"machineOpening": false, "machineClick": false}'
from generate_series(1, %(events)s) as n;

insert into event_counters values (%(account_id)s, %(events)s, %(day)s)
"""

_FLOOR = """
copy (
    select c.* from events e join contacts c on c.account_id = e.account_id and c.contact_id = e.contact_id
    order by e.campaign_id, e.type, e.contact_id limit {lines}
) to stdout (format csv, delimiter ';')
"""


@dataclass(frozen=True, slots=True)
class Reported:
    """What the reports took, and the floor for as many lines (seconds)."""

    reports: Measured
    floor: float

    @property
    def lines(self) -> int:
        """Return how many lines all archives have."""
        return int(self.reports.details["lines"])


def measure(scratch: Scratch, *, say: Callable[[str], None]) -> Reported:
    """Report a day of an account."""
    say(f"reports: {EVENTS:,} events of {CAMPAIGNS} campaigns")
    with scratch.fresh_database() as url:
        given = {
            "account_id": scratch.account_id,
            "contacts": CONTACTS,
            "campaigns": CAMPAIGNS,
            "events": EVENTS,
            "now": _NOW,
            "day": datetime(2026, 11, 10, 12, tzinfo=UTC),
        }
        with psycopg.connect(url) as connection:
            for statement in _FURNISH.split(";\n"):
                connection.execute(statement, given)
        settle_down(url)
        found = measured(
            report_day, url=url, account_id=scratch.account_id, blobs=scratch.directory / "report-blobs"
        )
        return Reported(found, _floor(url, int(found.details["lines"])))


def report_day(order: Mapping[str, Any]) -> dict[str, Any]:
    """Write the reports that are due, in a process of their own."""
    with Database(order["url"], for_bulk=True) as database:
        depot = Depot(
            database=database,
            blobs=LocalBlobs(Path(order["blobs"])),
            queue=Queue(order["url"]),
            sealer=Sealer([bytes(32)]),
            clock=lambda: _NOW,
        )
        began = time.perf_counter()
        assert report(depot, order["account_id"]) == 1
        seconds = time.perf_counter() - began
        with database.reading() as connection:
            row = connection.execute(
                "select count(*) as files, sum(size) as bytes from files where directory like 'reporting/%'"
            ).fetchone()
            told = connection.execute(
                "select (select count(*) from (select distinct campaign_id, type, contact_id from events) e)"
                " + (select count(*) from (select distinct type, contact_id from events) e) as lines"
            ).fetchone()
    assert row is not None
    assert told is not None
    return {"seconds": seconds, "files": row["files"], "bytes": int(row["bytes"]), "lines": told["lines"]}


def _floor(url: str, lines: int) -> float:
    began = time.perf_counter()
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
    size = 0
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy(_FLOOR.format(lines=lines)) as copy,
    ):
        for row in copy:
            size += len(squeeze.compress(row))
    size += len(squeeze.flush())
    assert size
    return time.perf_counter() - began


def table(found: Reported) -> Table:
    """Show what it took."""
    header = ("Day", "Archives", "Lines", "Seconds", "Lines/s", "Floor, s", "Of the floor", "MiB")
    row = (
        f"{EVENTS:,} events, {CAMPAIGNS} campaigns",
        f"{found.reports.details['files']}",
        f"{found.lines:,}",
        f"{found.reports.seconds:.1f}",
        f"{found.lines / found.reports.seconds:,.0f}",
        f"{found.floor:.1f}",
        f"{found.floor / found.reports.seconds:.2f}",
        f"{found.reports.peak_mib:.0f}",
    )
    note = "The floor is a COPY of as many lines of contacts through the same deflate, and nothing else."
    return Table("Daily reports", header, [row], [note])
