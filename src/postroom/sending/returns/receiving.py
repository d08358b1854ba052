"""Taking in a mail that came back, from wherever: read within bounds, kept durably, applied by a job.

Whoever hands a mail over may forget it once this returns. Handed over twice it is applied once, as its events
have keys.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from postroom.contacts.bounces import Bounce, BounceCategory, BounceType, Complaint, FeedbackType
from postroom.contacts.events import message_name
from postroom.sending.mail.return_paths import read_message_id, read_return_path
from postroom.sending.mailroom import SENDING_QUEUE, Mailroom
from postroom.sending.returns.reports import Report, addressees, left_over, understand
from postroom.store.returns import keep_return

_LOG = logging.getLogger("postroom.returns")

APPLY_TASK: Final = "returns.apply"
"""The job that applies what came back to one account."""


def named_by(mailroom: Mailroom, text: str) -> tuple[int, int] | None:
    """Return account and message of a return path or Message-ID that we made, None of anything else."""
    return read_return_path(mailroom.sealer, text) or read_message_id(mailroom.sealer, text)


def receive(
    mailroom: Mailroom, raw: bytes, recipients: tuple[str, ...] = (), *, complaints: bool = False
) -> bool:
    """Keep what a mail tells; False when it tells nothing that is provably about a message of ours.

    `recipients` are those of its envelope, where that is known; `complaints` says that it came to an address
    for complaints.

    Raises:
        Unavailable: the database is away; nothing was kept.
    """

    def names(text: str) -> tuple[int, int] | None:
        return named_by(mailroom, text)

    report = understand(raw, recipients, names, complaints=complaints)
    if report is None:
        _tell_of(raw, *left_over(raw, recipients, names))
        return False
    lock = apply_lock(report.account_id)
    with mailroom.database.transaction() as connection:
        keep_return(connection, report.account_id, as_json(report), now=mailroom.clock())
        if not mailroom.queue.has_job(connection, lock=lock):
            mailroom.queue.enqueue(
                connection, APPLY_TASK, lock=lock, queue=SENDING_QUEUE, account_id=report.account_id
            )
        mailroom.between_steps("return next")
    mailroom.between_steps("return kept")
    return True


def _tell_of(raw: bytes, named: tuple[int, int] | None, domain: str) -> None:
    """Log a mail that tells nothing; the domain of who wrote it, as the address is a person's."""
    if named is None:
        _LOG.info("a mail of %d bytes from %s tells of no message of ours", len(raw), domain or "nobody")
        return
    _LOG.warning(
        "a mail of %d bytes from %s came back for message %s and is no report: perhaps a person answered",
        len(raw),
        domain or "nobody",
        message_name(*named),
    )


def apply_lock(account_id: int) -> str:
    """Name the lock of the jobs that apply what came back to one account."""
    return f"returns:{account_id}"


def as_json(report: Report) -> dict[str, Any]:
    """Return plain values, fit for jsonb: no NUL in them."""
    told: dict[str, Any] = {"message": report.message_id}
    if report.bounce:
        bounce = report.bounce
        told["bounce"] = [bounce.type.value, bounce.category.value, bounce.code, bounce.status, bounce.text]
    if report.complaint:
        complaint = report.complaint
        at = complaint.reported_at.isoformat() if complaint.reported_at else None
        told["complaint"] = [complaint.type.value, complaint.source, complaint.complainer, at]
    return told


def from_json(account_id: int, told: Mapping[str, Any]) -> Report:
    """Read what `as_json` wrote."""
    bounce = complaint = None
    if "bounce" in told:
        kind, category, code, status, text = told["bounce"]
        bounce = Bounce(BounceType(kind), BounceCategory(category), code, status, text)
    if "complaint" in told:
        kind, source, complainer, at = told["complaint"]
        reported_at = datetime.fromisoformat(at) if at else None
        complaint = Complaint(FeedbackType(kind), source, complainer, reported_at)
    return Report(account_id, int(told["message"]), bounce, complaint)


def receive_left(mailroom: Mailroom, raw: bytes, complaint_addresses: frozenset[str]) -> bool:
    """Do as `receive` with a mail that was left for us somewhere: its headers say to whom it came."""
    complaints = bool(complaint_addresses.intersection(addressees(raw)))
    return receive(mailroom, raw, complaints=complaints)
