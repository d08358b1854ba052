"""What is told of files that go out, in the languages of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from postroom.contacts.reasons import Language

How = Literal["generated", "published", "failed", "undelivered"]
"""What became of a file: one that `failed` could not be made; one that is `undelivered` is there."""

_SUBJECTS: Final[Mapping[Language, Mapping[How, str]]] = {
    "fr": {
        "generated": "Fichier prêt : {file}",
        "published": "Fichier publié : {file}",
        "failed": "Fichier non produit : {file}",
        "undelivered": "Fichier non publié : {file}",
    },
    "en": {
        "generated": "File ready: {file}",
        "published": "File published: {file}",
        "failed": "File not made: {file}",
        "undelivered": "File not published: {file}",
    },
}
_OPENINGS: Final[Mapping[Language, Mapping[How, str]]] = {
    "fr": {
        "generated": "Le fichier {file} est prêt ; il n'a pas d'emplacement.",
        "published": "Le fichier {file} est à son emplacement.",
        "failed": "Le fichier {file} n'a pas pu être produit.",
        "undelivered": "Le fichier {file} est prêt, mais n'a pas pu être déposé à son emplacement.",
    },
    "en": {
        "generated": "The file {file} is ready; it has no location.",
        "published": "The file {file} is at its location.",
        "failed": "The file {file} could not be made.",
        "undelivered": "The file {file} is ready, but could not be brought to its location.",
    },
}
_LABELS: Final[Mapping[str, Mapping[Language, str]]] = {
    "account": {"fr": "compte", "en": "account"},
    "flow": {"fr": "flux", "en": "flow"},
    "file": {"fr": "fichier", "en": "file"},
    "run": {"fr": "exécution", "en": "run"},
    "rows": {"fr": "lignes", "en": "rows"},
    "sha256": {"fr": "SHA-256", "en": "SHA-256"},
    "location": {"fr": "emplacement", "en": "location"},
    "failure": {"fr": "motif", "en": "reason"},
    "remedy": {"fr": "pour réessayer", "en": "to try again"},
}


def subject(how: How, language: Language, file: str) -> str:
    """Return the subject of a mail."""
    return _SUBJECTS[language][how].format(file=file)


def opening(how: How, language: Language, file: str) -> str:
    """Return the sentence that a mail begins with."""
    return _OPENINGS[language][how].format(file=file)


def label(name: str, language: Language) -> str:
    """Return what a fact is called."""
    return _LABELS[name][language]
