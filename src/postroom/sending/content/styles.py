"""CSS moved into the elements it is for, as most mail programs read it only there."""

from __future__ import annotations

from typing import Final

import css_inline

from postroom.contacts.errors import Refused

LONGEST: Final = 4_000_000
"""How many characters a page may have with its CSS in its elements."""

# Nothing is loaded, from the net or from a disk: what a template says is all there is.
_INLINER: Final = css_inline.CSSInliner(
    load_remote_stylesheets=False,
    keep_at_rules=True,
    keep_link_tags=False,
)


def inlined(what: str, markup: str) -> str:
    """Return a whole document with its CSS in its elements; rules for media stay in the head.

    `markup` has been made sound.

    Raises:
        Refused: its CSS cannot be read.
    """
    try:
        page = _INLINER.inline(markup)
    except (css_inline.InlineError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise Refused(f"{what}: its CSS cannot be read ({said}).", code="BAD_TEMPLATE") from error
    if len(page) > LONGEST:
        raise Refused(f"{what}: with its CSS it is longer than {LONGEST} characters.", code="BAD_TEMPLATE")
    return page
