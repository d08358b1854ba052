"""What came of a deposit, seen from outside: the folders, the reports, the command line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from demo.deposits import Deposit
from demo.senders import Sender

IMPORT = "/contacts/import"
_CODE, _REASON = -2, -1


@dataclass(frozen=True, slots=True)
class Refusal:
    """The rows that a report lists for one reason: how many, and the first of them as an example."""

    code: str
    count: int
    line: str
    reason: str


@dataclass(slots=True)
class Outcome:
    """Where a deposit went, what its reports list, and what the command line says of it."""

    deposit: Deposit
    path: str
    refused: list[Refusal] = field(default_factory=list)
    warnings: list[Refusal] = field(default_factory=list)
    error: str = ""
    drop: Mapping[str, Any] = field(default_factory=dict)
    members: int | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """Return the counts of the drop."""
        counts: Mapping[str, int] = self.drop.get("counts") or {}
        return counts


def place_of(sender: Sender, name: str, before: frozenset[str]) -> str | None:
    """Return in which folder the file stands by now (in, on, ok, ko); None between two looks."""
    for state in ("ok", "ko", "on", "in"):
        if any(found not in before and own_name(found) == name for found in _names(sender, state)):
            return state
    return None


def settled_names(sender: Sender) -> frozenset[str]:
    """Return the names in ok and ko."""
    return frozenset(_names(sender, "ok")) | frozenset(_names(sender, "ko"))


def own_name(name: str) -> str:
    """Return a name without the deposit time that it bears from `on` onwards."""
    return re.sub(r"^[0-9]+_", "", name)


def outcome_of(deposit: Deposit, sender: Sender, state: str, before: frozenset[str]) -> Outcome:
    """Fetch the reports that stand beside a settled file."""
    names = [name for name in _names(sender, state) if name not in before]
    name = next(found for found in names if own_name(found) == deposit.name)
    folder = f"{IMPORT}/{state}"

    def fetched(ending: str) -> bytes:
        report = f"{name}.{ending}"
        return sender.fetch(f"{folder}/{report}") if report in names else b""

    return Outcome(
        deposit,
        f"{folder}/{name}",
        refused=refusals(fetched("errors.csv")),
        warnings=refusals(fetched("warnings.csv")),
        error=fetched("error.txt").decode("iso-8859-1"),
    )


def refusals(report: bytes) -> list[Refusal]:
    """Sum up a report by reason, the most frequent first; its last columns are line, code and reason."""
    rows = list(csv.reader(io.StringIO(report.decode("cp1252"), newline=""), delimiter=";"))[1:]
    counts = Counter(row[_CODE] for row in rows)
    first = {row[_CODE]: row for row in reversed(rows)}
    return [
        Refusal(code, count, first[code][-3], first[code][_REASON]) for code, count in counts.most_common()
    ]


def look_up(outcomes: Sequence[Outcome], command: Callable[..., Any], account: str) -> None:
    """Ask the command line what it says of each deposit and its list."""
    drops = command("drop", "list", "--account", account)
    members = {each["id"]: each["members"] for each in command("list", "list", "--account", account)}
    for outcome in outcomes:
        # Newest first: of two deposits of one name the later one is looked up while it is the last.
        drop = next(each for each in drops if _is(each, outcome.deposit))
        drops.remove(drop)
        outcome.drop = drop
        outcome.members = members.get((drop["list"] or {}).get("id"))


def _is(drop: Mapping[str, Any], deposit: Deposit) -> bool:
    return bool(drop["file"] == deposit.name)


def complaints(outcome: Outcome) -> list[str]:
    """Return what is not as it must be, in words; nothing when all is well."""
    deposit = outcome.deposit
    failure = (outcome.drop.get("failure") or {}).get("code")
    found: dict[str, object] = {name: outcome.counts.get(name) for name in deposit.counts}
    wanted: dict[str, object] = dict(deposit.counts)
    found |= {"failure": failure, "contacts on its list": outcome.members}
    wanted |= {"failure": deposit.failure, "contacts on its list": deposit.members}
    found |= {"refused by reason": _by_reason(outcome.refused)}
    wanted |= {"refused by reason": dict(deposit.refused)}
    found |= {"warnings by reason": _by_reason(outcome.warnings)}
    wanted |= {"warnings by reason": dict(deposit.warnings)}
    return [
        f"{deposit.label}: {what} is {found[what]}, expected {wanted[what]}"
        for what in wanted
        if found[what] != wanted[what]
    ]


def _by_reason(refused: Sequence[Refusal]) -> dict[str, int]:
    return {each.code: each.count for each in refused}


def _names(sender: Sender, state: str) -> list[str]:
    return sender.names(f"{IMPORT}/{state}")
