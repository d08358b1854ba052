"""The jobs of what comes back: fetching it where it is left for us, applying it, ending quarantines."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from postroom.contacts.errors import Unavailable
from postroom.contacts.suppressions import SuppressionReason
from postroom.sending.mailroom import Mailroom
from postroom.sending.returns.applying import apply_all, apply_returns
from postroom.sending.returns.receiving import APPLY_TASK
from postroom.sending.returns.suppressing import removed
from postroom.store.events import record_events
from postroom.store.suppressions import Suppression, accounts_with_ended, take_ended

_LOG = logging.getLogger("postroom.returns")

APPLY_ALL_TASK: Final = "returns.apply_all"
"""The job that applies whatever came back and has no job any more."""

COLLECT_TASK: Final = "returns.collect"
"""The job that fetches mails from where they are left for us."""

EXPIRE_TASK: Final = "returns.expire"
"""The job that tells of quarantines whose time is over."""

_AT_ONCE: Final = 1000


class Source(Protocol):
    """A place where mails are left that came back: a maildir, a mailbox."""

    def collect(self, mailroom: Mailroom) -> int:
        """Keep what its mails tell, and put them aside; return how many it had."""
        ...


def jobs_of_returns(
    mailroom: Mailroom, sources: Sequence[Source] = ()
) -> tuple[Mapping[str, Callable[..., None]], Mapping[str, str]]:
    """Return handlers by task name, and the cron lines of those that run by themselves."""

    def apply(account_id: int) -> None:
        apply_returns(mailroom, account_id)

    def apply_the_rest() -> None:
        apply_all(mailroom)

    def expire() -> None:
        end_quarantines(mailroom)

    def fetch() -> None:
        collect(mailroom, sources)

    handlers: dict[str, Callable[..., None]] = {
        APPLY_TASK: apply,
        APPLY_ALL_TASK: apply_the_rest,
        EXPIRE_TASK: expire,
    }
    periodic = {APPLY_ALL_TASK: "* * * * *", EXPIRE_TASK: "*/10 * * * *"}
    if sources:
        handlers[COLLECT_TASK] = fetch
        periodic[COLLECT_TASK] = "* * * * *"
    return handlers, periodic


def collect(mailroom: Mailroom, sources: Sequence[Source]) -> None:
    """Fetch from each source; one that is away is asked again a minute later."""
    for source in sources:
        try:
            count = source.collect(mailroom)
        except Unavailable as away:
            _LOG.warning("mails that came back cannot be fetched: %s", away)
            continue
        if count:
            _LOG.info("fetched %d mails that came back", count)


def end_quarantines(mailroom: Mailroom) -> int:
    """Take addresses off their lists whose time is over, each with its event; return how many."""
    with mailroom.database.transaction() as connection:
        account_ids = accounts_with_ended(connection, now=mailroom.clock())
    return sum(_end(mailroom, account_id) for account_id in account_ids)


def _end(mailroom: Mailroom, account_id: int) -> int:
    count = 0
    while True:
        now = mailroom.clock()
        with mailroom.database.transaction() as connection:
            ended = take_ended(connection, account_id, now=now, limit=_AT_ONCE)
            events = [
                removed(each, each.ended_for or SuppressionReason.EXPIRED, at=_end_of(each, now))
                for each in ended
            ]
            record_events(connection, account_id, events, now=now)
        count += len(ended)
        if len(ended) < _AT_ONCE:
            return count


def _end_of(suppression: Suppression, now: datetime) -> datetime:
    return suppression.until_at or now
