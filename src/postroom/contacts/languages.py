"""In which language a contact is spoken to: as a custom field of the account says, if there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

LANGUAGE_FIELDS: Final = ("language", "langue", "lang", "locale")
"""What a custom field with a contact's language may be called, in any case; the first filled one counts."""

_CODE: Final = re.compile(r"([A-Za-z]{2})(?:[-_][A-Za-z0-9_-]*)?")
_NAMES: Final = {"français": "fr", "francais": "fr", "french": "fr", "anglais": "en", "english": "en"}


def language_of(custom: Mapping[str, str | None]) -> str | None:
    """Return the language (ISO 639-1, lower case) that custom fields, by name, tell; None when none does.

    A value is a code such as `fr` or `fr_BE`, or French or English by its name in either language.
    """
    by_name = {name.lower(): value for name, value in custom.items()}
    for field in LANGUAGE_FIELDS:
        text = (by_name.get(field) or "").strip()
        if text.lower() in _NAMES:
            return _NAMES[text.lower()]
        if code := _CODE.fullmatch(text):
            return code[1].lower()
    return None


def told_language(code: str | None) -> str | None:
    """Return a language as events and files tell it: in upper case, such as FR; None where there is none."""
    return code.upper() if code else None
