"""How an outcome is shown, whether it came to pass or was only tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from postroom.contacts.reasons import Language, Reason, reason_text
from postroom.contacts.verdicts import Verdict, verdict_text

_WORDS = {
    "lines": "lines",
    "created": "created",
    "updated": "updated",
    "unchanged": "unchanged",
    "duplicates": "duplicates in the file",
    "refused": "refused",
    "warnings": "values left out",
    "added_to_list": "added to the list",
    "removed_from_list": "removed from the list",
    "deleted": "deleted",
    "opted_out": "opted out",
    "opted_in": "opted in",
    "unknown": "of no contact",
}
_UNDO_WORDS = {
    "contacts_removed": "contacts removed again",
    "contacts_restored": "contacts restored",
    "removed_from_list": "taken off the list again",
    "restored_to_list": "put back on the list",
    "list_removed": "list removed again",
}
_ALWAYS = ("lines", "unchanged", "duplicates", "refused", "warnings")
_ALWAYS_OF_BATCHES = ("commands", "commands_failed", "records", "records_failed")
_OF_IMPORTS = ("created", "updated", "added_to_list", "removed_from_list")


def outcome_facts(outcome: Mapping[str, Any], language: Language) -> dict[str, object]:
    """Return what `drops.settling.outcome_json` made, for people, with the failure in `language`."""
    target, failure, batch = outcome.get("list"), outcome.get("failure"), outcome.get("batch")
    if batch:
        return {
            **({"failure": f"{_place(failure)}: {failure_text(failure, language)}"} if failure else {}),
            **batch_facts(batch, language),
        }
    facts: dict[str, object] = {
        "failure": _failure(failure, language) if failure else None,
        "list": f"{target['name']} ({target['id']})"
        if target and target["id"]
        else target and target["name"],
        "mode": outcome.get("mode"),
    }
    counts = outcome.get("counts") or {}
    shown = (*_ALWAYS, *(_OF_IMPORTS if outcome.get("mode") else ()))
    facts |= {
        _WORDS[name]: counts[name] for name in _WORDS if name in counts and (counts[name] or name in shown)
    }
    notes = outcome.get("notes") or []
    parts = dict(_part(part, language) for part in outcome.get("accounts") or [])
    told = {"notes": "; ".join(notes)} if notes else {}
    return facts | parts | told | undo_facts(outcome.get("undo") or {})


def _part(part: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """Return what a file for several accounts did to one of them."""
    failure, target = part["failure"], part["list"]
    told = [f"{count} {_WORDS[name]}" for name, count in part["counts"].items() if count and name in _WORDS]
    said = f"{failure['code']}: {failure_text(failure, language)}" if failure else ", ".join(told)
    where = f"drop {part['drop']}: " if part["drop"] else ""
    on = f" (list {target['name']})" if target and not failure else ""
    return f"{part['account']} ({', '.join(part['references'])})", f"{where}{said}{on}"


def batch_facts(batch: Mapping[str, Any], language: Language) -> dict[str, object]:
    """Return what became of a command batch, for people: its numbers, and the first findings."""
    tally = batch["tally"]
    told = {name.replace("_", " "): n for name, n in tally.items() if n or name in _ALWAYS_OF_BATCHES}
    shown = {_place(each): _finding(each, language) for each in batch["findings"]}
    return {
        "realm": batch["realm"],
        "description": batch["description"] or None,
        **told,
        **shown,
        "failures and warnings": f"{batch['failures']}, {batch['warnings']}",
        "confirmation mails": batch["mails"],
    }


def _place(finding: Mapping[str, Any]) -> str:
    record = f"record {finding['record']} " if finding.get("record") else ""
    line = f"line {finding['line']} " if finding.get("line") else ""
    return f"{line}{record}{finding['code']}"


def _finding(finding: Mapping[str, Any], language: Language) -> str:
    command = f"{finding['command']}: " if finding["command"] else ""
    return command + verdict_text(Verdict(finding["code"]), language, finding["value"])


def undo_facts(undo: Mapping[str, Any]) -> dict[str, object]:
    """Return what `drops.undoing.undo` came to, for people; nothing when nothing was undone."""
    kept = ", ".join(f"{count} {code}" for code, count in (undo.get("kept") or {}).items())
    return {
        **{words: undo.get(name) for name, words in _UNDO_WORDS.items()},
        "could not be undone": kept or None,
        "listed in": undo.get("report"),
    }


def _failure(failure: Mapping[str, Any], language: Language) -> str:
    return f"{failure['code']}: {failure_text(failure, language)}"


def failure_text(failure: Mapping[str, Any], language: Language) -> str:
    """Say why a file was refused; in the words of its time when the code is of another release."""
    try:
        return reason_text(Reason(failure["code"]), language, failure["value"])
    except ValueError:
        return str(failure["text"])


def asked_facts(requests: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Return what became of the messages and campaigns that a batch asked for."""
    told = []
    for each in requests:
        state = {"recorded": "waiting", "done": "done", "failed": "failed"}[each["state"]]
        why = f" ({each['outcome']})" if each["outcome"] else ""
        into = ", ".join(map(str, each["campaign_ids"][:5]))
        told.append(f"{each['requests']} {each['kind']} {state}{why}{f', campaign {into}' if into else ''}")
    return {"asked for": told or None}
