"""Surveys: what they ask, and what an answer may be. Answers and questions go by technical names alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from postroom.contacts.cells import is_storable
from postroom.contacts.errors import Refused
from postroom.contacts.reasons import LANGUAGES

MOST_QUESTIONS: Final = 100
MOST_CHOICES: Final = 100
MAX_LABEL_CHARACTERS: Final = 1000
MAX_TEXT_CHARACTERS: Final = 4000
MOST_STEPS: Final = 20
"""Of a scale."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_VALUE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,6})?")

Texts = Mapping[str, str]
"""A text by language; "" is the one for every other language."""


class Kind(StrEnum):
    """What a question asks for."""

    TEXT = "text"
    SINGLE = "single"
    MULTI = "multi"
    NUMBER = "number"
    DATE = "date"
    SCALE = "scale"


class Trouble(StrEnum):
    """What is wrong with an answer."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    TOO_LONG = "too_long"
    NO_NUMBER = "no_number"
    NO_DATE = "no_date"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers to choose from."""

    value: str
    label: Texts


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `lowest` and `highest` are of scales. A `deleted` one is asked no more."""

    name: str
    kind: Kind
    label: Texts
    required: bool = False
    choices: tuple[Choice, ...] = ()
    lowest: int = 1
    highest: int = 5
    deleted: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """Return what may be chosen."""
        if self.kind is Kind.SCALE:
            return tuple(str(step) for step in range(self.lowest, self.highest + 1))
        return tuple(choice.value for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Definition:
    """A survey as it is defined; `questions` are in the order in which they were first asked."""

    name: str
    title: Texts
    questions: tuple[Question, ...]

    @property
    def asked(self) -> tuple[Question, ...]:
        """Return the questions that are asked now."""
        return tuple(each for each in self.questions if not each.deleted)

    def as_json(self) -> dict[str, Any]:
        """Return plain values, as `definition` reads them."""
        return {
            "name": self.name,
            "title": dict(self.title),
            "questions": [_plain(each) for each in self.questions],
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """Answers by the names of their questions, as far as they are right, and what is wrong with others."""

    answers: Mapping[str, str | list[str]]
    troubles: Mapping[str, Trouble]


def definition(said: object) -> Definition:
    """Read a survey from JSON; raise Refused (BAD_SURVEY), with the place, for what is none."""
    whole = _object(said, "the survey", {"name", "title", "questions"})
    questions = whole.get("questions")
    if not isinstance(questions, list) or not 1 <= len(questions) <= MOST_QUESTIONS:
        raise _bad(f"questions are a list of 1 to {MOST_QUESTIONS}")
    found = tuple(_question(each, f"questions[{place}]") for place, each in enumerate(questions))
    names = [each.name for each in found]
    if len(set(names)) < len(names):
        raise _bad("two questions have the same name")
    return Definition(_name(whole.get("name"), "name"), _texts(whole.get("title"), "title"), found)


def merged(old: Definition, new: Definition) -> Definition:
    """Return a survey in its new form: what is asked no more keeps its place, what is new comes last.

    Raises Refused when a question would become one of another kind: its answers would mean something else.
    """
    wanted = {each.name: each for each in new.questions}
    kept = []
    for each in old.questions:
        other = wanted.pop(each.name, None)
        if other is not None and other.kind is not each.kind:
            raise _bad(f"question {each.name} is of kind {each.kind}, and stays so")
        kept.append(other or replace(each, deleted=True))
    whole = (*kept, *wanted.values())
    if len(whole) > MOST_QUESTIONS:
        raise _bad(f"with those that were deleted there are more than {MOST_QUESTIONS} questions")
    return Definition(new.name, new.title, whole)


def judged(survey: Definition, given: Mapping[str, Sequence[str]]) -> Judged:
    """Judge what somebody has answered, by the names of questions; what nobody asks is passed over."""
    answers: dict[str, str | list[str]] = {}
    troubles: dict[str, Trouble] = {}
    for question in survey.asked:
        found = _answer(question, [each.strip() for each in given.get(question.name, ())])
        if isinstance(found, Trouble):
            troubles[question.name] = found
        elif found is not None:
            answers[question.name] = found
    return Judged(answers, troubles)


def said_in(texts: Texts, language: str) -> str:
    """Return a text in a language, else the one for all others, else any."""
    return texts.get(language) or texts.get("") or next(iter(texts.values()))


def _answer(question: Question, given: Sequence[str]) -> str | list[str] | Trouble | None:
    said = [each for each in given if each]
    if not said:
        return Trouble.MISSING if question.required else None
    if question.kind is Kind.MULTI:
        chosen = [value for value in question.values if value in said]
        return chosen if set(said) <= set(question.values) else Trouble.UNKNOWN
    return _single(question, said[-1])


def _single(question: Question, text: str) -> str | Trouble:
    match question.kind:
        case Kind.SINGLE | Kind.SCALE:
            return text if text in question.values else Trouble.UNKNOWN
        case Kind.NUMBER:
            return text.replace(",", ".") if _NUMBER.fullmatch(text) else Trouble.NO_NUMBER
        case Kind.DATE:
            return text if _is_date(text) else Trouble.NO_DATE
        case _:
            return text if len(text) <= MAX_TEXT_CHARACTERS and _is_plain(text) else Trouble.TOO_LONG


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_plain(text: str) -> bool:
    return is_storable(text) and "\0" not in text


def _question(said: object, place: str) -> Question:
    known = {"name", "kind", "label", "required", "choices", "lowest", "highest", "deleted"}
    whole = _object(said, place, known)
    try:
        kind = Kind(str(whole.get("kind")))
    except ValueError:
        raise _bad(f"{place}.kind is one of {', '.join(Kind)}") from None
    required, deleted = whole.get("required", False), whole.get("deleted", False)
    if not isinstance(required, bool) or not isinstance(deleted, bool):
        raise _bad(f"{place}.required is true or false")
    return Question(
        _name(whole.get("name"), f"{place}.name"),
        kind,
        _texts(whole.get("label"), f"{place}.label"),
        required,
        _choices(kind, whole.get("choices"), f"{place}.choices"),
        *_scale(kind, whole, place),
        deleted,
    )


def _choices(kind: Kind, said: object, place: str) -> tuple[Choice, ...]:
    if kind not in {Kind.SINGLE, Kind.MULTI}:
        if said:
            raise _bad(f"{place}: only single and multi have choices")
        return ()
    if not isinstance(said, list) or not 1 <= len(said) <= MOST_CHOICES:
        raise _bad(f"{place} are a list of 1 to {MOST_CHOICES}")
    found = []
    for number, each in enumerate(said):
        whole = _object(each, f"{place}[{number}]", {"value", "label"})
        value = whole.get("value")
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise _bad(f"{place}[{number}].value has up to 64 letters, digits, '_' and '-'")
        found.append(Choice(value, _texts(whole.get("label"), f"{place}[{number}].label")))
    if len({each.value for each in found}) < len(found):
        raise _bad(f"{place}: two have the same value")
    return tuple(found)


def _scale(kind: Kind, whole: Mapping[str, Any], place: str) -> tuple[int, int]:
    lowest, highest = whole.get("lowest", 1), whole.get("highest", 5)
    if kind is not Kind.SCALE:
        return 1, 5
    if type(lowest) is not int or type(highest) is not int or not 0 < highest - lowest < MOST_STEPS:
        raise _bad(f"{place}: a scale goes from lowest to highest, in {MOST_STEPS} steps at the most")
    if not -1000 < lowest < 1000:
        raise _bad(f"{place}.lowest is a small number")
    return lowest, highest


def _texts(said: object, place: str) -> Texts:
    texts = {"": said} if isinstance(said, str) else said
    if not isinstance(texts, dict) or not texts:
        raise _bad(f"{place} is a text, or one for each of {', '.join(LANGUAGES)}")
    for language, text in texts.items():
        if language not in {"", *LANGUAGES}:
            raise _bad(f"{place}: languages are {', '.join(LANGUAGES)}")
        if not isinstance(text, str) or not text.strip() or not _is_plain(text):
            raise _bad(f"{place} is empty")
        if len(text) > MAX_LABEL_CHARACTERS:
            raise _bad(f"{place} has more than {MAX_LABEL_CHARACTERS} characters")
    return {language: str(text).strip() for language, text in texts.items()}


def _name(said: object, place: str) -> str:
    if not isinstance(said, str) or not _NAME.fullmatch(said):
        raise _bad(f"{place} is a technical name: a letter, then up to 63 letters, digits and '_'")
    return said


def _object(said: object, place: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(said, dict):
        raise _bad(f"{place} is an object")
    strange = [str(each)[:40] for each in said if each not in known]
    if strange:
        raise _bad(f"{place} has no {strange[0]}; it has {', '.join(sorted(known))}")
    return said


def _plain(question: Question) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": question.name,
        "kind": question.kind.value,
        "label": dict(question.label),
        "required": question.required,
        "deleted": question.deleted,
    }
    if question.choices:
        plain["choices"] = [{"value": each.value, "label": dict(each.label)} for each in question.choices]
    if question.kind is Kind.SCALE:
        plain |= {"lowest": question.lowest, "highest": question.highest}
    return plain


def _bad(what: str) -> Refused:
    return Refused(f"That is no survey: {what}.", code="BAD_SURVEY")
