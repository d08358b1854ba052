"""Telling an account's targets of a file: signed webhooks and mails, through notices."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from postroom.jobs.queue import Enqueues
from postroom.notices import outbox
from postroom.notices.message import Event, Message, moment
from postroom.store.accounts import account_by_id
from postroom.store.database import Connection
from postroom.store.flows import Run

How = Literal["generated", "published", "failed"]

_SUBJECT: Final = {
    "fr": {"generated": "Fichier prêt", "published": "Fichier publié", "failed": "Fichier en échec"},
    "en": {"generated": "File ready", "published": "File published", "failed": "File failed"},
}
_OPENING: Final = {
    "fr": {
        "generated": "Le fichier {file} est prêt ; il n'a pas d'emplacement.",
        "published": "Le fichier {file} est à son emplacement.",
        "failed": "Le fichier {file} n'a pu être ni produit ni publié.",
    },
    "en": {
        "generated": "The file {file} is ready; it has no location.",
        "published": "The file {file} is at its location.",
        "failed": "The file {file} could not be made or published.",
    },
}


def announce(connection: Connection, queue: Enqueues, run: Run, how: How, *, now: datetime) -> int:
    """Put what became of a run on its way to whoever wants to hear of flows; return how many do.

    Commits nothing. A failure also goes to those who want to hear of failures.
    """
    event = Event.FAILURE if how == "failed" else Event.FLOW

    def compose() -> Message:
        return message_about(connection, run, how, now=now)

    return outbox.post(connection, queue, run.account_id, event, compose, now=now)


def message_about(connection: Connection, run: Run, how: How, *, now: datetime) -> Message:
    """Return what there is to tell of a run."""
    account = account_by_id(connection, run.account_id)
    language = account.settings.language
    public_id = f"{run.account_id}-{run.run_id}"
    facts = {"flow": run.flow, "file": run.file_name, "rows": run.rows, "sha256": run.sha256}
    return Message(
        type=f"flow.{how}",
        about=public_id,
        at=now,
        data={
            "id": public_id,
            "account": account.name,
            **facts,
            "status": "WITH_ERROR" if how == "failed" else "SUCCESS",
            "state": run.state.value,
            "date": run.local_date.isoformat(),
            "revision": run.revision,
            "size": run.size,
            "location": run.location,
            "cut_at": moment(run.cut_at),
            "failure": run.failure,
        },
        subject=f"{_SUBJECT[language][how]} : {run.file_name}"
        if language == "fr"
        else f"{_SUBJECT[language][how]}: {run.file_name}",
        opening=_OPENING[language][how].format(file=run.file_name),
        facts=[(name, str(value)) for name, value in facts.items() if value is not None],
    )
