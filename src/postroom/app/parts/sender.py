"""The part that sends messages, and looks after the events that they become."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from postroom.app.bootstrap import Postroom, opened
from postroom.app.lifetime import Lifetime
from postroom.app.phones import open_phones
from postroom.app.returns import returns_sources
from postroom.app.sending import mail_carriers, make_mailroom
from postroom.app.settings import Settings
from postroom.jobs.worker import Handler, Worker, WorkerConfig
from postroom.sending.mailroom import SENDING_QUEUE, Mailroom
from postroom.sending.partners import expiring
from postroom.sending.partners.expiring import expire_partner_files
from postroom.sending.phone.receipts import jobs_of_receipts
from postroom.sending.returns.tending import jobs_of_returns
from postroom.sending.sweeping import jobs_of_delivery
from postroom.sending.tending import jobs_of_campaigns
from postroom.sending.tracking.answering import ANSWER_TASK, settle_answers
from postroom.store.events import forget_days, open_days

_AT_ONCE = 6
"""Jobs of one process at once: more than one account keeps busy whose relay does not answer."""

TEND_TASK = "events.tend"
"""The job that makes the days of events ahead, and forgets those that were kept for long enough."""


def run(settings: Settings, lifetime: Lifetime) -> None:
    """Send until told to stop; the running jobs end first."""
    with opened(settings, for_bulk=True) as postroom:
        mailroom = make_mailroom(settings, postroom.room)
        phones = open_phones(settings, mailroom)
        mailroom = replace(mailroom, carriers={**mail_carriers(settings), **phones.carriers()})
        worker = make_sender(postroom, mailroom)
        tend_events(mailroom, days=settings.events_days)
        lifetime.when_stopped(worker.stop)
        phones.listen()
        worker.run(on_ready=lifetime.ready)
        for carrier in mailroom.carriers.values():
            carrier.close()


def make_sender(postroom: Postroom, mailroom: Mailroom) -> Worker:
    """Return a worker with every handler of sending."""
    settings = postroom.settings

    def tend() -> None:
        tend_events(mailroom, days=settings.events_days)

    def settle(account_id: int) -> None:
        settle_answers(mailroom, account_id)

    def remove_old_partner_files() -> None:
        expire_partner_files(mailroom, days=settings.partner_days)

    handlers: dict[str, Handler] = {
        TEND_TASK: tend,
        ANSWER_TASK: settle,
        expiring.EXPIRE_TASK: remove_old_partner_files,
    }
    periodic = {TEND_TASK: "37 * * * *", expiring.EXPIRE_TASK: "47 * * * *"}
    for jobs, by_themselves in (
        jobs_of_campaigns(mailroom),
        jobs_of_receipts(mailroom),
        jobs_of_delivery(mailroom),
        jobs_of_returns(mailroom, returns_sources(settings)),
    ):
        handlers.update(jobs)
        periodic.update(by_themselves)
    config = WorkerConfig(
        queue=SENDING_QUEUE,
        concurrency=_AT_ONCE,
        heartbeat_seconds=settings.heartbeat_seconds,
        dead_after_seconds=settings.dead_after_seconds,
    )
    return Worker(postroom.url, handlers, config=config, periodic=periodic)


def tend_events(mailroom: Mailroom, *, days: int) -> None:
    """Make the partitions of the coming days, forget the events of `days` ago."""
    today = mailroom.clock().date()
    open_days(mailroom.database, today)
    forget_days(mailroom.database, today - timedelta(days=days))
