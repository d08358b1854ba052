"""Removing partners' files that were kept for long enough: they are full of personal data."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from postroom.contacts.errors import PostroomError
from postroom.sending.mailroom import Mailroom
from postroom.store import files, partner_files
from postroom.store.accounts import all_accounts

EXPIRE_TASK: Final = "partners.expire"
"""The job that removes partners' files that were kept for long enough."""

_LOG = logging.getLogger("postroom.sending")
_AT_ONCE: Final = 100


def expire_partner_files(mailroom: Mailroom, *, days: int, at_once: int = _AT_ONCE) -> int:
    """Remove files that were ready more than `days` ago; return how many. What is known of them stays."""
    with mailroom.database.reading() as connection:
        accounts = [account.account_id for account in all_accounts(connection)]
    return sum(_expire(mailroom, account_id, days, at_once) for account_id in accounts)


def _expire(mailroom: Mailroom, account_id: int, days: int, at_once: int) -> int:
    now = mailroom.clock()
    removed = 0
    while True:
        with mailroom.database.transaction() as connection:
            files.lock_tree(connection, account_id)
            keys = partner_files.forget_partner_files(
                connection, account_id, before=now - timedelta(days=days), now=now, limit=at_once
            )
        for key in keys:
            _delete(mailroom, key)
        removed += len(keys)
        if len(keys) < at_once:
            return removed


def _delete(mailroom: Mailroom, key: str) -> None:
    try:
        mailroom.blobs.delete(key)
    except (OSError, PostroomError):
        # Nothing refers to it any more, so it is tidied away with the like of it.
        _LOG.warning("blob %s could not be deleted", key, exc_info=True)
