"""Every count and every row's reason has words for a mail, in both languages."""

from __future__ import annotations

from dataclasses import fields

import pytest

from postroom.contacts.batches import Counts
from postroom.contacts.reasons import LANGUAGES, Language, Reason
from postroom.drops import wording


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_count_has_words(language: Language) -> None:
    labels = [wording.count_label(field.name, language) for field in fields(Counts)]

    assert len(set(labels)) == len(labels)
    assert not any("_" in label for label in labels)


def test_the_words_of_the_languages_differ() -> None:
    words = [{wording.count_label(field.name, each) for field in fields(Counts)} for each in LANGUAGES]

    assert len(words[0] & words[1]) == 0


def test_a_row_s_reason_is_told_without_its_value() -> None:
    assert wording.issue_text("INVALID_EMAIL", "fr") == "e-mail invalide"
    assert wording.issue_text("INVALID_EMAIL", "en") == "invalid e-mail"
    for reason in Reason:
        for language in LANGUAGES:
            assert "{" not in wording.issue_text(reason.value, language)


def test_a_name_with_braces_is_a_name() -> None:
    values = {"name": "{account}.csv", "account": "acme", "action": "import"}

    assert wording.subject("success", "en", values) == "Applied: {account}.csv (acme, import)"
