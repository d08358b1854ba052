"""Who reacted to campaigns on a day, as lines of files; which days have been reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from psycopg import sql

from postroom.contacts.channels import Channel
from postroom.contacts.media import ADDRESS_FIELD
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("reports")

_NOBODYS: Final = sql.SQL("0::bigint")
_OWN: Final = sql.SQL("e.campaign_id")


@dataclass(frozen=True, slots=True)
class ReportDay:
    """A day of an account, and up to which event its reports tell of it; `closed` ones are final."""

    day: date
    up_to_seq: int
    closed: bool
    written_at: datetime


@dataclass(frozen=True, slots=True)
class While:
    """The events of an account recorded from `first` to before `end`, up to number `up_to`."""

    account_id: int
    first: datetime
    end: datetime
    up_to: int


@dataclass(frozen=True, slots=True)
class ReportedCampaign:
    """A campaign about which there is something to tell."""

    campaign_id: int
    name: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class ReactionLine:
    """A line of a file, with its end: about a campaign (0: all of them), a channel and a type of event."""

    campaign_id: int
    channel: str
    type: str
    line: bytes

    @property
    def file(self) -> tuple[int, str, str]:
        """Return what all lines of one file have in common, in the order of files."""
        return self.campaign_id, self.channel, self.type


def accounts_with_events(connection: Connection) -> list[int]:
    """Return the accounts that may have reports."""
    return [row["account_id"] for row in connection.execute(_SQL["accounts_with_events"])]


def known_days(connection: Connection, account_id: int, since: date) -> dict[date, ReportDay]:
    """Return the days of an account that were looked at, from one on."""
    rows = connection.execute(_SQL["known_days"], {"account_id": account_id, "since": since})
    return {row["day"]: ReportDay(**row) for row in rows}


def hold_day(connection: Connection, account_id: int, wanted: ReportDay) -> bool:
    """Note how far the reports of a day are, and keep others from it until the transaction ends.

    False when somebody else has closed it, or has told more of it.
    """
    row = connection.execute(
        _SQL["hold_day"],
        {
            "account_id": account_id,
            "day": wanted.day,
            "up_to_seq": wanted.up_to_seq,
            "closed": wanted.closed,
            "now": wanted.written_at,
        },
    ).fetchone()
    return row is not None


def forget_days(connection: Connection, account_id: int, before: date) -> None:
    """Forget the days of before one."""
    connection.execute(_SQL["forget_days"], {"account_id": account_id, "before": before})


def campaigns_between(connection: Connection, events: While) -> list[ReportedCampaign]:
    """Return the campaigns about which there are events, by id."""
    rows = connection.execute(
        _SQL["campaigns_between"],
        {
            "account_id": events.account_id,
            "first": events.first,
            "end": events.end,
            "up_to": events.up_to,
        },
    )
    return [ReportedCampaign(row["campaign_id"], row["name"], Channel(row["channel"])) for row in rows]


@contextmanager
def reaction_lines(
    connection: Connection, events: While, fields: Sequence[str], *, separator: str, by_campaign: bool
) -> Iterator[Iterator[ReactionLine]]:
    """Yield the lines of all files, in the order of campaigns, channels and types: one for each contact.

    A line has the contact's `fields` as they are now, in CSV with `separator`; the address of who opted out
    is the one that it was about. Contacts that are gone are left out. Machines do not count.
    """
    query = sql.SQL(_SQL["reaction_lines"]).format(
        reactions=_reactions(events, by_campaign=by_campaign),
        columns=sql.SQL(", ").join(map(_column, fields)),
        account_id=events.account_id,
        separator=separator,
    )
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        mark = separator.encode()
        yield (_line(bytes(row), mark) for row in copy)


def reported_days(connection: Connection, account_id: int) -> list[date]:
    """Return the days that have reports, the oldest first."""
    return [row["day"] for row in connection.execute(_SQL["reported_days"], {"account_id": account_id})]


def _reactions(events: While, *, by_campaign: bool) -> sql.Composed:
    return sql.SQL(_SQL["reactions"].rstrip(";")).format(
        campaign=_OWN if by_campaign else _NOBODYS,
        account_id=events.account_id,
        first=events.first,
        end=events.end,
        up_to=events.up_to,
    )


def _column(field: str) -> sql.Composable:
    column = sql.Identifier("c", field)
    channels = [medium.value for medium, each in ADDRESS_FIELD.items() if each == field]
    if not channels:
        return column
    return sql.SQL(
        "case when r.type = 'message.unsubscribed' and r.channel = any({channels}) and r.address is not null"
        " then r.address else {column} end"
    ).format(channels=channels, column=column)


def _line(row: bytes, separator: bytes) -> ReactionLine:
    campaign_id, channel, kind, line = row.split(separator, 3)
    return ReactionLine(int(campaign_id), channel.decode(), kind.decode(), line)
