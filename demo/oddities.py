"""Every kind of odd row that senders are known to send, and what an import must make of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from demo.cells import Cells

_LONGEST_VALUE = 4000


@dataclass(slots=True)
class Expected:
    """What an import of a file into an empty account must report, by reason where there is one."""

    lines: int = 0
    created: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Oddity:
    """A kind of odd row: `line` makes it of a plain row and of an earlier plain row of the file.

    `fate` is created, duplicate, refused or nothing (no row at all); `reason` is the code of the refusal or
    of the warning that goes with it.
    """

    name: str
    line: Callable[[Cells, Cells], str]
    fate: str
    reason: str = ""


def with_oddities(
    person: Callable[[int], Cells], count: int, share: float, expected: Expected
) -> Iterator[str]:
    """Yield `count` rows, a `share` of them odd, each kind in turn; count in `expected` what they are.

    Lines that are no rows come on top of `count`. The first row is a plain one.
    """
    every = round(1 / share)
    earlier = person(0)
    for number in range(count):
        cells = person(number)
        kind = ODDITIES[number // every % len(ODDITIES)] if number % every == every - 1 else None
        if kind is not None:
            yield kind.line(cells, earlier)
            _count(kind, expected)
        if kind is None or kind.fate == "nothing":
            yield cells.line()
            expected.created += 1
            earlier = cells
    expected.lines += count


def _count(kind: Oddity, expected: Expected) -> None:
    if kind.fate == "refused":
        expected.refused[kind.reason] += 1
    elif kind.fate == "duplicate":
        expected.duplicates += 1
    elif kind.fate == "created":
        expected.created += 1
        if kind.reason:
            expected.warnings[kind.reason] += 1


def _no_means(cells: Cells, _earlier: Cells) -> str:
    return cells._replace(email="", phone=" ", mobile="").line()


def _email_without_at(cells: Cells, _earlier: Cells) -> str:
    return cells._replace(email="jean.dupont(arobase)poste.example", phone="", mobile="").line()


def _phone_too_short(cells: Cells, _earlier: Cells) -> str:
    return cells._replace(email="", phone="01 42 68", mobile="").line()


def _fixed_for_mobile(cells: Cells, _earlier: Cells) -> str:
    return cells._replace(email="", phone="", mobile="01.42.68.53.00").line()


def _two_more_cells(cells: Cells, _earlier: Cells) -> str:
    return f"{cells.line()};client fidèle;à rappeler"


def _twice(_cells: Cells, earlier: Cells) -> str:
    return earlier._replace(email=f" {earlier.email.upper()} ", firm="Vu deux fois").line()


def _bad_email_good_mobile(cells: Cells, _earlier: Cells) -> str:
    return cells._replace(email="inconnu@", phone="", mobile=f"06{cells.reference[1:].rjust(8, '0')}").line()


def _no_such_day(cells: Cells, _earlier: Cells) -> str:
    return cells._replace(born="31/02/1980").line()


def _novel(cells: Cells, _earlier: Cells) -> str:
    return cells._replace(firm="é" * (_LONGEST_VALUE + 1)).line()


def _blank(_cells: Cells, _earlier: Cells) -> str:
    return ";;;;;;;;;;;"


def _separator_in_quotes(cells: Cells, _earlier: Cells) -> str:
    return cells._replace(firm='"Dupont; Fils & ""Associés"""').line()


def _break_in_quotes(cells: Cells, _earlier: Cells) -> str:
    return cells._replace(firm='"Dupont\net Fils"').line()


def _euro(cells: Cells, _earlier: Cells) -> str:
    return cells._replace(firm="Tout à 10 €").line()


ODDITIES = (
    Oddity("neither e-mail nor phone nor mobile", _no_means, "refused", "NO_MEANS"),
    Oddity("an e-mail that is none, and nothing else", _email_without_at, "refused", "INVALID_EMAIL"),
    Oddity("a phone that is none, and nothing else", _phone_too_short, "refused", "INVALID_PHONE"),
    Oddity("a fixed number as mobile, and nothing else", _fixed_for_mobile, "refused", "INVALID_MOBILE"),
    Oddity("more cells than headers", _two_more_cells, "refused", "TOO_MANY_COLUMNS"),
    Oddity("somebody from above once more", _twice, "duplicate"),
    Oddity("an e-mail that is none beside a good mobile", _bad_email_good_mobile, "created", "INVALID_EMAIL"),
    Oddity("a day that no calendar has", _no_such_day, "created", "BAD_DATE"),
    Oddity("a value of more than 4000 characters", _novel, "refused", "VALUE_TOO_LONG"),
    Oddity("a line of separators alone", _blank, "nothing"),
    Oddity("a separator and quotes in quotes", _separator_in_quotes, "created"),
    Oddity("a line break in quotes", _break_in_quotes, "created"),
    Oddity("a euro sign", _euro, "created"),
)
"""Each kind; the order is that in which they take turns."""
