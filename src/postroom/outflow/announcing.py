"""Telling an account's targets of a file: signed webhooks and mails, through notices."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from postroom.jobs.queue import Enqueues
from postroom.notices import outbox
from postroom.notices.message import Event, Message, moment
from postroom.outflow import wording
from postroom.outflow.wording import How
from postroom.store.accounts import Account, account_by_id
from postroom.store.database import Connection
from postroom.store.flows import Run

_FAILURES: Final = frozenset({"failed", "undelivered"})


def announce(connection: Connection, queue: Enqueues, run: Run, how: How, *, now: datetime) -> int:
    """Put what became of a run on its way to whoever wants to hear of flows; return how many do.

    Commits nothing. A failure also goes to those who want to hear of failures.
    """
    event = Event.FAILURE if how in _FAILURES else Event.FLOW

    def compose() -> Message:
        return message_about(connection, run, how, now=now)

    return outbox.post(connection, queue, run.account_id, event, compose, now=now)


def message_about(connection: Connection, run: Run, how: How, *, now: datetime) -> Message:
    """Return what there is to tell of a run."""
    account = account_by_id(connection, run.account_id)
    language = account.settings.language
    public_id = f"{run.account_id}-{run.run_id}"
    return Message(
        type="flow.failed" if how in _FAILURES else f"flow.{how}",
        about=public_id,
        at=now,
        data={
            "id": public_id,
            "account": account.name,
            "flow": run.flow,
            "run": run.run_id,
            "file": run.file_name,
            "rows": run.rows,
            "sha256": run.sha256,
            "status": "WITH_ERROR" if how in _FAILURES else "SUCCESS",
            "state": run.state.value,
            "date": run.local_date.isoformat(),
            "revision": run.revision,
            "size": run.size,
            "location": run.location,
            "cut_at": moment(run.cut_at),
            "failure": run.failure,
        },
        subject=wording.subject(how, language, run.file_name),
        opening=wording.opening(how, language, run.file_name),
        facts=[
            (wording.label(name, language), str(value))
            for name, value in _facts(run, account, how).items()
            if value is not None
        ],
    )


def _facts(run: Run, account: Account, how: How) -> dict[str, object]:
    """Return what people are told; of a failure why, where, and what to do about it."""
    facts = {"account": account.name, "flow": run.flow, "file": run.file_name, "run": run.run_id}
    facts["location"] = run.location
    if how not in _FAILURES:
        return {**facts, "rows": run.rows, "sha256": run.sha256}
    act = "resend" if how == "undelivered" and run.blob_key is not None else "regenerate"
    remedy = f"postroom flow {act} {account.name} {run.run_id}"
    return {**facts, "failure": run.failure, "remedy": remedy}
