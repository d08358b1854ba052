"""E-mail addresses and phone numbers: columns as an import reads them, beside the libraries one by one."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import phonenumbers
import polars as pl
from email_validator import EmailNotValidError, validate_email

from bench.tables import Table
from postroom.contacts.fields import PhoneKind
from postroom.ingest.emails import Emails
from postroom.ingest.phones import Phones

_ROWS = 300_000
_ROWS_OF_A_FRAME = 30_000
_ROWS_ALONE = 10_000
"""The libraries take the first so many: their time is the same for each."""


@dataclass(frozen=True, slots=True)
class Case:
    """A column, how it is read by us and how by a library, and how many times faster we mean to be."""

    name: str
    column: Callable[[random.Random], Iterator[str]]
    ours: Callable[[], Callable[[pl.Series], pl.Series]]
    alone: Callable[[str], object]
    aim: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Rows a second of one case, the best of its rounds."""

    case: Case
    distinct: int
    taken: int
    ours: float
    alone: float


def measure(*, rounds: int, say: Callable[[str], None]) -> list[Speed]:
    """Read every column `rounds` times by us and by the library, in turns."""
    return [_measured(case, rounds, say) for case in _CASES]


def table(speeds: Sequence[Speed]) -> Table:
    """Show rows a second, and ours beside the library's."""
    rows = [
        (
            speed.case.name,
            f"{speed.distinct:,}",
            f"{speed.taken / _ROWS:.1%}",
            f"{speed.ours:,.0f}",
            f"{speed.alone:,.0f}",
            f"{speed.ours / speed.alone:,.1f}",
            f"{speed.case.aim:,.1f}",
        )
        for speed in speeds
    ]
    header = ("Column", "Distinct", "Valid", "Postroom rows/s", "Library rows/s", "Ours / library", "Aim")
    return Table(f"Addresses: {_ROWS:,} rows", header, rows, _NOTES)


_NOTES = (
    "The library is email-validator without DNS, or phonenumbers (parse, length, E.164 form, for mobiles the",
    "type), called once for each row; it may take other French numbers than Postroom does. The last two",
    "columns are the worst that there is: each value is another one, and needs the library.",
)


def _measured(case: Case, rounds: int, say: Callable[[str], None]) -> Speed:
    say(f"addresses: {case.name}")
    chance = random.Random(case.name)
    texts = [next(column) for column in [case.column(chance)] for _ in range(_ROWS)]
    frames = [
        pl.Series(texts[start : start + _ROWS_OF_A_FRAME]) for start in range(0, _ROWS, _ROWS_OF_A_FRAME)
    ]
    ours = alone = float("inf")
    taken = 0
    for _ in range(rounds):
        began = time.perf_counter()
        read = case.ours()
        taken = sum(len(frame) - read(frame).null_count() for frame in frames)
        between = time.perf_counter()
        for text in texts[:_ROWS_ALONE]:
            case.alone(text)
        ours = min(ours, between - began)
        alone = min(alone, time.perf_counter() - between)
    return Speed(case, len(set(texts)), taken, _ROWS / ours, _ROWS_ALONE / alone)


def _email_alone(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return None


def _phone_alone(region: str, kind: PhoneKind) -> Callable[[str], object]:
    def read(text: str) -> str | None:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            return None
        fixed = (
            kind == "mobile" and phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE
        )
        if fixed or not phonenumbers.is_possible_number(number):
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    return read


def _phones(name: str, region: str, kind: PhoneKind, styles: Sequence[tuple[str, int]], aim: float) -> Case:
    """Describe a column of numbers: styles and their weights, where # stands for any digit."""

    def column(chance: random.Random) -> Iterator[str]:
        forms, weights = zip(*styles, strict=True)
        while True:
            (form,) = chance.choices(forms, weights)
            yield "".join(chance.choice("0123456789") if mark == "#" else mark for mark in form)

    return Case(name, column, lambda: Phones(region, kind).normalised, _phone_alone(region, kind), aim)


def _emails(name: str, forms: Sequence[tuple[str, int]], aim: float) -> Case:
    def column(chance: random.Random) -> Iterator[str]:
        patterns, weights = zip(*forms, strict=True)
        while True:
            (pattern,) = chance.choices(patterns, weights)
            yield pattern.format(chance.randrange(10_000_000))

    return Case(name, column, lambda: Emails().normalised, _email_alone, aim)


_CASES = (
    _emails(
        "e-mails",
        [
            ("alice.martin{}@gmail.com", 500),
            ("Bob.Durand{}@Orange.FR", 350),
            ("charlie+{}@mail.example.co.uk", 128),
            ("élodie{}@société.fr", 2),
            ("zoe{}(arobase)free.fr", 10),
            ("yann{}@free", 10),
        ],
        50,
    ),
    _phones(
        "phones of a French account",
        "FR",
        "phone",
        [
            ("02 ## ## ## ##", 30),
            ("01.##.##.##.##", 20),
            ("06########", 20),
            ("+33 (0)4 ## ## ## ##", 10),
            ("003356#######", 7),
            ("3367#######", 5),
            ("+32 2 5## ## ##", 2),
            ("+49 151 ########", 1),
            ("+44 7911 ######", 1),
            ("08########", 2),
            ("02 ## ## ##", 2),
        ],
        50,
    ),
    _phones(
        "mobiles of a French account",
        "FR",
        "mobile",
        [
            ("06 ## ## ## ##", 50),
            ("07.8#.##.##.##", 30),
            ("+336########", 10),
            ("+32 4## ## ## ##", 4),
            ("+41 79 ### ## ##", 2),
            ("02 ## ## ## ##", 4),
        ],
        50,
    ),
    _phones(
        "mobiles of a German account",
        "DE",
        "mobile",
        [
            ("0151 ########", 40),
            ("0172/#######", 30),
            ("+49 (0)160 #######", 15),
            ("0049 176 ########", 5),
            ("030 ########", 5),
            ("+43 664 #######", 3),
            ("0151 ##", 2),
        ],
        30,
    ),
    _phones(
        "mobiles of an American account",
        "US",
        "mobile",
        [
            ("(202) 5##-####", 40),
            ("415-5##-####", 30),
            ("+1 212 5## ####", 15),
            ("1 646 5## ####", 8),
            ("800-5##-####", 3),
            ("011 44 7911 ######", 2),
            ("5##-####", 2),
        ],
        30,
    ),
    _phones("phones dialled by a carrier (Brazil)", "BR", "phone", [("0 15 11 9####-####", 100)], 0.8),
    _emails("e-mails with accents", [("élodie{}@free.fr", 100)], 0.8),
)
