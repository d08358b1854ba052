from __future__ import annotations

from datetime import date
from itertools import product

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from postroom.contacts.addresses import email, phone
from postroom.contacts.cells import clean
from postroom.contacts.criteria import IDENTIFIERS, Criterion, Match
from postroom.contacts.custom_fields import CustomColumn, FieldType
from postroom.contacts.dates import birth_date
from postroom.contacts.fields import MAX_VALUE_CHARACTERS, PhoneKind
from postroom.contacts.rows import identify_row, normalise_row
from postroom.contacts.settings import AccountSettings
from postroom.ingest.cleaning import Cleaner
from postroom.ingest.dates import BirthDates
from postroom.ingest.emails import Emails
from postroom.ingest.normalise import Normalised, Normaliser, normalise
from postroom.ingest.phones import Phones

Row = dict[str, str | None]

NASTY = st.one_of(
    st.text(max_size=12),
    st.text(
        alphabet=" \u00a0\ufeff\u200b\u2007\x00\x1f\t\n\r\x85\x9f|,;\"'"
        "aéÉe\u0301\u0327œ’€ßİ\u0131Σ\u03c3K\u212a",
        max_size=9,
    ),
    st.sampled_from(
        ["", " ", "|", "Ångström", "STRASSE", "ΟΔΟΣ", "\U00016d67\U00016d67", "é" * 4001, "z" * 4000]
    ),
)
DIGITS = st.text(alphabet="0123456789", min_size=6, max_size=12)
PHONE = st.builds(
    lambda prefix, digits, separator, tail: prefix + separator.join(digits) + tail,
    st.sampled_from(
        ["", "0", "00", "+", "+33", "33", "0033", "+33(0)", "06", "07", "+32", "0032", "+49", "+1", "+39"]
    ),
    DIGITS,
    st.sampled_from(["", "", " ", ".", "-", "\u00a0", "\u202f", "/", " " * 5]),
    st.sampled_from(["", "", "", " ", "x12", "E+08", "\t", "é"]),
)
EMAIL = st.builds(
    "{}@{}{}".format,
    st.text(alphabet="aBé0._-+' \"@", min_size=1, max_size=9),
    st.sampled_from(["free", "SFR", "a-b", "a--b", "xn--socit-esab", "société", "1", "-x", "a_b", "b" * 64]),
    st.sampled_from(
        [".fr", ".FR", ".test", ".local", ".INVALID", ".x.onion", "", ".", ".com.", ".1", ".paris"]
    ),
)
DATE = st.one_of(
    st.dates().map(lambda day: f"{day:%d/%m}/{day.year:04d}"),
    st.dates().map(date.isoformat),
    st.from_regex(r"[0-3]?[0-9][/.-][01]?[0-9][/.-]([0-9]{2}){1,2}( 0?0:00)?", fullmatch=True),
    st.from_regex(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", fullmatch=True),
)
CELLS = {
    "civility": NASTY,
    "email": st.one_of(EMAIL, NASTY),
    "phone": st.one_of(PHONE, NASTY),
    "mobile": st.one_of(PHONE, NASTY),
    "address1": NASTY,
    "city": NASTY,
    "zipcode": NASTY,
    "twitter_id": NASTY,
    "birth_date": st.one_of(DATE, NASTY),
    "reference": NASTY,
    "field15": NASTY,
    "extra01": st.one_of(NASTY, st.from_regex(r"[+-]?[0-9]{1,19}", fullmatch=True)),
    "extra02": st.one_of(DATE, NASTY, st.dates().map(lambda day: f"{day:%m/%d}/{day.year:04d}")),
    "extra07": NASTY,
    "extra45": st.one_of(NASTY, st.from_regex(r"-?[0-9]{0,3}[.,]?[0-9]{0,3}(e[0-9])?", fullmatch=True)),
}
CUSTOM = {
    "extra01": CustomColumn("age", FieldType.NUMBER),
    "extra02": CustomColumn("joined", FieldType.DATE),
    "extra07": CustomColumn("notes", FieldType.LARGE_TEXT),
    "extra45": CustomColumn("rate", FieldType.FLOAT),
}
"""The account's custom fields, when it has some; else nothing is known of what these columns hold."""
NAMES = st.lists(st.sampled_from(list(CELLS)), unique=True, min_size=1)
ROWS = NAMES.flatmap(
    lambda names: st.lists(
        st.fixed_dictionaries({name: st.one_of(st.none(), CELLS[name]) for name in names}), max_size=8
    ).map(lambda rows: (names, rows))
)
IDENTIFICATIONS = [(each, Match.ALL) for each in Criterion] + [(each, Match.ANY) for each in IDENTIFIERS]
SETTINGS = st.builds(
    lambda identification, **others: AccountSettings(*identification, **others),
    st.sampled_from(IDENTIFICATIONS),
    region=st.sampled_from(["FR", "FR", "BE", "US", "IT"]),
    strict=st.booleans(),
    custom=st.sampled_from([CUSTOM, {}]),
)
REGIONS = ["FR", "BE", "CH", "DE", "ES", "GB", "IT", "LU", "MA", "NL", "PT", "RE", "US", "RU", "BR"]


def framed(names: list[str], rows: list[Row]) -> pl.DataFrame:
    columns = [pl.Series(name, [row[name] for row in rows], dtype=pl.String) for name in names]
    return pl.DataFrame([pl.Series("line", range(len(rows)), dtype=pl.Int64), *columns])


def assert_equals_law(result: Normalised, rows: list[Row], account: AccountSettings) -> None:
    law = [normalise_row(row, account) for row in rows]
    assert result.accepted.to_dicts() == [
        {
            "line": line,
            "dedup_key": row.dedup_key.hex if row.dedup_key else None,
            **{f"identifier_{n}": each.hex if each else None for n, each in enumerate(row.identifiers)},
            **row.values,
        }
        for line, row in enumerate(law)
        if not row.refusal
    ]
    assert result.refused.rows() == [
        (line, *map(str, row.refusal)) for line, row in enumerate(law) if row.refusal
    ]
    assert result.warnings.rows() == [
        (line, *map(str, warning)) for line, row in enumerate(law) for warning in row.warnings
    ]


@settings(max_examples=200)
@given(ROWS, SETTINGS)
def test_a_frame_is_judged_row_for_row_as_the_law_judges(
    table: tuple[list[str], list[Row]], account: AccountSettings
) -> None:
    names, rows = table

    assert_equals_law(normalise(framed(names, rows), account), rows, account)


@settings(max_examples=200)
@given(ROWS, SETTINGS)
def test_a_row_identifies_whom_the_law_says(
    table: tuple[list[str], list[Row]], account: AccountSettings
) -> None:
    names, rows = table
    law = [identify_row(row, account) for row in rows]

    result = Normaliser(account, identifying=True).normalise(framed(names, rows))

    identities = result.accepted.select("line", "dedup_key", "^identifier_.*$")
    assert identities.rows() == [
        (line, row.dedup_key and row.dedup_key.hex, *(each and each.hex for each in row.identifiers))
        for line, row in enumerate(law)
        if not row.refusal
    ]
    assert result.refused.rows() == [
        (line, *map(str, row.refusal)) for line, row in enumerate(law) if row.refusal
    ]
    assert result.warnings.rows() == [
        (line, *map(str, warning)) for line, row in enumerate(law) for warning in row.warnings
    ]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("criterion", [Criterion.TRIPLET, Criterion.REFERENCE, Criterion.EXTENDED])
def test_every_mixture_of_good_and_bad_cells_is_judged_as_the_law_judges(
    criterion: Criterion, *, strict: bool
) -> None:
    account = AccountSettings(criterion=criterion, strict=strict)
    cells: dict[str, list[str | None]] = {
        "email": [None, "Alice@Free.fr", "nope", "élodie@free.fr"],
        "phone": ["", "02 86 78 65 89", "0812345678"],
        "mobile": [None, "0612345678", "+32 475 12 34 56", "0286786589"],
        "birth_date": [None, "03/12/1975", "31/02/1975", "3.12.75"],
        "reference": ["R1", " "],
        "city": ["LYON", "E\u0301vian", "x" * (MAX_VALUE_CHARACTERS + 1)],
    }
    rows = [dict(zip(cells, row, strict=True)) for row in product(*cells.values())]

    assert_equals_law(normalise(framed(list(cells), rows), account), rows, account)


@settings(max_examples=150)
@given(st.lists(st.one_of(st.none(), NASTY), max_size=9))
def test_columns_are_cleaned_and_folded_as_the_law_does(cells: list[str | None]) -> None:
    cleaned = Cleaner().cleaned(pl.Series("city", cells, dtype=pl.String))

    assert cleaned.to_list() == [clean(cell) for cell in cells]
    assert Cleaner().folded(cleaned).to_list() == [text and text.lower() for text in cleaned]


def test_every_character_is_cleaned_and_folded_as_the_law_does() -> None:
    planes = [*range(0xD800), *range(0xE000, 0x20000)]
    cells = [f"a{chr(point)}" for point in planes] + [f"{chr(point)}a" for point in planes]
    latin = [cell for cell in cells if max(cell) < "\u0100"]
    for column in (pl.Series("city", cells), pl.Series("city", latin)):
        cleaned = Cleaner().cleaned(column)

        assert cleaned.to_list() == [clean(cell) for cell in column]
        assert Cleaner().folded(cleaned).to_list() == [text and text.lower() for text in cleaned]


@settings(max_examples=150)
@given(st.lists(EMAIL, min_size=1, max_size=9))
def test_emails_are_read_as_the_law_reads(texts: list[str]) -> None:
    cleaned = [clean(text) for text in texts]

    column = Emails().normalised(pl.Series("email", cleaned, dtype=pl.String))

    assert column.to_list() == [text and email(text) for text in cleaned]


@settings(max_examples=150)
@given(
    st.lists(PHONE, min_size=1, max_size=9), st.sampled_from(REGIONS), st.sampled_from(["phone", "mobile"])
)
@example(["0475123456", "475123456", "+320475123456", "0032475123456", "32475123456"], "BE", "mobile")
@example(["34612345678", "612345678", "346123456", "0034612345678"], "ES", "phone")
def test_phones_are_read_as_the_law_reads(texts: list[str], region: str, kind: PhoneKind) -> None:
    cleaned = [clean(text) for text in texts]

    column = Phones(region, kind).normalised(pl.Series(kind, cleaned, dtype=pl.String))

    assert column.to_list() == [text and phone(text, region, kind) for text in cleaned]


@settings(max_examples=150)
@given(st.lists(DATE, min_size=1, max_size=9))
def test_dates_are_read_as_the_law_reads(texts: list[str]) -> None:
    column = BirthDates().read(pl.Series("birth_date", texts, dtype=pl.String))

    assert column.to_list() == [birth_date(text) for text in texts]
