"""Letting go of files that were kept for long enough to be sent again (specs, OUT flows 3.6)."""

from __future__ import annotations

import logging
from datetime import timedelta

from postroom.contacts.errors import PostroomError
from postroom.outflow.depot import Depot
from postroom.outflow.hosting import let_go
from postroom.store import flows
from postroom.store.accounts import all_accounts

_LOG = logging.getLogger("postroom.outflow")


def expire(depot: Depot) -> int:
    """Delete the bytes of files made long ago, except what is still on its way; return how many."""
    before = depot.clock() - timedelta(days=depot.keep_days)
    keys: list[str] = []
    with depot.database.transaction() as connection:
        for account in all_accounts(connection):
            keys += flows.forget_bytes(connection, account.account_id, before=before)
    for key in keys:
        try:
            depot.blobs.delete(key)
        except (OSError, PostroomError):
            _LOG.warning("blob %s could not be deleted; nothing refers to it", key, exc_info=True)
    return len(keys) + let_go(depot)
