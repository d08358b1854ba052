"""Dates in words: the letters of strftime that say something in a message, in French and English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

_MONTHS: Final = {
    "fr": "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
    "en": "January|February|March|April|May|June|July|August|September|October|November|December",
}
_DAYS: Final = {
    "fr": "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    "en": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
}
_SHORT_MONTHS: Final = {
    "fr": "janv.|févr.|mars|avr.|mai|juin|juil.|août|sept.|oct.|nov.|déc.",
    "en": "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
}
_SHORT_DAYS: Final = {
    "fr": "lun.|mar.|mer.|jeu.|ven.|sam.|dim.",
    "en": "Mon|Tue|Wed|Thu|Fri|Sat|Sun",
}
_LETTER = re.compile(r"%(-?[A-Za-z]|%)")

_LETTERS: Final[Mapping[str, Callable[[datetime, str], str]]] = {
    "d": lambda at, _: f"{at.day:02d}",
    "-d": lambda at, _: str(at.day),
    "e": lambda at, _: str(at.day),
    "m": lambda at, _: f"{at.month:02d}",
    "-m": lambda at, _: str(at.month),
    "Y": lambda at, _: f"{at.year:04d}",
    "y": lambda at, _: f"{at.year % 100:02d}",
    "H": lambda at, _: f"{at.hour:02d}",
    "-H": lambda at, _: str(at.hour),
    "M": lambda at, _: f"{at.minute:02d}",
    "S": lambda at, _: f"{at.second:02d}",
    "F": lambda at, _: at.date().isoformat(),
    "B": lambda at, language: _MONTHS[language].split("|")[at.month - 1],
    "b": lambda at, language: _SHORT_MONTHS[language].split("|")[at.month - 1],
    "A": lambda at, language: _DAYS[language].split("|")[at.weekday()],
    "a": lambda at, language: _SHORT_DAYS[language].split("|")[at.weekday()],
    "%": lambda _at, _language: "%",
}


def moment_in_words(moment: date, shape: str, language: str) -> str:
    """Return a moment in the shape of strftime, in French where the language is French, else in English.

    Letters that are not known stay as they are. Our own, as those of C allow a width that fills all memory.
    """
    at = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001  # only its parts are read
    spoken = "fr" if language == "fr" else "en"
    return _LETTER.sub(lambda found: _said(found, at, spoken), shape[:200])


def _said(found: re.Match[str], at: datetime, language: str) -> str:
    say = _LETTERS.get(found[1])
    return say(at, language) if say else found[0]
