"""Who visits a site, by a token that the landing page of a tracked link got; and whose site it is.

A visitor is named by the message whose link was followed, never by an address or a contact. Tokens are signed
for this use alone: none is of use on another account, and none of a message's links is a visitor's.
"""

from __future__ import annotations

import re
from typing import Final

from postroom.sending.tokens import Sent
from postroom.store.sealing import Sealer

PARAMETER: Final = "pr_v"
"""In the URL of a landing page, and in the name of the cookie that its site keeps: the visitor's token."""

LONGEST: Final = 100

_SIGNATURE: Final = 22
_SITE: Final = re.compile(rf"([1-9][0-9]{{0,9}})\.([A-Za-z0-9_-]{{{_SIGNATURE}}})", re.ASCII)
_VISITOR: Final = re.compile(
    rf"([1-9][0-9]{{0,9}})-([1-9][0-9]{{0,18}})\.([A-Za-z0-9_-]{{{_SIGNATURE}}})", re.ASCII
)
_MOST: Final = 2**63 - 1
_MOST_ACCOUNTS: Final = 2**31 - 1


class Visitors:
    """Makes and reads the tokens of sites and their visitors."""

    def __init__(self, sealer: Sealer) -> None:
        """Sign by `sealer`."""
        self._sealer = sealer

    def site(self, account_id: int) -> str:
        """Return what stands for an account in the script of its site; everybody may see it."""
        return f"{account_id}.{self._signature('site', str(account_id))}"

    def read_site(self, token: str) -> int | None:
        """Return whose site it is; None for no token of ours."""
        found = _SITE.fullmatch(token) if len(token) <= LONGEST else None
        if found is None or int(found[1]) > _MOST_ACCOUNTS:
            return None
        return int(found[1]) if self._verifies(found[2], "site", found[1]) else None

    def visitor(self, account_id: int, message_id: int) -> str:
        """Return what stands for the recipient of a message."""
        named = f"{account_id}-{message_id}"
        return f"{named}.{self._signature('visitor', named)}"

    def read_visitor(self, token: str) -> Sent | None:
        """Return by which message a visitor came; None for no token of ours."""
        found = _VISITOR.fullmatch(token) if len(token) <= LONGEST else None
        if found is None or int(found[1]) > _MOST_ACCOUNTS or int(found[2]) > _MOST:
            return None
        named = f"{found[1]}-{found[2]}"
        return Sent(int(found[1]), int(found[2])) if self._verifies(found[3], "visitor", named) else None

    def _signature(self, use: str, named: str) -> str:
        return self._sealer.signature(_signed(use, named), characters=_SIGNATURE)

    def _verifies(self, signature: str, use: str, named: str) -> bool:
        return self._sealer.verifies(signature, _signed(use, named), characters=_SIGNATURE)


def _signed(use: str, named: str) -> str:
    return f"{use} of goals {named}"
