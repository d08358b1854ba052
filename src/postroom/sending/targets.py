"""Whom a campaign is for, as long as its list and its segment are there."""

from __future__ import annotations

from postroom.contacts.errors import Missing
from postroom.store import accounts, launching, lists, segments
from postroom.store.campaigns import Campaign, Options
from postroom.store.database import Connection, Database
from postroom.store.launching import Target


def nobody_yet(database: Database, campaign: Campaign) -> str | None:
    """Say that nobody is there to get a campaign which has just been launched; else None."""
    with database.transaction() as connection:
        target = target_of(connection, campaign.account_id, campaign.list_id, campaign.options)
        if launching.is_anybody(connection, campaign, target.segment):
            return None
    where = "on its list" if campaign.options.segment_id is None else "on its list and in its segment"
    return f"Nobody is {where} now: unless that changes before it goes out, nobody gets it."


def target_of(connection: Connection, account_id: int, list_id: int | None, options: Options) -> Target:
    """Return whom a campaign is for.

    Raises:
        Missing: its list, its seed list or its segment is not there, or not any more.
        Refused: its segment asks for a field that is gone.
    """
    asked = [each for each in (list_id, options.seed_list_id) if each is not None]
    standing = lists.standing_lists(connection, account_id, asked)
    for each in asked:
        if each not in standing:
            raise Missing(f"There is no list {each} in this account.", code="NO_LIST")
    if options.segment_id is None:
        return Target()
    segment = segments.segment_by_id(connection, account_id, options.segment_id)
    settings = accounts.account_by_id(connection, account_id).settings
    return Target(segments.compile_filter(segment.filter, settings))
