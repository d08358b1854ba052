from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.templates import (
    MOST_NAME_CHARACTERS,
    Content,
    Variant,
    language_of,
    template_name,
)

TEXTS = st.text(max_size=20)
VARIANTS = st.builds(Variant, TEXTS, TEXTS, TEXTS)
CONTENTS = st.builds(
    Content,
    channel=st.sampled_from(Channel),
    variants=st.dictionaries(st.sampled_from(["", "fr", "en", "de"]), VARIANTS),
    sender=TEXTS,
    reply_to=TEXTS,
    tracking=st.booleans(),
    marketing=st.booleans(),
    defaults=st.dictionaries(TEXTS, TEXTS, max_size=3),
)


@given(CONTENTS)
def test_a_content_is_read_back_as_it_was_written(content: Content) -> None:
    assert Content.from_json(json.loads(json.dumps(content.as_json()))) == content


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Spring", "Spring"),
        ("  Spring  sale ", "Spring  sale"),
        ("Été\n2026", "Été 2026"),
        ("x" * MOST_NAME_CHARACTERS, "x" * MOST_NAME_CHARACTERS),
    ],
)
def test_a_template_has_a_name_of_one_line(raw: str, name: str) -> None:
    assert template_name(raw) == name


@pytest.mark.parametrize("raw", ["", "  ", "\n", "x" * (MOST_NAME_CHARACTERS + 1), "\ud800"])
def test_what_is_no_name_is_refused(raw: str) -> None:
    with pytest.raises(Refused) as refused:
        template_name(raw)

    assert refused.value.code == "BAD_NAME"


@pytest.mark.parametrize(
    ("raw", "language"),
    [
        ("fr", "fr"),
        ("FR", "fr"),
        (" fr ", "fr"),
        ("fr-CA", "fr"),
        ("fr_BE", "fr"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_language_is_two_letters(raw: str, language: str) -> None:
    assert language_of(raw) == language


@pytest.mark.parametrize("raw", ["french", "f", "f1", "é-x", "12", "fra"])
def test_what_is_no_language_is_refused(raw: str) -> None:
    with pytest.raises(Refused) as refused:
        language_of(raw)

    assert refused.value.code == "BAD_LANGUAGE"
