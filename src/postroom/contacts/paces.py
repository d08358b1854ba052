"""How fast messages may go: of an account on a channel, and to one domain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MOST_PER_MINUTE: Final = 1_000_000

_LIMIT: Final = re.compile(r"(\*|[a-z0-9.-]{1,253})=([0-9]{1,7})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Paces:
    """Most messages a minute: of one account on one channel, and to each domain; 0 is as many as can be.

    In `domains` "*" stands for each domain that is not named.
    """

    per_minute: int = 0
    domains: Mapping[str, int] = field(default_factory=dict)

    def of_domain(self, domain: str) -> int:
        """Return the most messages a minute to a domain, 0 for as many as can be."""
        return self.domains.get(domain, self.domains.get("*", 0)) if domain else 0

    def under(self, general: Paces) -> Paces:
        """Return these, with what they leave open taken from `general`."""
        return Paces(self.per_minute or general.per_minute, {**general.domains, **self.domains})


def read_domains(text: str) -> dict[str, int]:
    """Read limits of domains, as in `gmail.com=600 *=1200`, with blanks or commas between.

    Raises:
        ValueError: that is not what it says.
    """
    limits: dict[str, int] = {}
    for word in text.lower().replace(",", " ").split():
        found = _LIMIT.fullmatch(word)
        if not found or int(found[2]) > MOST_PER_MINUTE:
            raise ValueError("limits a minute such as gmail.com=600 *=1200")
        limits[found[1]] = int(found[2])
    return limits
