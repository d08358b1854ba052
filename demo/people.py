"""Contact files of made-up French people: the same seed gives the same bytes, here and on any machine.

Row i of a seed is the same person in a file of any length. Beside plain rows a file may have odd ones
(demo.oddities), and then it is known in advance what an import must make of them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import BinaryIO, NamedTuple

from demo.cells import Cells
from demo.oddities import Expected, with_oddities
from demo.pools import FIRMS, MAIL_DOMAINS, MEN, MOVED_TO, STREETS, SURNAMES, TOWNS, WOMEN

HEADER = (
    "Référence;Civilité;Prénom;Nom;Email;Téléphone Fixe;Mobile;Adresse 1;Code postal;Ville;"
    "Date de naissance;Société"
)
_PEOPLE, _HOMES, _BIRTHS, _FIRMS = 20011, 8191, 12007, 509
"""Sizes of the pools that rows pick from in turn: primes, so that the picks do not repeat together."""
_MOBILE_STEP, _PHONE_STEP = 61803399, 27182819
"""Coprime to 10⁸: numbers walk through all of 0 … 10⁸ - 1 before the first comes back."""
_ROWS_PER_WRITE = 5000


class _Phones(NamedTuple):
    """One way to write a number: what stands for the leading 0 and between pairs, and all 10⁴ quads so."""

    prefix: str
    mark: str
    quads: tuple[str, ...]


def _ways(prefix: str, mark: str) -> _Phones:
    quads = tuple(f"{number // 100:02d}{mark}{number % 100:02d}" for number in range(10_000))
    return _Phones(prefix, mark, quads)


class People:
    """All the people of one seed, by number."""

    def __init__(self, seed: int, *, quote_some: bool = True) -> None:
        """Draw the pools; `quote_some` puts quotes around every firm."""
        random = Random(seed)
        self._start = random.randrange(10**8)
        self._ways = [_ways(*way) for way in (("0", ""), ("0", " "), ("0", "."), ("+33", ""), ("0033", ""))]
        self._names = [_person(random) for _ in range(_PEOPLE)]
        self._streets = [_street(random) for _ in range(_HOMES)]
        self._births = [_birth(random) for _ in range(_BIRTHS)]
        firms = [random.choice(FIRMS) if random.random() < 0.3 else "" for _ in range(_FIRMS)]
        self._firms = [f'"{firm}"' if firm and quote_some else firm for firm in firms]

    def cells(self, number: int) -> Cells:
        """Return the cells of one person, plain ones only."""
        name, local = self._names[number % _PEOPLE]
        mobile = (self._start + number * _MOBILE_STEP) % 100_000_000
        email = f"{local}{number}@{MAIL_DOMAINS[number % len(MAIL_DOMAINS)]}"
        return Cells(
            reference=f"C{number:07d}",
            name=name,
            # Who has no address has a mobile, which is nobody else's.
            email="" if number % 23 == 7 else email,
            phone="" if number % 3 == 1 else self._phone(number),
            mobile="" if number % 11 == 5 and number % 23 != 7 else self._mobile(mobile, number),
            home=f"{self._streets[number % _HOMES]};{TOWNS[number % len(TOWNS)]}",
            born=self._births[number % _BIRTHS],
            firm=self._firms[number % _FIRMS],
        )

    def _mobile(self, digits: int, number: int) -> str:
        way = self._ways[number % 5]
        high, low = divmod(digits, 10_000)
        # 07 0 is not for people.
        kind = "7" if number & 1 and high >= 3000 else "6"
        return f"{way.prefix}{kind}{way.mark}{way.quads[high]}{way.mark}{way.quads[low]}"

    def _phone(self, number: int) -> str:
        way = self._ways[number % 7 % 5]
        high, low = divmod((number * _PHONE_STEP - self._start) % 100_000_000, 10_000)
        return f"{way.prefix}{'123459'[number % 6]}{way.mark}{way.quads[high]}{way.mark}{way.quads[low]}"


def _person(random: Random) -> tuple[str, str]:
    """Draw civility, first and last name as three cells, and how their e-mail address starts."""
    woman = random.random() < 0.52
    first, last = random.choice(WOMEN if woman else MEN), random.choice(SURNAMES)
    civility = (
        random.choice(("Mme", "Mme", "Mlle", "")) if woman else random.choice(("M.", "M.", "Monsieur", ""))
    )
    shown = last.upper() if random.random() < 0.6 else last
    padding = " " if random.random() < 0.2 else ""
    return f"{civility};{first}{padding};{shown}{padding}", f"{_ascii(first)}.{_ascii(last)}"


def _street(random: Random) -> str:
    house = f"{random.randrange(1, 250)}{random.choice(('', '', '', ' bis', ' ter'))}"
    flat = f", apt {random.randrange(1, 90)}" if random.random() < 0.36 else ""
    return f"{house} {random.choice(STREETS)}{flat}"


def _birth(random: Random) -> str:
    if random.random() < 0.15:
        return ""
    return f"{random.randrange(1, 29):02d}/{random.randrange(1, 13):02d}/{random.randrange(1930, 2008)}"


def _ascii(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def clean_rows(count: int, seed: int, *, quote_some: bool = True, moved_every: int = 0) -> Iterator[str]:
    """Yield `count` plain rows, each a different contact, as lines without their end.

    With `moved_every` each so-manieth person lives in another town than without.
    """
    people = People(seed, quote_some=quote_some)
    for number in range(count):
        cells = people.cells(number)
        if moved_every and number % moved_every == 0:
            cells = cells._replace(home=f"{cells.home.split(';')[0]};{MOVED_TO}")
        yield cells.line()


def rows_within(size: int, *, seed: int, quote_some: bool = True) -> int:
    """Return how many rows a file of plain rows may have without being larger than `size` bytes."""
    people = People(seed, quote_some=quote_some)
    left = size - len(HEADER) - 1
    number = 0
    while (left := left - len(people.cells(number).line()) - 1) >= 0:
        number += 1
    return number


def write_file(
    target: Path | BinaryIO,
    count: int,
    *,
    seed: int,
    bad_share: float = 0.0,
    encoding: str = "iso-8859-1",
    quote_some: bool = True,
    moved_every: int = 0,
) -> Expected:
    """Write a file of `count` rows and a header; return what an import must make of it.

    A share of `bad_share` (up to 0.5) of the rows is odd, each kind in turn; then `moved_every` does not
    count. What is called ISO-8859-1 is cp1252, as among senders: it has the euro.
    """
    expected = Expected(lines=count, created=count)
    if bad_share:
        expected = Expected()
        rows = with_oddities(People(seed, quote_some=quote_some).cells, count, bad_share, expected)
    else:
        rows = clean_rows(count, seed, quote_some=quote_some, moved_every=moved_every)
    codec = "cp1252" if encoding == "iso-8859-1" else encoding
    if isinstance(target, Path):
        with target.open("wb") as file:
            _write(file, rows, codec)
    else:
        _write(target, rows, codec)
    return expected


def _write(file: BinaryIO, rows: Iterator[str], codec: str) -> None:
    file.write(f"{HEADER}\n".encode(codec))
    while chunk := list(islice(rows, _ROWS_PER_WRITE)):
        chunk.append("")
        file.write("\n".join(chunk).encode(codec))
