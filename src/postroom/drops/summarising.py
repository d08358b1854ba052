"""The report of a whole file, for its sender: what became of it, a line for each fact, for programs too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from postroom.contacts.batches import Outcome, Part
from postroom.contacts.reasons import Language, reason_text
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import reports
from postroom.drops import wording
from postroom.store.drops import Drop

_ALWAYS_COUNTED = ("lines", "refused")


def wanted(outcome: Outcome, settings: AccountSettings) -> bool:
    """Tell whether a file gets a summary: by its account's setting, with notes or in any case."""
    return settings.summary == "always" or (settings.summary == "notes" and bool(outcome.notes))


def summary_txt(
    drop: Drop, outcome: Outcome, settings: AccountSettings, report_names: list[str], now: datetime
) -> bytes:
    """Say what became of a drop that is settled `now`: a line for each fact, in the account's language."""
    colon = " : " if settings.language == "fr" else ": "
    return reports.plain_text(
        f"{label}{colon}{value}" for label, value in _facts(drop, outcome, settings, report_names, now)
    )


def known_note(outcome: Outcome, settings: AccountSettings) -> list[str]:
    """Return what to tell when the same bytes were applied before."""
    known = outcome.known
    if known is None:
        return []
    values = {"since": _moment(known.since), "name": known.name, "id": known.drop_id}
    return [wording.note("known", settings.language).format_map(values)]


def _facts(
    drop: Drop, outcome: Outcome, settings: AccountSettings, report_names: list[str], now: datetime
) -> Iterator[tuple[str, str]]:
    language = settings.language

    def fact(name: str, value: str) -> tuple[str, str]:
        return wording.label(name, language), value

    failure = outcome.failure
    yield fact("file", drop.name)
    yield fact("result", wording.result("refused" if failure else "applied", language))
    if failure:
        why = reason_text(failure.reason, language, failure.value)
        yield fact("reason", f"{failure.reason.value}, {why}")
    yield fact("action", drop.action)
    yield fact("login", drop.login)
    yield fact("deposited_at", _moment(drop.deposited_at))
    yield fact("settled_at", _moment(now))
    if outcome.list_name and outcome.mode:
        yield fact("list", outcome.list_name)
        yield fact("mode", outcome.mode.value)
    for name, count in asdict(outcome.counts).items():
        if count or name in _ALWAYS_COUNTED:
            yield wording.count_label(name, language), str(count)
    for part in outcome.parts:
        yield fact("account", f"{', '.join(part.references)}, {_part_text(part, language)}")
    for note in outcome.notes:
        yield fact("note", note)
    for name in report_names:
        yield fact("report", name)


def _part_text(part: Part, language: Language) -> str:
    """Say what a file for several accounts did to one of them."""
    failure, counts = part.outcome.failure, asdict(part.outcome.counts)
    if failure:
        return f"{failure.reason.value}, {reason_text(failure.reason, language, failure.value)}"
    told = (f"{count} {wording.count_label(name, language)}" for name, count in counts.items() if count)
    return ", ".join(told)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
