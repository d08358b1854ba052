"""The launch of a long list beside one bare INSERT … SELECT of as many messages, in turns on one database."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench.scratch import Scratch, settle_down
from bench.tables import Table
from postroom.contacts.channels import Channel
from postroom.contacts.events import EventSource
from postroom.contacts.templates import Content, Variant
from postroom.jobs.queue import Queue
from postroom.sending import campaigns as lives
from postroom.sending.campaigns import By, Wanted
from postroom.sending.launching import expand
from postroom.sending.mailroom import Mailroom
from postroom.store import campaigns, templates
from postroom.store.blobs import LocalBlobs
from postroom.store.campaign_counts import count_campaign
from postroom.store.database import Database
from postroom.store.sealing import KEY_BYTES, Sealer

PEOPLE = 300_000
_AIM = 0.5
_BY = By("bench", EventSource.SYSTEM)
_LIST = 1

_FURNISH = """
insert into contact_ids values (%(account_id)s, %(people)s);

insert into contacts (account_id, contact_id, dedup_key, email, first_name, last_name, city)
select %(account_id)s, n, md5(n::text)::uuid, md5('mail' || n) || '@example.com', 'Jane', 'Doe', 'Paris'
from generate_series(1, %(people)s) as n;

insert into lists (account_id, list_id, name, created_at, updated_at)
overriding system value values (%(account_id)s, %(list_id)s, 'news', %(now)s, %(now)s);

insert into memberships (account_id, list_id, contact_id, format)
select %(account_id)s, %(list_id)s, n, 99 from generate_series(1, %(people)s) as n;

insert into optouts (account_id, scope, address, reason, act_id)
select %(account_id)s, (array['EMAIL', 'list:news'])[n %% 2 + 1], md5('mail' || n) || '@example.com', 2, 1
from generate_series(1, %(people)s) as n where n %% 25 = 0;

insert into suppressions (account_id, address, channel, kind, reason, bounces, since_at)
select %(account_id)s, md5('mail' || n) || '@example.com', 'EMAIL', 'QUARANTINE_LONG_TERM', 'HARDBOUNCE', 1,
       %(now)s
from generate_series(1, %(people)s) as n where n %% 100 = 1;
"""

_FLOOR = """
insert into messages (account_id, campaign_id, contact_id, channel, address, format, state, due_at, attempts)
select m.account_id, 0, m.contact_id, 'EMAIL', c.email, m.format, 'waiting', %(now)s, 0
from memberships m join contacts c on c.account_id = m.account_id and c.contact_id = m.contact_id
where m.account_id = %(account_id)s and m.list_id = %(list_id)s
"""


@dataclass(frozen=True, slots=True)
class Launches:
    """The best seconds of each; messages that a launch made, people who got none, seconds of its counting."""

    people: int
    bare: float
    launch: float
    messages: int
    left_out: int
    counting: float


def measure(scratch: Scratch, *, people: int = PEOPLE, rounds: int, say: Callable[[str], None]) -> Launches:
    """Launch a campaign to everybody and make as many bare messages, in turns."""
    now = datetime.now(UTC)
    given = {"account_id": scratch.account_id, "people": people, "list_id": _LIST, "now": now}
    bare: list[float] = []
    launches: list[float] = []
    launched: list[int] = []
    with scratch.fresh_database() as url:
        with psycopg.Connection.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
            connection.execute(_FURNISH, given)
        settle_down(url)
        with Database(url, for_bulk=True) as database:
            mailroom = _mailroom(database, url, scratch.directory / "launching-blobs")
            for round_ in range(rounds):
                say(f"launching: {people:,} people, round {round_ + 1} of {rounds}")
                bare.append(_seconds(lambda: _bare(database, given)))
                launched.append(_scheduled(mailroom, scratch.account_id))
                launches.append(_seconds(lambda: expand(mailroom, scratch.account_id, launched[-1])))
            with database.transaction() as connection:
                campaign = campaigns.campaign_by_id(connection, scratch.account_id, launched[-1])
                started = time.perf_counter()
                counts = count_campaign(connection, campaign)
                counting = time.perf_counter() - started
    return Launches(people, min(bare), min(launches), counts.waiting, sum(counts.not_sent.values()), counting)


def table(found: Launches) -> Table:
    """Show it beside the aim."""
    header = ("Statement", "People", "Messages", "Left out", "Seconds", "People/s", "Of the bare one")
    rows = [
        _row("one bare INSERT … SELECT", found.people, found.people, 0, found.bare, ""),
        _row(
            "launch: judged, made, recorded",
            found.people,
            found.messages,
            found.left_out,
            found.launch,
            f"{found.bare / found.launch:.2f}",
        ),
        ("aim", "", "", "", "", "", f"{_AIM:.2f}"),
    ]
    note = (
        f"Each the best of its rounds. Counting the campaign afterwards took {found.counting * 1000:.0f} ms."
    )
    return Table("A launch beside a bare insert", header, rows, [note])


def _row(name: str, people: int, messages: int, left_out: int, seconds: float, ratio: str) -> tuple[str, ...]:
    rate = people / seconds
    return (
        name,
        f"{people:,}",
        f"{messages:,}",
        f"{left_out:,}",
        f"{seconds:.2f}",
        f"{rate:,.0f}",
        ratio,
    )


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _bare(database: Database, given: dict[str, object]) -> None:
    with database.transaction() as connection:
        connection.execute(_FLOOR, given)


def _scheduled(mailroom: Mailroom, account_id: int) -> int:
    content = Content(Channel.EMAIL, {"": Variant("Sale", "<p>Sale</p>")}, sender="news@example.com")
    with mailroom.database.transaction() as connection:
        made = templates.create_template(
            connection, account_id, secrets.token_hex(8), content, now=mailroom.clock()
        )
    draft = lives.create(mailroom, account_id, Wanted("Sale", _LIST, made.template_id), by=_BY)
    return lives.launch(mailroom, account_id, draft.campaign_id, by=_BY).campaign_id


def _mailroom(database: Database, url: str, blobs: Path) -> Mailroom:
    return Mailroom(
        database=database,
        blobs=LocalBlobs(blobs),
        queue=Queue(url),
        sealer=Sealer([secrets.token_bytes(KEY_BYTES)]),
        clock=lambda: datetime.now(UTC),
    )
