"""`send` and `launch`: checked and written down, to be carried out (specs, command batches 2.2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import polars as pl

from postroom.contacts import addresses
from postroom.contacts.channels import Channel
from postroom.contacts.commands import Run
from postroom.contacts.errors import Missing
from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands import asking
from postroom.ingest.commands.realms import Realm
from postroom.ingest.commands.records import SAID_FORMATS
from postroom.ingest.commands.subscribing import enrol
from postroom.ingest.commands.telling import CommandRefused
from postroom.ingest.commands.work import Work
from postroom.ingest.literals import write_rows
from postroom.store import lists, requests, segments, templates

_PLAIN = 1
_ELSEWHERE = frozenset({"list_id", "realm"})
"""Arguments that a request has in columns of its own."""


def send(work: Work, realm: Realm, run: Run) -> None:
    """Write down one message for each record; contacts and subscriptions that are missing are made.

    Opt-outs are honoured, and nothing lifts them.
    """
    list_id = asking.one_list(run.command, work.batch.header, own=work.is_own(realm))
    asking.required(run.command, "template_id")
    template_id = asking.number(run.command, "template_id") or 0
    channel = _template_channel(work, realm, template_id)
    if not channel.by_message:
        raise CommandRefused(Verdict.WRONG_CHANNEL, channel.value)
    realm.require_lists([list_id])
    rows = realm.reader.read(run, work.telling)
    formats = dict(rows.frame.select("row", "format").iter_rows())
    unsaid = rows.having(rows.frame.with_columns(pl.lit(None, dtype=pl.Int16).alias("format")))
    admitted = enrol(work, realm, unsaid, [list_id], forced=False)
    line_format = asking.format_of(run.command)
    contacts = [
        (row, _recipient(run, row, line_format or formats[row] or _PLAIN, key))
        for row, key in admitted.frame.select("row", "dedup_key").iter_rows()
    ]
    _record(work, realm, run, (list_id, template_id), contacts)


def launch(work: Work, realm: Realm, run: Run) -> None:
    """Write down a campaign to a list or a segment of it."""
    list_id = asking.one_list(run.command, work.batch.header, own=work.is_own(realm))
    asking.required(run.command, "format")
    if asking.format_of(run.command) is None:
        raise CommandRefused(Verdict.BAD_ARGUMENT, f"format={run.command.argument('format')}")
    segment_id = asking.number(run.command, "segmentation_id")
    if segment_id is not None:
        _require_segment(work, realm, segment_id)
    seeds = asking.number(run.command, "seed_list_id")
    realm.require_lists([list_id] if seeds is None else [list_id, seeds])
    notified = run.command.argument("notify_email")
    if notified and addresses.email(notified) is None:
        raise CommandRefused(Verdict.BAD_ARGUMENT, f"notify_email={notified}")
    template_id = asking.number(run.command, "template_id")
    if template_id is None:
        template_id = lists.template_of_list(work.connection, realm.account_id, list_id)
    if template_id is None:
        raise CommandRefused(Verdict.LIST_WITHOUT_TEMPLATE, str(list_id))
    _template_channel(work, realm, template_id)
    _record(work, realm, run, (list_id, template_id), [(row, None) for row in range(len(run))])


def _template_channel(work: Work, realm: Realm, template_id: int) -> Channel:
    """Return by what a template goes out; raise CommandRefused where there is none."""
    try:
        template = templates.template_by_id(work.connection, realm.account_id, template_id)
    except Missing:
        raise CommandRefused(Verdict.NO_SUCH_TEMPLATE, str(template_id)) from None
    return template.content.channel


def _require_segment(work: Work, realm: Realm, segment_id: int) -> None:
    try:
        segments.segment_by_id(work.connection, realm.account_id, segment_id)
    except Missing:
        raise CommandRefused(Verdict.NO_SUCH_SEGMENT, str(segment_id)) from None


def _recipient(run: Run, row: int, code: int, key: str | None) -> str:
    """Return what a message needs of its recipient, as JSON: what fields say, item blocks, the key."""
    said = zip(run.command.fields, run.rows[row], strict=True)
    fields = {name: value for name, value in said if value and name.lower() not in SAID_FORMATS}
    return json.dumps({"fields": fields, "format": code, "items": run.items.get(row, ()), "key": key})


def _record(
    work: Work, realm: Realm, run: Run, what: tuple[int, int], contacts: Sequence[tuple[int, str | None]]
) -> None:
    """Write down what a list and a template are for; messages have whom they are for as well."""
    if not contacts:
        return
    arguments = {key: value for key, value in run.command.arguments if key not in _ELSEWHERE}
    list_id, template_id = what
    arguments["template_id"] = str(template_id)
    if work.batch.header.campaign_name:
        arguments.setdefault("campaign_name", work.batch.header.campaign_name)
    lines = _lines(run, (row for row, _contact in contacts))
    rows = pl.DataFrame(
        [
            lines,
            pl.Series("contact", [contact for _row, contact in contacts], dtype=pl.String),
        ]
    ).select(
        pl.lit(realm.account_id),
        pl.lit(run.command.kind.value).alias("kind"),
        pl.lit(work.batch.drop_id).alias("drop_id"),
        "line",
        pl.lit(list_id).alias("list_id"),
        pl.lit(json.dumps(arguments)).alias("arguments"),
        "contact",
        pl.lit("recorded").alias("state"),
        pl.lit(work.now.isoformat()).alias("requested_at"),
    )
    with requests.copy_requests(work.connection) as copy:
        write_rows(rows, copy.write)
    work.tally.requested += len(contacts)
    work.requested.add(realm.account_id)


def _lines(run: Run, rows: Iterable[int]) -> pl.Series:
    return pl.Series("line", [run.lines[row] for row in rows], dtype=pl.Int64)
