"""When somebody has fetched a partner's file wholly: an event for each person in it."""

from __future__ import annotations

import secrets
from datetime import datetime

from postroom.contacts.events import EventSource
from postroom.store import partner_files
from postroom.store.database import Database


def note_download(
    database: Database, account_id: int, file_id: int, *, by_whom: str, source: EventSource, now: datetime
) -> int:
    """Record that the last byte of a file of `files` has reached `by_whom`; return of how many people.

    Each time is a time of its own. Of a file that is not kept any more nothing is recorded.
    """
    with database.transaction() as connection:
        return partner_files.record_download(
            connection,
            account_id,
            file_id,
            by_whom=by_whom,
            source=source,
            salt=secrets.token_hex(16),
            now=now,
        )
