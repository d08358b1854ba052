"""What a deposit asks, in our own words, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from postroom.contacts.media import Consent, Medium
from postroom.contacts.reasons import Language, Reason, reason_text


class Action(StrEnum):
    """What a deposit does to the base; the names are the directories' (seed 000 section 2.1)."""

    IMPORT = "import"
    OPTOUT_EMAIL = "optoutEMAIL"
    OPTOUT_SMS = "optoutSMS"
    OPTOUT_VOICE = "optoutVOICE"
    OPTOUT_VOICEMAIL = "optoutVOICEMAIL"
    OPTIN_EMAIL = "optinEMAIL"
    OPTIN_SMS = "optinSMS"
    OPTIN_VOICE = "optinVOICE"
    OPTIN_VOICEMAIL = "optinVOICEMAIL"
    DELETE = "delete"

    @property
    def consent(self) -> tuple[Consent, Medium] | None:
        """Return what the action says of a medium's addresses; None when it is about contacts."""
        for consent in Consent:
            if self.value.startswith(consent.value):
                return consent, Medium(self.value.removeprefix(consent.value))
        return None


class Mode(StrEnum):
    """What an import does with the list of its name (seed 000 section 2.4.1)."""

    CREATE = "create"
    ADD = "add"
    SYNC = "sync"
    CONTACTS = "contacts"
    """Fill no list at all; only a call of the API can ask for it."""


class Header(StrEnum):
    """What its sender says of the first line of a file."""

    PRESENT = "present"
    ABSENT = "absent"
    """It is a contact, and columns are those of the fixed order (seed 004)."""
    UNKNOWN = "unknown"
    """See for yourself."""


@dataclass(frozen=True, slots=True)
class ListTarget:
    """Which list an import fills: existing lists are matched in the order of `names`."""

    mode: Mode
    names: tuple[str, ...]
    """Candidates for matching, best first; the last one names a new list."""
    list_id: int | None = None
    """The list that was made for this import, whatever it is called by now."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where each contact field stands in a file.

    `positions` maps a contact field to its 0-based column; `width` counts the header's cells
    (trailing empty ones included); `report_columns` are the 0-based columns that an earlier report
    appended and that are ignored; `unknown` are headers that mean nothing to us. Without `has_header` the
    file has no such line, and `header` is what it would say.
    """

    positions: Mapping[str, int]
    width: int
    header: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    report_columns: tuple[int, ...] = ()
    has_header: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "positions": dict(self.positions)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        return cls(
            dict(values["positions"]),
            values["width"],
            tuple(values["header"]),
            tuple(values["unknown"]),
            tuple(values["report_columns"]),
            values["has_header"],
        )


@dataclass(frozen=True, slots=True)
class RowIssue:
    """Something wrong with one row: a refusal when the row was left out, else a warning.

    `line` is the 1-based physical line in the file where the row starts; `cells` are the row as sent;
    `language` is that of the row's account, when the file is for several.
    """

    line: int
    reason: Reason
    value: str
    cells: tuple[str, ...]
    refused: bool
    language: Language | None = None

    def text(self, language: Language) -> str:
        """Say the reason in the language of the row's account, else in that of the file's."""
        return reason_text(self.reason, self.language or language, self.value)


class FileRefused(Exception):  # it is a verdict about the file, not an error of ours
    """The whole file is refused, with a reason for its sender; nothing of it was applied."""

    def __init__(self, reason: Reason, value: str = "", *, figures: Mapping[str, int] | None = None) -> None:
        """Keep the code, the detail that its text shows, and what of it is numbers, for programs."""
        self.reason = reason
        self.value = value
        self.figures = figures
        super().__init__(reason_text(reason, "en", value))


@dataclass(slots=True)
class Counts:
    """How the rows of a file ended.

    lines = created + updated + unchanged + duplicates + refused + deleted + opted_out + opted_in. The others
    say more of some of these: `warnings` are values left out and opt-ins that lifted nothing; `unknown` are
    addresses and rows that no contact has or is (an opt-out of such an address counts all the same).
    """

    lines: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    refused: int = 0
    warnings: int = 0
    added_to_list: int = 0
    removed_from_list: int = 0
    deleted: int = 0
    opted_out: int = 0
    opted_in: int = 0
    unknown: int = 0

    def add(self, others: Counts) -> None:
        """Count the rows of `others` as well."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(others, each.name))

    def balanced(self) -> bool:
        """Tell whether every line is accounted for."""
        made = self.created + self.updated + self.deleted + self.opted_out + self.opted_in
        return self.lines == made + self.unchanged + self.duplicates + self.refused

    def refuse_without_rows(self) -> None:
        """Raise FileRefused when there was no row: nothing must be committed then.

        For imports: an export that failed must not empty a list. What opts out or deletes harms nobody then.
        """
        if self.lines == 0:
            raise FileRefused(Reason.NO_ROW)

    def refuse_fruitless(self) -> None:
        """Raise FileRefused when there were rows and none was of use: nothing must be committed then."""
        if self.lines and self.lines == self.refused:
            raise FileRefused(Reason.NO_VALID_ROW)


@dataclass(frozen=True, slots=True)
class Known:
    """The first deposit of bytes that came again: its public id, the file's name, when it came."""

    drop_id: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ReportForm:
    """How the reports about rows are written: the encoding of the file they are about, the separator."""

    encoding: str
    separator: str


@dataclass(slots=True)
class Outcome:
    """What a batch did: counts, the list, notes for the sender; `failure` when the file was refused.

    `examples` are the first rows that something is wrong with; all of them are in the reports. `known` is
    there when the same bytes were applied before. `parts` say what a file for several accounts did to each.
    `read_lines` counts the rows that were read before the file was refused.
    """

    counts: Counts = field(default_factory=Counts)
    list_id: int | None = None
    list_name: str | None = None
    mode: Mode | None = None
    notes: list[str] = field(default_factory=list)
    failure: FileRefused | None = None
    examples: list[RowIssue] = field(default_factory=list)
    known: Known | None = None
    parts: list[Part] = field(default_factory=list)
    read_lines: int = 0
    form: ReportForm | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What a file for several accounts did to one of them, under which references.

    `drop_id` is of the drop that this is in the account; None when its rows could not even be read.
    """

    account_id: int
    account: str
    references: tuple[str, ...]
    drop_id: int | None
    outcome: Outcome
