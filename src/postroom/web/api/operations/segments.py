"""What the API does with segments: saved filters of contacts."""

from __future__ import annotations

from postroom.drops.room import Room
from postroom.store import accounts, lists, segments
from postroom.store.segments import Segment
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.auth.caller import Caller

__all__ = ["Segment"]

_READ, _WRITE = "campaigns:read", "campaigns:write"


def read_segments(room: Room, caller: Caller, paging: Paging) -> Page[Segment]:
    """Return the caller's segments by id."""
    caller.require(_READ)
    with room.database.transaction() as connection:
        every = segments.segments_of_account(connection, caller.account_id)
    found = [each for each in every if paging.after is None or each.segment_id > paging.after]
    return Page(found[: paging.limit], len(every) if paging.with_total else None)


def read_segment(room: Room, caller: Caller, segment_id: int) -> Segment:
    """Return a segment; raise Missing when the caller has none of that id."""
    caller.require(_READ)
    with room.database.transaction() as connection:
        return segments.segment_by_id(connection, caller.account_id, segment_id)


def count_segment(room: Room, caller: Caller, segment_id: int, *, list_id: int | None) -> int:
    """Return for how many contacts a segment holds, of the account or of a list."""
    caller.require(_READ)
    with room.database.transaction() as connection:
        segment = segments.segment_by_id(connection, caller.account_id, segment_id)
        if list_id is not None:
            lists.list_named(connection, caller.account_id, str(list_id))
        settings = accounts.account_by_id(connection, caller.account_id).settings
        compiled = segments.compile_filter(segment.filter, settings)
        return segments.count_segment(connection, caller.account_id, compiled, list_id=list_id)


def create_segment(room: Room, caller: Caller, name: str, text: str) -> Segment:
    """Save a filter; raise Refused when it is none, Conflict when the name is taken."""
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        settings = accounts.account_by_id(connection, caller.account_id).settings
        return segments.create_segment(connection, caller.account_id, settings, name, text, now=room.clock())


def update_segment(
    room: Room, caller: Caller, segment_id: int, *, name: str | None = None, text: str | None = None
) -> Segment:
    """Change what is not None; raise Refused, Conflict or Missing when that cannot be."""
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        segment = segments.segment_by_id(connection, caller.account_id, segment_id)
        settings = accounts.account_by_id(connection, caller.account_id).settings
        return segments.update_segment(
            connection,
            segment,
            settings,
            segment.name if name is None else name,
            segment.filter if text is None else text,
            now=room.clock(),
        )


def delete_segment(room: Room, caller: Caller, segment_id: int) -> None:
    """Forget a segment; raise Missing when it is not there, Conflict when it is needed."""
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        segments.delete_segment(connection, caller.account_id, segment_id)
