"""What phonenumbers makes of digits, done with whole columns by the numbering plans of `contacts.numbering`.

Each step is one of the library's parser, in its order: the international prefix, the country code, the trunk
prefix, the length, the type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from postroom.contacts.fields import PhoneKind
from postroom.contacts.numbering import COUNTRY_CODE, NumberingPlan, numbering_plan, plan_of_country

WORTH_ROWS = 40
"""From how many rows on a country's patterns cost less to build than the law costs on each."""


class Reading(NamedTuple):
    """What became of a column: E.164 numbers, null where there is none, and which rows are still open."""

    numbers: pl.Series
    open_rows: pl.Series


class _Part(NamedTuple):
    rows: pl.Series
    digits: pl.Series
    plan: NumberingPlan | None


def read_by_plan(dialled: pl.Series, region: str, kind: PhoneKind, worth: int = WORTH_ROWS) -> Reading:
    """Read compact numbers (digits, or + and digits; no nulls) that are not French, as dialled in `region`.

    Open rows need the law: those of France and of no region, those of a country with less than `worth` rows,
    and those where prefixes or types depend on more than a pattern.
    """
    home = numbering_plan(region)
    full = _international(dialled, home) if home else dialled
    numbers = pl.repeat(None, len(dialled), dtype=pl.String, eager=True)
    open_rows = full.is_null()
    for part in (_national(full, home), *_by_country(full, worth)):
        if part.plan:
            reading = _possible(part.digits, part.plan, kind)
            numbers = numbers.scatter(part.rows, reading.numbers)
            open_rows = open_rows.scatter(part.rows, reading.open_rows)
        else:
            open_rows = open_rows.scatter(part.rows, True)
    return Reading(numbers, open_rows)


def _international(dialled: pl.Series, home: NumberingPlan) -> pl.Series:
    """Write a + before what carries a country code without one; null where only the law can tell."""
    national = ~dialled.str.starts_with("+")
    # "00" has become a + already.
    prefixed = national & dialled.str.contains(f"^(?:{home.international_prefix})")
    result = dialled
    if prefixed.any():
        bare = dialled.str.replace(f"^{home.international_prefix}([1-9])", "+${1}")
        simple = home.international_prefix.isdecimal() & bare.str.starts_with("+")
        result = _choose(prefixed, _where(simple, bare), dialled)
    coded = national & ~prefixed & dialled.str.starts_with(home.country_code)
    # scatter writes in place: `dialled` must stay as it is.
    return result.clone().scatter(coded.arg_true(), _after_code(dialled.filter(coded), home))


def _after_code(dialled: pl.Series, home: NumberingPlan) -> pl.Series:
    """Read what begins with the digits of the region's own country code: is it one?"""
    rest, known = _without_trunk_prefix(dialled.str.strip_prefix(home.country_code), home)
    is_number = _matches(dialled, home.number)
    is_code = (~is_number & _matches(rest, home.number)) | (dialled.str.len_bytes() > home.lengths[-1])
    return _where(known, _choose(is_code, _prefixed(f"+{home.country_code}", rest), dialled))


def _national(full: pl.Series, home: NumberingPlan | None) -> _Part:
    rows = (~full.str.starts_with("+")).arg_true()
    return _Part(rows, full.gather(rows), home)


def _by_country(full: pl.Series, worth: int) -> Iterator[_Part]:
    """Take international numbers apart by their country code; what has none that exists is left out."""
    rows = full.str.starts_with("+").arg_true()
    number = pl.col("number")
    numbers = (
        pl.DataFrame([rows.alias("row"), full.gather(rows).alias("number")])
        .with_columns(number.str.extract(rf"^\+({COUNTRY_CODE})").alias("code"))
        .drop_nulls()
    )
    for (code,), part in numbers.partition_by("code", as_dict=True).items():
        plan = plan_of_country(code) if code != "33" and part.height >= worth else None
        yield _Part(part["row"], part["number"].str.strip_prefix(f"+{code}"), plan)


def _possible(digits: pl.Series, plan: NumberingPlan, kind: PhoneKind) -> Reading:
    bare, known = _without_trunk_prefix(digits, plan)
    length = bare.str.len_bytes()
    believed = length.is_in(plan.lengths) | (length > plan.lengths[-1])
    number = _choose(believed, bare, digits)
    known_good = known & number.str.len_bytes().is_in(plan.possible_lengths)
    if kind == "mobile":
        rows = (known_good & _matches(number, plan.not_mobile)).arg_true()
        mobile = _is_mobile(number.gather(rows), plan)
        known = known.clone().scatter(rows, mobile.is_not_null())
        known_good = known_good.scatter(rows, mobile.fill_null(value=False))
    return Reading(_where(known_good, _prefixed(f"+{plan.country_code}", number)), ~known)


def _without_trunk_prefix(digits: pl.Series, plan: NumberingPlan) -> tuple[pl.Series, pl.Series]:
    """Remove the trunk prefix unless that makes a number none; tell where this is all that there is to it."""
    known = pl.repeat(value=True, n=len(digits), dtype=pl.Boolean, eager=True)
    if plan.trunk_prefix is None:
        return digits, known
    bare = digits.str.replace(f"^(?:{plan.trunk_prefix})", "")
    cut = bare.str.len_bytes() < digits.str.len_bytes()
    if not cut.any():
        return digits, known
    viable = _matches(bare, plan.number) | ~_matches(digits, plan.number)
    return _choose(viable, bare, digits), known if plan.plain else ~cut


def _is_mobile(number: pl.Series, plan: NumberingPlan) -> pl.Series:
    """Tell whether each number is on a line that can be a mobile's; null where the plan does not tell."""
    length = number.str.len_bytes()
    mobile = pl.repeat(None, len(number), dtype=pl.Boolean, eager=True)
    exists = _matches(number, plan.number) & number.str.contains(f"^(?:{plan.leading})")
    for line in plan.lines if len(number) else ():
        hit = exists & mobile.is_null() & _matches(number, line.pattern) & length.is_in(line.lengths)
        mobile = mobile.set(hit, line.mobile)
    return mobile


def _matches(numbers: pl.Series, pattern: str) -> pl.Series:
    return numbers.str.contains(f"^(?:{pattern})$")


def _prefixed(prefix: str, numbers: pl.Series) -> pl.Series:
    return pl.select(prefix + pl.lit(numbers)).to_series()


def _choose(where: pl.Series, chosen: pl.Series, other: pl.Series) -> pl.Series:
    return chosen if where.all() else chosen.zip_with(where, other)


def _where(where: pl.Series, numbers: pl.Series) -> pl.Series:
    return numbers if where.all() else numbers.set(~where, None)
