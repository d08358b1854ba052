"""The end of a drop: `on` to `ok` or `ko`, its reports beside it, in the transaction of its effects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from postroom.contacts.batches import Action, ColumnMap, FileRefused, Known, Outcome, Part
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import reports, tree
from postroom.drops import summarising
from postroom.drops.announcing import announce
from postroom.drops.issues import IssueSpool
from postroom.drops.room import Room
from postroom.store import drops, files
from postroom.store.blobs import new_key
from postroom.store.database import Connection
from postroom.store.drops import Drop, State
from postroom.store.files import Content

Report = tuple[str, Content]


def write_reports(
    room: Room,
    drop: Drop,
    settings: AccountSettings,
    issues: IssueSpool,
    columns: ColumnMap | None,
    encoding: str,
    failure: FileRefused | None,
) -> list[Report]:
    """Write what there is to report as blobs; return the names they shall have and their contents."""
    base = tree.on_name(drop.prefix or 0, drop.name)
    made: list[Report] = []
    for refused, name in ((True, tree.errors_name(base)), (False, tree.warnings_name(base))):
        if columns is not None and len(issues.of(refused=refused)):
            chunks = reports.errors_csv(columns, issues.of(refused=refused), settings, encoding)
            made.append((name, write_blob(room, chunks)))
    if failure is not None:
        made.append((tree.refusal_name(base), write_blob(room, [reports.error_txt(failure, settings)])))
    return made


def write_summary(
    room: Room, drop: Drop, settings: AccountSettings, outcome: Outcome, made: list[Report], now: datetime
) -> list[Report]:
    """Write what became of the whole file, when its account wants that; return it as a further report."""
    if not summarising.wanted(outcome, settings):
        return []
    text = summarising.summary_txt(drop, outcome, settings, [name for name, _content in made], now)
    return [(tree.summary_name(tree.on_name(drop.prefix or 0, drop.name)), write_blob(room, [text]))]


def settle(
    room: Room,
    connection: Connection,
    drop: Drop,
    outcome: Outcome,
    made: list[Report],
    *,
    now: datetime,
) -> None:
    """Move the drop's file to its end and put the reports beside it; commits nothing itself."""
    files.lock_tree(connection, drop.account_id)
    state = "ok" if outcome.failure is None else "ko"
    directory = tree.directory_of(Action(drop.action), state)
    for file in files.files_of_drop(connection, drop.account_id, drop.drop_id):
        files.move_file(connection, file, directory=directory, name=file.name, drop_id=drop.drop_id)
    for name, content in made:
        files.put_file(
            connection,
            account_id=drop.account_id,
            directory=directory,
            name=name,
            content=content,
            modified_at=now,
            drop_id=drop.drop_id,
        )
    drops.settle_drop(
        connection,
        drop,
        state="applied" if outcome.failure is None else "refused",
        outcome=outcome_json(outcome, reports=[name for name, _content in made]),
        now=now,
    )
    announce(room, connection, drop.account_id, drop.drop_id)
    room.between_steps("settled")


def settle_shares(
    room: Room, connection: Connection, outcome: Outcome, shares: Mapping[int, Drop], *, now: datetime
) -> None:
    """End the drops that a deposit for several accounts made in others, by account; commits nothing."""
    for part in outcome.parts:
        share = shares.get(part.account_id)
        if share is None:
            continue
        state: State = "applied" if part.outcome.failure is None else "refused"
        drops.settle_drop(
            connection, share, state=state, outcome=outcome_json(part.outcome, reports=[]), now=now
        )
        announce(room, connection, share.account_id, share.drop_id)


def discard(room: Room, made: list[Report]) -> None:
    """Remove reports whose transaction did not come to pass."""
    for _name, content in made:
        with suppress(OSError):
            room.blobs.delete(content.blob_key)


def outcome_json(outcome: Outcome, *, reports: list[str]) -> dict[str, Any]:
    """Return an outcome as plain values, fit for jsonb and for `--json`."""
    failure = outcome.failure
    return {
        "counts": asdict(outcome.counts),
        "list": _list_json(outcome),
        "mode": outcome.mode.value if outcome.mode else None,
        "notes": outcome.notes,
        "known_since": _known_json(outcome.known) if outcome.known else None,
        "reports": reports,
        "examples": [
            {"line": issue.line, "code": issue.reason.value, "refused": issue.refused}
            for issue in outcome.examples
        ],
        "failure": _failure_json(failure) if failure else None,
        "read_lines": outcome.read_lines,
        "report_form": asdict(outcome.form) if outcome.form else None,
        "accounts": [_part_json(part) for part in outcome.parts],
    }


def _part_json(part: Part) -> dict[str, Any]:
    failure = part.outcome.failure
    return {
        "account": part.account,
        "references": list(part.references),
        "drop": f"{part.account_id}-{part.drop_id}" if part.drop_id else None,
        "counts": asdict(part.outcome.counts),
        "list": _list_json(part.outcome),
        "failure": _failure_json(failure) if failure else None,
    }


def _list_json(outcome: Outcome) -> dict[str, Any] | None:
    return {"id": outcome.list_id, "name": outcome.list_name} if outcome.list_id else None


def _failure_json(failure: FileRefused) -> dict[str, Any]:
    told = {"code": failure.reason.value, "value": failure.value, "text": str(failure)}
    return {**told, "figures": dict(failure.figures)} if failure.figures else told


def _known_json(known: Known) -> dict[str, Any]:
    return {"id": known.drop_id, "file": known.name, "at": known.since.isoformat()}


def write_blob(room: Room, chunks: Iterable[bytes]) -> Content:
    """Write a report's bytes as a blob, which nobody sees before a file has it."""
    path = room.blobs.staging / new_key()
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as staged:
        for chunk in chunks:
            staged.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return Content(room.blobs.put_file(path), size, digest.hexdigest())
