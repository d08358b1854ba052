"""Whether this installation can do its work right now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from postroom.contacts.errors import Unavailable
from postroom.store.database import Database
from postroom.store.schema import pending


@dataclass(frozen=True, slots=True)
class Health:
    """The state of what we depend on; `healthy` when all is well."""

    database: Literal["ok", "unreachable"]
    schema: Literal["ok", "outdated", "unknown"]

    @property
    def healthy(self) -> bool:
        """Tell whether requests and files will be served."""
        return self.database == "ok" and self.schema == "ok"


UNREACHABLE = Health(database="unreachable", schema="unknown")

Probe = Callable[[], Health]


def database_probe(database: Database) -> Probe:
    """Return a probe that asks `database`; it blocks for as long as the database does."""

    def probe() -> Health:
        try:
            with database.transaction() as connection:
                outdated = bool(pending(connection))
        except Unavailable:
            return UNREACHABLE
        return Health(database="ok", schema="outdated" if outdated else "ok")

    return probe
