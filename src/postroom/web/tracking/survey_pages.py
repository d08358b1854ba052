"""The page of a survey, as HTML: a plain form for any screen or reader, that needs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from postroom.contacts.reasons import Language
from postroom.contacts.surveys import (
    MAX_TEXT_CHARACTERS,
    Definition,
    Kind,
    Question,
    Texts,
    Trouble,
    said_in,
)
from postroom.sending.surveys.taking import Taken
from postroom.web.tracking.documents import whole_page

FIELD: Final = "q."
"""Before the name of a question, in the name of its field."""
SHOWN: Final = "shown"
"""The field that says which showing of the form is sent back."""
PARTIAL: Final = "partial"
"""The field of the button of who will not answer all."""


@dataclass(frozen=True, slots=True)
class SurveyWords:
    """What is said around the questions, in one language."""

    required: str
    send: str
    stop: str
    wrong: str
    thanks: str
    taken: Mapping[Taken, str]
    again: str
    troubles: Mapping[Trouble, str]


SURVEY_WORDS: Final[Mapping[Language, SurveyWords]] = {
    "fr": SurveyWords(
        required="(obligatoire)",
        send="Envoyer mes réponses",
        stop="Envoyer sans tout remplir",
        wrong="Certaines réponses sont à revoir ; rien n’a encore été enregistré.",
        thanks="Merci",
        taken={
            Taken.KEPT: "Vos réponses ont bien été enregistrées.",
            Taken.KEPT_BEFORE: "Vous aviez déjà répondu : seules vos premières réponses sont conservées.",
            Taken.NOT_KEPT: "Ceci est un essai : vos réponses n’ont pas été enregistrées.",
        },
        again="Cette page est restée ouverte trop longtemps ; relisez vos réponses et renvoyez-les.",
        troubles={
            Trouble.MISSING: "Cette question attend une réponse.",
            Trouble.UNKNOWN: "Choisissez parmi les réponses proposées.",
            Trouble.TOO_LONG: "Cette réponse est trop longue.",
            Trouble.NO_NUMBER: "Écrivez un nombre, par exemple 12 ou 3,5.",
            Trouble.NO_DATE: "Écrivez une date comme 2026-12-31.",
        },
    ),
    "en": SurveyWords(
        required="(required)",
        send="Send my answers",
        stop="Send without answering everything",
        wrong="Some answers need another look; nothing has been kept yet.",
        thanks="Thank you",
        taken={
            Taken.KEPT: "Your answers are kept.",
            Taken.KEPT_BEFORE: "You had answered before: your first answers are kept, and only those.",
            Taken.NOT_KEPT: "This is a test: your answers were not kept.",
        },
        again="This page was open for too long; look through your answers and send them again.",
        troubles={
            Trouble.MISSING: "This question needs an answer.",
            Trouble.UNKNOWN: "Choose one of the answers given.",
            Trouble.TOO_LONG: "This answer is too long.",
            Trouble.NO_NUMBER: "Write a number, such as 12 or 3.5.",
            Trouble.NO_DATE: "Write a date such as 2026-12-31.",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form on its way: what was answered so far, what is wrong with it, and what to say first."""

    given: Mapping[str, Sequence[str]]
    troubles: Mapping[str, Trouble]
    notice: str = ""


def survey_page(survey: Definition, language: Language, shown: str, filled: Filled) -> str:
    """Return the page that asks; `shown` comes back with the answers."""
    words = SURVEY_WORDS[language]
    notice = f'<p role="alert"><strong>{escape(filled.notice)}</strong></p>' if filled.notice else ""
    asked = "".join(
        _question(question, language, filled.given.get(question.name, ()), filled.troubles.get(question.name))
        for question in survey.asked
    )
    stop = ""
    if any(question.required for question in survey.asked):
        stop = f' <button type="submit" name="{PARTIAL}" value="1">{escape(words.stop)}</button>'
    body = (
        f'{notice}<form method="post"><input type="hidden" name="{SHOWN}" value="{escape(shown)}">{asked}'
        f'<p><button type="submit">{escape(words.send)}</button>{stop}</p></form>'
    )
    return whole_page(language, _said(survey.title, language), body)


def thanks_page(survey: Definition, language: Language, taken: Taken) -> str:
    """Return the page of who has sent answers, which says what became of them."""
    words = SURVEY_WORDS[language]
    became = escape(words.taken[taken])
    said = f"<p>{_said(survey.title, language)}</p>"
    return whole_page(language, escape(words.thanks), f'<p role="status">{became}</p>{said}')


def _question(question: Question, language: Language, given: Sequence[str], trouble: Trouble | None) -> str:
    words, name = SURVEY_WORDS[language], f"{FIELD}{question.name}"
    mark = f" {escape(words.required)}" if question.required else ""
    label = f"{_said(question.label, language)}{mark}"
    wrong, described = "", ""
    if trouble is not None:
        wrong = f'<p id="{name}.wrong" role="alert">{escape(words.troubles[trouble])}</p>'
        described = f' aria-invalid="true" aria-describedby="{name}.wrong"'
    if question.values:
        boxes = _boxes(question, language, name, given)
        return f"<fieldset{described}><legend>{label}</legend>{wrong}{boxes}</fieldset>"
    field = _field(question, name, given[-1] if given else "", described)
    return f'<fieldset><label for="{name}">{label}</label>{wrong}{field}</fieldset>'


def _boxes(question: Question, language: Language, name: str, given: Sequence[str]) -> str:
    kind = "checkbox" if question.kind is Kind.MULTI else "radio"
    labels = {choice.value: _said(choice.label, language) for choice in question.choices}
    return "".join(
        f'<label><input type="{kind}" name="{name}" value="{value}"{" checked" if value in given else ""}>'
        f" {labels.get(value, value)}</label>"
        for value in question.values
    )


def _field(question: Question, name: str, value: str, described: str) -> str:
    common = f'id="{name}" name="{name}"{described}'
    if question.kind is Kind.TEXT:
        return f'<textarea {common} rows="3" maxlength="{MAX_TEXT_CHARACTERS}">\n{escape(value)}</textarea>'
    more = 'type="date"' if question.kind is Kind.DATE else 'type="text" inputmode="decimal"'
    return f'<input {common} {more} value="{escape(value[:100])}">'


def _said(texts: Texts, language: str) -> str:
    return escape(said_in(texts, language))
