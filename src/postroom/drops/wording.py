"""What became of a drop, in French and English words: for mails, and for the report beside its file."""

from __future__ import annotations

from collections.abc import Mapping

from postroom.contacts.reasons import Language, Reason, reason_text

_COUNTS: dict[str, tuple[str, str]] = {
    "lines": ("lignes", "lines"),
    "created": ("contacts créés", "contacts created"),
    "updated": ("contacts mis à jour", "contacts updated"),
    "unchanged": ("contacts inchangés", "contacts unchanged"),
    "duplicates": ("doublons dans le fichier", "duplicates in the file"),
    "refused": ("lignes refusées", "rows refused"),
    "warnings": ("avertissements", "warnings"),
    "added_to_list": ("ajoutés à la liste", "added to the list"),
    "removed_from_list": ("retirés de la liste", "removed from the list"),
    "deleted": ("contacts supprimés", "contacts deleted"),
    "opted_out": ("adresses désinscrites", "addresses opted out"),
    "opted_in": ("adresses réinscrites", "addresses opted in"),
    "unknown": ("inconnus de la base", "of no contact"),
}
_LABELS: dict[str, tuple[str, str]] = {
    "account": ("compte", "account"),
    "action": ("action", "action"),
    "login": ("déposé par", "left by"),
    "deposited_at": ("déposé le", "left on"),
    "settled_at": ("traité le", "settled on"),
    "list": ("liste", "list"),
    "file": ("fichier", "file"),
    "report": ("rapport", "report"),
    "issue": ("ligne {line}", "line {line}"),
    "show": ("détails", "details"),
    "result": ("résultat", "result"),
    "reason": ("motif", "reason"),
    "mode": ("mode", "mode"),
    "note": ("remarque", "note"),
    "remedy": ("pour le traiter malgré tout", "to have it processed all the same"),
}
_RESULTS: dict[str, tuple[str, str]] = {"applied": ("appliqué", "applied"), "refused": ("refusé", "refused")}
_NOTES: dict[str, tuple[str, str]] = {
    "known": (
        "contenu connu depuis le {since} (« {name} », dépôt {id})",
        "content known since {since} ({name}, drop {id})",
    ),
}
_SUBJECTS: dict[str, tuple[str, str]] = {
    "success": ("Appliqué : {name} ({account}, {action})", "Applied: {name} ({account}, {action})"),
    "rejects": (
        "Appliqué (refus : {refused}, avertissements : {warnings}) : {name} ({account}, {action})",
        "Applied (refused: {refused}, warnings: {warnings}): {name} ({account}, {action})",
    ),
    "refused": ("Refusé : {name} ({account}, {action})", "Refused: {name} ({account}, {action})"),
    "parked": ("En panne : {name} ({account}, {action})", "Stuck: {name} ({account}, {action})"),
}
_OPENINGS: dict[str, tuple[str, str]] = {
    "success": (
        "Le fichier {name} a été appliqué sans réserve.",
        "The file {name} was applied, and nothing in it was refused.",
    ),
    "rejects": (
        "Le fichier {name} a été appliqué, sauf : lignes refusées {refused}, avertissements {warnings}.",
        "The file {name} was applied, but for: rows refused {refused}, warnings {warnings}.",
    ),
    "refused": (
        "Le fichier {name} a été refusé, rien n'a été modifié : {reason}.",
        "The file {name} was refused, nothing was changed: {reason}.",
    ),
    "parked": (
        "Le fichier {name} n'a pas pu être traité en {attempts} tentatives ; il attend l'exploitant.",
        "The file {name} could not be processed in {attempts} attempts; it waits for the operator.",
    ),
}
_LANGUAGES: tuple[Language, ...] = ("fr", "en")


def subject(how: str, language: Language, values: Mapping[str, object]) -> str:
    """Return the line that a mail about a drop is known by; `how` is success, rejects, refused or parked."""
    return _in(_SUBJECTS[how], language).format_map(values)


def opening(how: str, language: Language, values: Mapping[str, object]) -> str:
    """Return the sentence that a mail about a drop begins with."""
    return _in(_OPENINGS[how], language).format_map(values)


def label(name: str, language: Language) -> str:
    """Name a fact; `name` is a key of the table above."""
    return _in(_LABELS[name], language)


def result(state: str, language: Language) -> str:
    """Say how a drop ended: applied or refused."""
    return _in(_RESULTS[state], language)


def note(name: str, language: Language) -> str:
    """Return a note with places for its values; `name` is a key of the table above."""
    return _in(_NOTES[name], language)


def count_label(name: str, language: Language) -> str:
    """Name a count; one that has no words here is called what programs call it."""
    return _in(_COUNTS.get(name, (name, name)), language)


def issue_text(code: str, language: Language) -> str:
    """Say what is wrong with a row without its value, which is somebody's address and stays in the report."""
    return reason_text(Reason(code), language).rstrip(" :")


def _in(words: tuple[str, str], language: Language) -> str:
    return words[_LANGUAGES.index(language)]
