"""Reporting the days of an account: closing those that are over, refreshing the one that goes on.

A day is closed by moving the clock of its account's events past its end: from then on no event can be
recorded before, so what is written then is final. Archives are written aside; they appear, and take the place
of older ones, in one transaction with the note of how far they tell.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders.reporting import (
    campaign_archive,
    daily_archive,
    directory_of_day,
    report_columns,
)
from postroom.outflow.depot import Depot
from postroom.outflow.reports.archives import Archives, Wanted
from postroom.outflow.reports.days import Due, due_days, oldest_kept
from postroom.store import events, files, reports
from postroom.store.accounts import account_by_id
from postroom.store.blobs import BlobStore, digest_of
from postroom.store.database import Connection
from postroom.store.files import Content
from postroom.store.reports import ReportDay, ReportedCampaign, While

_LOG: Final = logging.getLogger("postroom.outflow")

REPORT_TASK: Final = "outflow.report"
"""The job that writes the reports that are due, of every account."""

_ALL: Final = 0


@dataclass(frozen=True, slots=True)
class _Written:
    """An archive that nobody sees yet."""

    name: str
    content: Content


def report_all(depot: Depot) -> int:
    """Write the reports that are due, of every account; return how many days were written.

    What goes wrong with one account is logged, and keeps no other from its reports.
    """
    with depot.database.reading() as connection:
        account_ids = reports.accounts_with_events(connection)
    return sum(_report_or_log(depot, account_id) for account_id in account_ids)


def report(depot: Depot, account_id: int) -> int:
    """Write the reports of an account that are due, take the old ones away; return how many days."""
    now = depot.clock()
    with depot.database.reading() as connection:
        settings = account_by_id(connection, account_id).settings
        zone = ZoneInfo(settings.time_zone)
        known = reports.known_days(connection, account_id, oldest_kept(now, zone))
    count = 0
    for due in due_days(known, now, zone):
        count += _write(depot, account_id, settings, due, known.get(due.day), now)
    _forget(depot, account_id, now, zone)
    return count


def _report_or_log(depot: Depot, account_id: int) -> int:
    try:
        return report(depot, account_id)
    except Exception:  # noqa: BLE001  # whatever it is, others are not to wait for it
        _LOG.exception("the reports of account %d could not be written", account_id)
        return 0


def _write(
    depot: Depot,
    account_id: int,
    settings: AccountSettings,
    due: Due,
    said: ReportDay | None,
    now: datetime,
) -> bool:
    with depot.database.transaction() as connection:
        if due.closing:
            events.take_numbers(connection, account_id, 0, now=max(now, due.end))
        up_to = events.cut(connection, account_id).seq
    if said is not None and said.up_to_seq == up_to and not due.closing:
        return False
    told = While(account_id, due.first, due.end, up_to)
    day = ReportDay(due.day, up_to, due.closing, now)
    depot.between_steps("cut")
    directory = Path(tempfile.mkdtemp(prefix="report-", dir=depot.blobs.staging))
    try:
        written = _archives(depot, settings, told, due, directory, now)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    depot.between_steps("written")
    return _publish(depot, account_id, day, written)


def _archives(
    depot: Depot, settings: AccountSettings, told: While, due: Due, directory: Path, now: datetime
) -> list[_Written]:
    moment = min(due.end, now)
    with depot.database.transaction() as connection:
        # Both passes see the same contacts.
        connection.execute("set transaction isolation level repeatable read")
        campaigns = reports.campaigns_between(connection, told)
        named = [
            (campaign_archive(due.day, each.campaign_id, each.name), _wanted(directory, each))
            for each in campaigns
            if each.channel.by_message
        ]
        if not named:
            return []
        channels = sorted({each.channel for each in campaigns if each.channel.by_message})
        daily = [(daily_archive(due.day), Wanted(directory / "all", _ALL, channels))]
        _fill(connection, settings, told, [wanted for _name, wanted in named], moment)
        _fill(connection, settings, told, [wanted for _name, wanted in daily], moment)
    return [_Written(name, _kept(depot.blobs, wanted.path)) for name, wanted in named + daily]


def _wanted(directory: Path, campaign: ReportedCampaign) -> Wanted:
    return Wanted(directory / str(campaign.campaign_id), campaign.campaign_id, [campaign.channel])


def _fill(
    connection: Connection,
    settings: AccountSettings,
    told: While,
    wanted: Sequence[Wanted],
    moment: datetime,
) -> None:
    fields = [field for field, _header in report_columns(settings)]
    by_campaign = wanted[0].campaign_id != _ALL
    with reports.reaction_lines(
        connection, told, fields, separator=settings.separator, by_campaign=by_campaign
    ) as lines:
        archives = Archives(lines, settings, moment)
        for each in wanted:
            archives.write(each)


def _kept(blobs: BlobStore, path: Path) -> Content:
    sha256, size = digest_of(path)
    return Content(blobs.put_file(path), size, sha256)


def _publish(depot: Depot, account_id: int, day: ReportDay, written: Sequence[_Written]) -> bool:
    """Have archives appear; those of another process that was faster stay instead."""
    directory = directory_of_day(day.day)
    gone: list[str] = []
    with depot.database.transaction() as connection:
        files.lock_tree(connection, account_id)
        held = reports.hold_day(connection, account_id, day)
        if held:
            for each in written:
                replaced = files.file_at(connection, account_id, directory, each.name)
                gone += [replaced.blob_key] if replaced else []
                files.put_file(
                    connection,
                    account_id=account_id,
                    directory=directory,
                    name=each.name,
                    content=each.content,
                    modified_at=day.written_at,
                )
    depot.between_steps("published")
    _delete(depot.blobs, gone if held else [each.content.blob_key for each in written])
    return held and bool(written)


def _forget(depot: Depot, account_id: int, now: datetime, zone: ZoneInfo) -> None:
    """Take away the reports of days that are not kept any more."""
    oldest = oldest_kept(now, zone)
    gone: list[str] = []
    with depot.database.transaction() as connection:
        days = reports.reported_days(connection, account_id)
        old = [directory_of_day(day) for day in days if day < oldest]
        if old:
            files.lock_tree(connection, account_id)
        for file in (file for each in old for file in files.files_in(connection, account_id, each)):
            files.remove_file(connection, file)
            gone.append(file.blob_key)
        reports.forget_days(connection, account_id, oldest)
    _delete(depot.blobs, gone)


def _delete(blobs: BlobStore, keys: Sequence[str]) -> None:
    for key in keys:
        blobs.delete(key)
