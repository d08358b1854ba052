"""Telling an account's targets how a drop ended, in the transaction of that end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from postroom.contacts.guard import GUARD_REASONS
from postroom.contacts.reasons import Language, Reason, reason_text
from postroom.contacts.verdicts import Verdict, verdict_text
from postroom.drops import wording
from postroom.drops.room import Room
from postroom.drops.trees import BATCH
from postroom.notices import outbox
from postroom.notices.message import Event, Message, moment
from postroom.store import drops, files
from postroom.store.accounts import Account, account_by_id
from postroom.store.database import Connection
from postroom.store.drops import Drop
from postroom.store.files import File


def announce(room: Room, connection: Connection, account_id: int, drop_id: int) -> None:
    """Put the end of a drop, as the caller has just recorded it, on its way; commits nothing itself."""
    drop = drops.drop_by_id(connection, account_id, drop_id)
    if drop is None:
        return
    how = _how(drop)
    event = {"success": Event.SUCCESS, "rejects": Event.REJECTS}.get(how, Event.FAILURE)

    def compose() -> Message:
        account = account_by_id(connection, account_id)
        standing = files.files_of_drop(connection, account_id, drop_id)
        return message_about(drop, how, account, standing, at=now, files_url=room.files_url)

    now = drop.settled_at or room.clock()
    outbox.post(connection, room.queue, account_id, event, compose, now=now)


def message_about(
    drop: Drop, how: str, account: Account, standing: list[File], *, at: datetime, files_url: str | None
) -> Message:
    """Return what there is to tell of a drop: `how` and when it ended, and where its files stand now."""
    language = account.settings.language
    data = _data(drop, account, standing, files_url)
    counts = data["counts"] or {}
    values = {
        "id": drop.public_id,
        "name": drop.name,
        "account": account.name,
        "action": drop.action,
        "attempts": drop.attempts,
        "refused": counts.get("refused", 0),
        "warnings": counts.get("warnings", 0),
        "reason": data["failure"]["text"] if data["failure"] else "",
    }
    return Message(
        type=f"drop.{drop.state}",
        about=drop.public_id,
        at=at,
        data=data,
        subject=wording.subject(how, language, values),
        opening=wording.opening(how, language, values),
        facts=_facts(data, language),
    )


def _how(drop: Drop) -> str:
    if drop.state != "applied":
        return drop.state
    outcome = drop.outcome or {}
    counts, tally = outcome.get("counts") or {}, (outcome.get("batch") or {}).get("tally") or {}
    failed = counts.get("refused") or counts.get("warnings") or tally.get("commands_failed")
    return "rejects" if failed else "success"


def _data(drop: Drop, account: Account, standing: list[File], files_url: str | None) -> dict[str, Any]:
    outcome = drop.outcome or {}
    failure = outcome.get("failure")
    reported = set(outcome.get("reports") or ())
    # Where a sender of batches has no file any more, there is none to be pointed at.
    shown = [] if drop.action == BATCH else standing
    places = [(file.name, _place(file, files_url)) for file in shown]
    return {
        "id": drop.public_id,
        "account": account.name,
        "action": drop.action,
        "name": drop.name,
        "login": drop.login,
        "state": drop.state,
        "deposited_at": moment(drop.deposited_at),
        "settled_at": moment(drop.settled_at) if drop.settled_at else None,
        "attempts": drop.attempts,
        "counts": outcome.get("counts"),
        "list": outcome.get("list"),
        "mode": outcome.get("mode"),
        "notes": outcome.get("notes") or [],
        "examples": outcome.get("examples") or [],
        **_batch(outcome),
        "failure": failure and {**failure, "text": _reason(failure, account.settings.language)},
        "files": [place for name, place in places if name not in reported],
        "reports": [place for name, place in places if name in reported],
    }


def _batch(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return what only command batches have; nothing of what a contact's values may be in."""
    batch = outcome.get("batch")
    return {"batch": {name: batch[name] for name in ("realm", "description", "tally")}} if batch else {}


def _place(file: File, files_url: str | None) -> dict[str, str | None]:
    path = f"/{file.directory}/{file.name}"
    return {"path": path, "url": files_url.rstrip("/") + quote(path) if files_url else None}


def _reason(failure: Mapping[str, Any], language: Language) -> str:
    if "line" in failure:  # of a command batch, which has codes of its own
        return verdict_text(Verdict(failure["code"]), language, failure["value"])
    return reason_text(Reason(failure["code"]), language, failure["value"])


def _facts(data: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    def fact(name: str, value: object) -> tuple[str, str]:
        return wording.label(name, language), str(value)

    facts = [fact(name, data[name]) for name in ("account", "action", "login", "deposited_at")]
    facts += [fact("settled_at", data["settled_at"])] if data["settled_at"] else []
    facts += [fact("list", data["list"]["name"])] if data["list"] else []
    counts = data["counts"] or {}
    facts += [(wording.count_label(name, language), str(n)) for name, n in counts.items() if n]
    facts += [
        (
            wording.label("issue", language).format(line=each["line"]),
            wording.issue_text(each["code"], language),
        )
        for each in data["examples"]
    ]
    facts += [fact("file", place["url"] or place["path"]) for place in data["files"]]
    facts += [fact("report", place["url"] or place["path"]) for place in data["reports"]]
    facts.append(fact("show", f"postroom drop show {data['id']}"))
    remedy = _remedy(data)
    return [*facts, fact("remedy", f"postroom drop {remedy} {data['id']}")] if remedy else facts


def _remedy(data: Mapping[str, Any]) -> str | None:
    """Return the command with which a person has a drop processed after all, if there is one."""
    if data["state"] == "parked":
        return "retry"
    guarded = data["failure"] and data["failure"]["code"] in GUARD_REASONS
    return "release" if guarded else None
