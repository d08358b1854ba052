"""The confirmation mail of a command batch: what became of the file, for those whom its header names.

No sample of the original's is known; what it tells is in seeds 001 and 003 (confirmation_email, verbose), how
it is laid out here in specs, command batches 5.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape

from postroom.contacts.commands import Finding, Tally
from postroom.contacts.reasons import LANGUAGES, Language
from postroom.contacts.verdicts import Verdict, verdict_text

MOST_LINES = 1000
"""More findings than that are counted, not listed."""

_OF_INTEREST_WHEN_VERBOSE = frozenset(
    {Verdict.UNKNOWN_FIELD, Verdict.UNKNOWN_ARGUMENT, Verdict.UNKNOWN_KEY, Verdict.REPEATED_KEY}
)

_LABELS: dict[str, tuple[str, str]] = {
    "file": ("fichier", "file"),
    "realm": ("realm", "realm"),
    "description": ("description", "description"),
    "started_at": ("début", "start"),
    "ended_at": ("fin", "end"),
    "commands": ("commandes", "commands"),
    "commands_failed": ("commandes en échec", "commands failed"),
    "records": ("enregistrements", "records"),
    "records_failed": ("enregistrements en échec", "records failed"),
    "created": ("contacts créés", "contacts created"),
    "updated": ("contacts mis à jour", "contacts updated"),
    "unchanged": ("contacts inchangés", "contacts unchanged"),
    "deleted": ("contacts supprimés", "contacts deleted"),
    "subscribed": ("abonnements distincts", "distinct subscribes"),
    "unsubscribed": ("désabonnements distincts", "distinct unsubscribes"),
    "optouts_list": ("désinscriptions d'une liste", "opt-outs of a list"),
    "optouts_global": ("désinscriptions globales", "global opt-outs"),
    "optouts_universal": ("désinscriptions universelles", "universal opt-outs"),
    "cleared": ("désinscriptions levées", "opt-outs cleared"),
    "dropped": ("abonnements supprimés", "subscriptions dropped"),
    "fields_ignored": ("champs ignorés", "fields ignored"),
    "requested": ("envois demandés", "messages requested"),
    "rows_inserted": ("lignes relationnelles ajoutées", "relational rows inserted"),
    "rows_updated": ("lignes relationnelles mises à jour", "relational rows updated"),
    "rows_deleted": ("lignes relationnelles supprimées", "relational rows deleted"),
    "rows_cleared": ("lignes relationnelles vidées", "relational rows cleared"),
}
_COUNTED_ALWAYS = ("commands", "commands_failed", "records", "records_failed")

_TITLES: dict[str, tuple[str, str]] = {
    "done": ("Traité : {file} ({realm})", "Processed: {file} ({realm})"),
    "failures": (
        "Traité (échecs : {failed}) : {file} ({realm})",
        "Processed (failed: {failed}): {file} ({realm})",
    ),
    "refused": ("Refusé : {file} ({realm})", "Refused: {file} ({realm})"),
}
_OPENINGS: dict[str, tuple[str, str]] = {
    "done": ("Le fichier {file} a été traité sans échec.", "The file {file} was processed, nothing failed."),
    "failures": (
        "Le fichier {file} a été traité, sauf ce qui a échoué : voir les remarques.",
        "The file {file} was processed, but for what failed: see the remarks.",
    ),
    "refused": (
        "Le fichier {file} a été refusé, rien n'en a été exécuté : {reason}.",
        "The file {file} was refused, nothing of it was run: {reason}.",
    ),
}
_LINE = ("ligne {line}", "line {line}")
_RECORD = (" enregistrement {number}", " record {number}")
_COLON = (" : ", ": ")
_REMARKS = ("Remarques", "Remarks")
_MORE = ("et {more} autres", "and {more} more")


@dataclass(frozen=True, slots=True)
class Processed:
    """What became of a batch. `findings` are the first of those worth a line, `more` counts the others.

    With `refused` nothing of its body was run.
    """

    file: str
    realm: str
    description: str
    language: Language
    verbose: bool
    started_at: datetime
    ended_at: datetime
    tally: Tally
    findings: Sequence[Finding] = ()
    more: int = 0
    refused: Finding | None = None

    @property
    def how(self) -> str:
        """Say in a word how it ended: done, failures or refused."""
        if self.refused is not None:
            return "refused"
        return "failures" if self.failed else "done"

    @property
    def failed(self) -> int:
        """Count what failed: records, or else commands, or what the header asks for."""
        in_header = sum(finding.failed for finding in self.findings if finding.kind is None)
        return self.tally.records_failed or self.tally.commands_failed or in_header


def worth_a_line(finding: Finding, *, verbose: bool) -> bool:
    """Tell whether the mail says a finding: whatever failed, and of the warnings those that lose something.

    What was ignored because its name is unknown is told when the header asks for it (verbose).
    """
    return finding.failed or verbose or finding.verdict not in _OF_INTEREST_WHEN_VERBOSE


def confirmation(processed: Processed) -> tuple[str, str, str]:
    """Return the mail's subject, its plain text and the same as HTML.

    Names and values are strangers': each is one line in the text, and no tag in the HTML.
    """
    values = {
        "file": _shown(processed.file, 200),
        "realm": _shown(processed.realm, 100),
        "failed": processed.failed,
        "reason": _place_and_reason(processed.refused, processed.language) if processed.refused else "",
    }
    subject = _said(_TITLES[processed.how], processed.language).format_map(values)
    opening = _said(_OPENINGS[processed.how], processed.language).format_map(values)
    facts = list(_facts(processed))
    lines = [_place_and_reason(finding, processed.language) for finding in processed.findings]
    if processed.more:
        lines.append(_said(_MORE, processed.language).format(more=processed.more))
    return subject, _text(opening, facts, lines, processed.language), _html(opening, facts, lines, processed)


def _text(opening: str, facts: list[tuple[str, str]], lines: list[str], language: Language) -> str:
    colon = _said(_COLON, language)
    told = [opening, "", *(f"{label}{colon}{value}" for label, value in facts)]
    if lines:
        told += ["", f"{_said(_REMARKS, language)}{colon}".rstrip(), *lines]
    return "\n".join([*told, ""])


def _html(opening: str, facts: list[tuple[str, str]], lines: list[str], processed: Processed) -> str:
    told = [
        "<!doctype html>",
        f'<html lang="{processed.language}"><body><p>{escape(opening)}</p>',
        "<table>",
        *(f'<tr><th align="left">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in facts),
        "</table>",
    ]
    if lines:
        told.append(f"<p>{_said(_REMARKS, processed.language)}</p>")
        told += ["<ul>", *(f"<li>{escape(line)}</li>" for line in lines), "</ul>"]
    return "\n".join([*told, "</body></html>", ""])


def _facts(processed: Processed) -> Iterator[tuple[str, str]]:
    def fact(name: str, value: str) -> tuple[str, str]:
        return _said(_LABELS[name], processed.language), value

    yield fact("file", _shown(processed.file, 200))
    yield fact("realm", _shown(processed.realm, 100))
    if processed.description:
        yield fact("description", _shown(processed.description, 500))
    yield fact("started_at", _moment(processed.started_at))
    yield fact("ended_at", _moment(processed.ended_at))
    if processed.refused is not None:
        return
    for name, count in asdict(processed.tally).items():
        if processed.verbose or name in _COUNTED_ALWAYS:
            yield fact(name, str(count))


def _place_and_reason(finding: Finding, language: Language) -> str:
    """Say a finding as `line N record M: cmd: reason`, as far as it has these (specs, 5.2)."""
    place = _said(_LINE, language).format(line=finding.line) if finding.line else ""
    if finding.number:
        place += _said(_RECORD, language).format(number=finding.number)
    said = [part for part in (place, finding.kind.value if finding.kind else "") if part]
    said.append(verdict_text(finding.verdict, language, _shown(finding.value, 200)))
    return _said(_COLON, language).join(said)


def _said(words: tuple[str, str], language: Language) -> str:
    return words[LANGUAGES.index(language)]


def _shown(text: str, limit: int) -> str:
    """Return a stranger's text as one printable line of at most `limit` characters."""
    line = "".join(mark if mark.isprintable() else "?" for mark in " ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
