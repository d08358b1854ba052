"""What an account may choose for one flow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import time
from enum import StrEnum
from typing import Any, Final

from postroom.contacts.errors import Refused
from postroom.outflow.encrypting import check_certificate
from postroom.outflow.naming import DEFAULT_PATTERN, check_pattern


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Packing(StrEnum):
    """What is around the file."""

    ZIP = "zip"
    GZIP = "gzip"
    NONE = "none"


_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
_MOST_TIMES: Final = 48


@dataclass(frozen=True, slots=True)
class Options:
    """How a flow is exported; the defaults are those of seed 002.

    `times` are local times (HH:MM), none for that of the account; with several there are as many files a day.
    `name` and `inner_name` are patterns (naming.py). `fields` are fields of the contact to add.
    """

    times: tuple[str, ...] = ()
    name: str = DEFAULT_PATTERN
    inner_name: str = DEFAULT_PATTERN
    fields: tuple[str, ...] = ()
    format: Format = Format.CSV
    packing: Packing = Packing.ZIP
    pgp: str | None = None
    """An armoured certificate: the file is encrypted for it."""
    skip_empty: bool = False
    """Whether there is no file when nothing happened, rather than one with a header alone."""
    spreadsheet_safe: bool = False
    manifest: bool = False
    """Whether a manifest of the day's files is published beside each."""
    done: bool = False
    """Whether an empty file with `.done` after its name follows each file."""

    def __post_init__(self) -> None:
        """Raise Refused when something cannot be."""
        for each in self.times:
            if not _TIME.fullmatch(each):
                raise Refused(f"'{each[:20]}' is no time such as 04:00.", code="BAD_TIME")
        if len({*map(time.fromisoformat, self.times)}) < len(self.times) or len(self.times) > _MOST_TIMES:
            raise Refused(f"Up to {_MOST_TIMES} times a day, each once.", code="BAD_TIME")
        check_pattern(self.name, dated=True)
        check_pattern(self.inner_name, dated=False)
        if len(set(self.fields)) < len(self.fields):
            raise Refused("A field can be added once.", code="BAD_FIELD")
        if self.pgp is not None:
            check_certificate(self.pgp)

    @property
    def inner_extension(self) -> str:
        """Return how the name of the file within ends."""
        return f".{self.format.value}"

    @property
    def extension(self) -> str:
        """Return how the name of the whole ends."""
        around = {Packing.ZIP: ".zip", Packing.GZIP: f"{self.inner_extension}.gz"}
        return around.get(self.packing, self.inner_extension) + (".gpg" if self.pgp else "")

    def as_json(self) -> dict[str, Any]:
        """Return plain values, fit for jsonb."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Options:
        """Read what `as_json` wrote; keys of another version are left at their default."""
        known = {each.name for each in fields(cls)}
        values: dict[str, Any] = {key: value for key, value in stored.items() if key in known}
        for name in ("times", "fields"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(
            **{
                **values,
                "format": Format(values.get("format", Format.CSV)),
                "packing": Packing(values.get("packing", Packing.ZIP)),
            }
        )

    def times_or(self, account_time: str) -> Sequence[str]:
        """Return the local times at which there is a file, in their order."""
        return sorted(self.times) or [account_time]
