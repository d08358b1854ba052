from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.cells import BLANKS, INERT, clean


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("Pierre ", "Pierre"),
        ("\u00a0Élodie\u202f", "Élodie"),
        ("\ufeffRéférence", "Référence"),
        ("E\u0301lodie", "Élodie"),
        ("12\r\n\true\nPasteur", "12 rue Pasteur"),
        ("Du\x00pont\x7f\x9f", "Dupont"),
        ("e\x00\u0301", "é"),
        ("a\u0085b", "a b"),
        ("Saint - Malo", "Saint - Malo"),
        ("Jean\u00a0Paul", "Jean\u00a0Paul"),
    ],
)
def test_a_cell_says_the_same_without_its_accidents(raw: str, value: str) -> None:
    assert clean(raw) == value


@pytest.mark.parametrize("raw", [None, "", " ", "\u00a0\u200b\t", "\x00", "\n\r"])
def test_nothing_but_accidents_is_nothing(raw: str | None) -> None:
    assert clean(raw) is None


@given(st.text())
def test_a_clean_value_stays_as_it_is(raw: str) -> None:
    value = clean(raw)

    assert value is None or clean(value) == value
    assert value is None or not any(unicodedata.category(character) == "Cc" for character in value)
    assert value is None or value == value.strip(BLANKS)


def test_inert_characters_are_left_alone_by_unicode_normalisation() -> None:
    inert = re.compile(f"[{INERT}]")
    for character in filter(inert.fullmatch, map(chr, range(0x3000))):
        assert unicodedata.normalize("NFC", character) == character
        assert unicodedata.combining(character) == 0
    assert not inert.search("\u0301\u212a\u2126\u2000\u03a3")


def test_french_is_inert() -> None:
    assert re.fullmatch(f"[{INERT}]+", "Où l’Œuvre « coûte » 5 € – à Noël… çà et là, l'île d'Yeu")
