"""References by which a sender names accounts in a file for several of them (seed 000 section 2.3.2)."""

from __future__ import annotations

import unicodedata

from postroom.contacts.errors import Refused

MAX_REFERENCE_CHARACTERS = 100


def reference_key(text: str) -> str:
    """Reduce a reference to what is compared: no case, no blanks around it, single ones inside.

    Leading zeros count: `0201` is another account than `201`.
    """
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def checked_reference(text: str) -> str:
    """Return a reference as it is shown; raise Refused when no cell could hold it."""
    shown = " ".join(text.split())
    if not shown or len(shown) > MAX_REFERENCE_CHARACTERS or not shown.isprintable():
        raise Refused(
            f"A reference has 1 to {MAX_REFERENCE_CHARACTERS} printable characters, such as AO201.",
            code="BAD_REFERENCE",
        )
    return shown
