"""What is looked after every minute, so that no launch, request or end of a campaign waits for ever."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from postroom.ingest.outgoing import CARRY_OUT_TASK, enqueue_requests, requests_lock
from postroom.sending.campaigns import LAUNCH_TASK, cancel_rest, launch_lock
from postroom.sending.launching import expand, finish
from postroom.sending.mailroom import SENDING_QUEUE, Mailroom
from postroom.sending.requests import carry_out
from postroom.store import campaigns, requests

_LOG = logging.getLogger("postroom.sending")

CAMPAIGNS_TASK: Final = "sending.campaigns"
"""The job that finishes campaigns and finds launches and requests without a job."""

_PATIENCE: Final = timedelta(minutes=1)


def tend_campaigns(mailroom: Mailroom) -> int:
    """Finish what has come to its end, enqueue what is due and has no job; return how many of both.

    What was claimed when its campaign was cancelled, and waits again, is cancelled too.

    Every launch and every request brings its job, but a job may be lost: it failed for good, or its worker
    was killed. One job too many does no harm, it finds nothing to do.
    """
    stranded = _enqueue_stranded(mailroom)
    with mailroom.database.transaction() as connection:
        quiet = campaigns.quiet_campaigns(connection)
        unfinished = campaigns.cancelled_with_waiting(connection)
    for account_id, campaign_id in unfinished:
        cancel_rest(mailroom, account_id, campaign_id)
    finished = sum(finish(mailroom, account_id, campaign_id) for account_id, campaign_id in quiet)
    return stranded + finished


def jobs_of_campaigns(mailroom: Mailroom) -> tuple[dict[str, Callable[..., None]], dict[str, str]]:
    """Return handlers by task name, and the cron lines of those that run by themselves."""

    def launch(account_id: int, campaign_id: int) -> None:
        expand(mailroom, account_id, campaign_id)

    def carry_out_requests(account_id: int) -> None:
        carry_out(mailroom, account_id)

    def tend() -> None:
        tend_campaigns(mailroom)

    handlers: dict[str, Callable[..., None]] = {
        LAUNCH_TASK: launch,
        CARRY_OUT_TASK: carry_out_requests,
        CAMPAIGNS_TASK: tend,
    }
    return handlers, {CAMPAIGNS_TASK: "* * * * *"}


def _enqueue_stranded(mailroom: Mailroom) -> int:
    queue, stranded = mailroom.queue, 0
    with mailroom.database.transaction() as connection:
        overdue = campaigns.due_campaigns(connection, mailroom.clock() - _PATIENCE)
        for account_id, campaign_id, at in overdue:
            lock = launch_lock(account_id, campaign_id, at)
            if not queue.has_job(connection, lock=lock):
                queue.enqueue(
                    connection,
                    LAUNCH_TASK,
                    lock=lock,
                    queue=SENDING_QUEUE,
                    account_id=account_id,
                    campaign_id=campaign_id,
                )
                stranded += 1
        for account_id in requests.accounts_with_requests(connection):
            if not queue.has_job(connection, lock=requests_lock(account_id)):
                enqueue_requests(connection, queue, account_id)
                stranded += 1
    if stranded:
        _LOG.warning("enqueued %s launches and accounts with requests that had no job", stranded)
    return stranded
