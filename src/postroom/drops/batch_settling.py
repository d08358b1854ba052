"""The end of a command batch: its files vanish, our copy stays, the mails about it are on their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from postroom.contacts import addresses
from postroom.contacts.batches import Counts
from postroom.contacts.commands import BatchHeader, Finding, Tally
from postroom.contacts.reasons import Language
from postroom.contacts.verdicts import Verdict, verdict_text
from postroom.dialects.batches.confirmation import Processed, confirmation
from postroom.dialects.folders.tree import on_name
from postroom.drops.announcing import announce
from postroom.drops.pairing import vanish
from postroom.drops.remarks import Remarks
from postroom.drops.room import Room
from postroom.drops.trees import KEPT
from postroom.notices import outbox
from postroom.notices.message import Mail, moment
from postroom.store import drops, files
from postroom.store.accounts import account_by_id
from postroom.store.database import Connection
from postroom.store.drops import Drop
from postroom.store.files import Content

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt at a batch ended. `header` is there when its login was right: others hear nothing."""

    started_at: datetime
    tally: Tally
    remarks: Remarks
    header: BatchHeader | None
    refused: Finding | None


def settle_batch(room: Room, connection: Connection, drop: Drop, ended: Ended, copy: Content) -> list[str]:
    """Record the end of a batch that the caller holds; commits nothing itself.

    `copy` is the batch without its secrets. Return the keys of the blobs to be deleted after the commit.
    """
    now = room.clock()
    language = account_by_id(connection, drop.account_id).settings.language
    receivers = _receivers(ended)
    files.lock_tree(connection, drop.account_id)
    gone = vanish(connection, drop)
    files.put_file(
        connection,
        account_id=drop.account_id,
        directory=KEPT,
        name=on_name(drop.prefix or 0, drop.name),
        content=copy,
        modified_at=now,
        drop_id=drop.drop_id,
    )
    drops.replace_content(connection, drop, copy)
    drops.settle_drop(
        connection,
        drop,
        state="applied" if ended.refused is None else "refused",
        outcome=_outcome_json(ended, language, mails=len(receivers), now=now),
        now=now,
    )
    announce(room, connection, drop.account_id, drop.drop_id)
    if ended.header is not None and receivers:
        mail = _mail(drop, ended, ended.header, language, now)
        outbox.post_mails(connection, room.queue, drop.account_id, receivers, mail, now=now)
    room.between_steps("settled")
    return [file.blob_key for file in gone]


def _receivers(ended: Ended) -> Sequence[str]:
    """Return the addresses that the header names, each once; remark on what is none."""
    named = ended.header.confirmation if ended.header is not None else ()
    receivers: dict[str, None] = {}
    for text in named:
        address = addresses.email(text)
        if address is None:
            ended.remarks.add(Finding(0, Verdict.BAD_CONFIRMATION, text, failed=False))
        else:
            receivers[address] = None
    return list(receivers)


def _mail(drop: Drop, ended: Ended, header: BatchHeader, language: Language, now: datetime) -> Mail:
    processed = Processed(
        file=drop.name,
        realm=header.realm,
        description=header.description,
        language=language,
        verbose=header.verbose,
        started_at=ended.started_at,
        ended_at=now,
        tally=ended.tally,
        findings=ended.remarks.kept() if ended.refused is None else (),
        more=ended.remarks.more if ended.refused is None else 0,
        refused=ended.refused,
    )
    subject, text, html = confirmation(processed)
    return Mail("batch.confirmation", drop.public_id, subject, text, html)


def _outcome_json(ended: Ended, language: Language, *, mails: int, now: datetime) -> dict[str, Any]:
    """Return an outcome as `settling.outcome_json` does, with what only a batch has under `batch`."""
    header, refused, remarks = ended.header, ended.refused, ended.remarks
    applied = refused is None
    return {
        "counts": asdict(_counts(ended.tally, remarks)),
        "list": None,
        "mode": None,
        "notes": [],
        "reports": [],
        "examples": [],
        "failure": _failure_json(refused, language) if refused else None,
        "accounts": [],
        "batch": {
            "realm": header.realm if header else None,
            "description": header.description if header else "",
            "started_at": moment(ended.started_at),
            "ended_at": moment(now),
            "tally": asdict(ended.tally),
            "findings": [_finding_json(each) for each in remarks.kept()[:_EXAMPLES]] if applied else [],
            "failures": remarks.failures if applied else 0,
            "warnings": remarks.warnings if applied else 0,
            "mails": mails,
        },
    }


def _counts(tally: Tally, remarks: Remarks) -> Counts:
    """Say in the counts of all drops what a batch did, as near as that can be."""
    return Counts(
        lines=tally.records,
        created=tally.created,
        updated=tally.updated,
        unchanged=tally.unchanged,
        refused=tally.records_failed,
        warnings=remarks.warnings,
        added_to_list=tally.subscribed,
        removed_from_list=tally.unsubscribed + tally.dropped,
        deleted=tally.deleted,
        opted_out=tally.optouts_list + tally.optouts_global + tally.optouts_universal,
        opted_in=tally.cleared,
    )


def _failure_json(finding: Finding, language: Language) -> dict[str, Any]:
    return {
        "code": finding.verdict.value,
        "value": finding.value[:80],
        "text": verdict_text(finding.verdict, language, finding.value),
        "line": finding.line,
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "line": finding.line,
        "record": finding.number,
        "command": finding.kind.value if finding.kind else None,
        "code": finding.verdict.value,
        "value": finding.value[:80],
        "failed": finding.failed,
    }
