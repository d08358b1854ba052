from __future__ import annotations

import pytest

from postroom.contacts.languages import language_of, told_language


@pytest.mark.parametrize(
    ("custom", "language"),
    [
        ({}, None),
        ({"language": None}, None),
        ({"language": "fr"}, "fr"),
        ({"Langue": " EN "}, "en"),
        ({"locale": "fr_BE"}, "fr"),
        ({"lang": "de-AT-1996"}, "de"),
        ({"langue": "Français"}, "fr"),
        ({"langue": "anglais"}, "en"),
        ({"language": "", "locale": "en_GB"}, "en"),
        ({"language": "en", "locale": "fr"}, "en"),
        ({"language": "Klingon"}, None),
        ({"colour": "fr"}, None),
    ],
)
def test_a_custom_field_tells_in_which_language_somebody_is_spoken_to(
    custom: dict[str, str | None], language: str | None
) -> None:
    assert language_of(custom) == language


@pytest.mark.parametrize(("code", "told"), [("fr", "FR"), ("FR", "FR"), ("", None), (None, None)])
def test_a_language_is_told_in_upper_case_and_none_is_none(code: str | None, told: str | None) -> None:
    assert told_language(code) == told
