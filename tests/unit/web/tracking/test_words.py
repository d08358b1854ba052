"""What recipients read: whole in each language, and short of what others need not know."""

from __future__ import annotations

from dataclasses import fields
from string import Formatter

import pytest

from postroom.contacts.media import Medium
from postroom.web.tracking.documents import shortened, wishes_in
from postroom.web.tracking.words import ENGLISH, FRENCH, WORDS, Words, language_asked


def placeholders(words: Words, name: str) -> set[str]:
    text = getattr(words, name)
    return {found for _, found, _, _ in Formatter().parse(text) if found} if isinstance(text, str) else set()


def test_each_language_says_the_same_with_other_words() -> None:
    for field in fields(Words):
        assert placeholders(FRENCH, field.name) == placeholders(ENGLISH, field.name)
        assert getattr(FRENCH, field.name)
        assert getattr(FRENCH, field.name) != getattr(ENGLISH, field.name)
    for words in WORDS.values():
        assert words.media.keys() == set(Medium)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "fr"),
        ("en", "en"),
        ("EN-us,en;q=0.9", "en"),
        ("fr-CA", "fr"),
        ("de, en;q=0.5, fr;q=0.4", "en"),
        ("de", "fr"),
        ("x" * 10_000, "fr"),
        (",,;;,en", "en"),
    ],
)
def test_a_browser_says_which_language_it_would_like(accepted: str, language: str) -> None:
    assert language_asked(accepted) == language


@pytest.mark.parametrize(
    ("address", "shown"),
    [("bob@example.com", "b…@example.com"), ("+33612345678", "…78"), ("b@example.com", "b…@example.com")],
)
def test_an_address_is_shortened(address: str, shown: str) -> None:
    assert shortened(address) == shown


def test_only_boxes_that_differ_are_wishes() -> None:
    shown = {"EMAIL=on", "SMS=off", "list:a=b=on", "list:4=off", "VOICE=on"}

    assert wishes_in({"EMAIL", "SMS", "list:9"}, shown) == {"SMS": True, "list:a=b": False, "VOICE": False}
    assert wishes_in(set(), set()) == {}
