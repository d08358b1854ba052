"""What a command batch asks, in our own words: its header, and commands in the order of the file.

A dialect reads these from bytes; `ingest.commands` does what they ask (seeds 001 and 003; specs, command
batches 1 and 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from postroom.contacts.verdicts import Verdict


class Kind(StrEnum):
    """What a command does; the names are the protocol's."""

    SUB = "sub"
    UNSUB = "unsub"
    SAVE = "save"
    DELETE = "delete"
    CHANGE = "change"
    SEND = "send"
    LAUNCH = "launch"
    FIELD_CREATE = "customfieldcreate"
    FIELD_DELETE = "customfielddelete"
    SMART_SUB = "smartsub"
    RELATIONAL_SUB = "relationalsub"
    SMART_UNSUB = "smartunsub"
    RELATIONAL_SAVE = "relationalsave"
    RELATIONAL_DELETE = "relationaldelete"
    RELATIONAL_IMPORT = "relationalimport"
    """What a .csv file with `isrelational=1` is: one command whose records are its rows."""


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """Who sends a batch and what holds for all of its commands (specs, command batches 1.2).

    `list_id` is None when the header names none; `drop_subscriptions` has its ids as written, each a text.
    Secrets do not show in a repr.
    """

    realm: str
    password: str = field(repr=False)
    api_client: str | None = None
    client_auth: str | None = field(default=None, repr=False)
    confirmation: tuple[str, ...] = ()
    verbose: bool = False
    description: str = ""
    list_id: int | None = None
    optout: bool = True
    universal: bool = False
    everywhere: bool = False
    """The key `global`: unsubscribing means all lists, as list 0 does."""
    force_optout: bool = False
    force_sub: bool = False
    drop_subscriptions: tuple[str, ...] = ()
    allow_duplicates: bool = False
    campaign_name: str = ""
    relational: bool = False
    isrelational: bool = False
    isrelationalsubscriber: bool = False
    clear_data: bool = False
    table: str | None = None
    """Of a relational .csv: the table that its rows are for."""


@dataclass(frozen=True, slots=True)
class Command:
    """What the records of a run have in common; two runs that ask the same have equal commands.

    `arguments` are those of the line besides `cmd` and `data` (of the XML block: its children besides type
    and record), decoded, keys in lower case and sorted, each once. `fields` are the columns of the records
    as written, stripped (`email`, `custom_age`, `interests.id`); the header's when the line has none.
    The argument `format` is always 1, 2 or 99, whatever it was written as; fields of a format are as written.
    """

    kind: Kind
    arguments: tuple[tuple[str, str], ...] = ()
    fields: tuple[str, ...] = ()

    def argument(self, key: str) -> str | None:
        """Return what the line says of `key`; None when it does not say anything."""
        return next((value for each, value in self.arguments if each == key), None)


@dataclass(frozen=True, slots=True)
class Record:
    """One contact or row of a command: as many values as the command has fields, decoded and stripped.

    `line` is the 1-based physical line where it is said; `number` is its 1-based place within its command,
    0 when the command takes no records and this one stands for it; `ordinal` is the command's 1-based
    place in the file. `items` are the item blocks of a `send` in XML, plain values fit for JSON.
    """

    line: int
    number: int
    ordinal: int
    values: tuple[str, ...] = ()
    items: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """Commands that follow one another and ask the same of their records, 50,000 records at the most.

    The records lie in columns of one length, as a `Record` for each would cost more than reading it:
    `lines`, `numbers`, `ordinals` and `rows` are what a Record's line, number, ordinal and values are;
    `items` has those of the few that have any, by place within the run. A command without records (launch,
    customfieldcreate) has one, of number 0, that says its line. Commands about contacts that differ in
    their fields alone are one run with all of these fields; a record has an empty value for those it lacks.
    """

    command: Command
    lines: Sequence[int]
    numbers: Sequence[int]
    ordinals: Sequence[int]
    rows: Sequence[Sequence[str]]
    items: Mapping[int, tuple[object, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, command: Command, records: Sequence[Record]) -> Run:
        """Lay records out in columns."""
        return cls(
            command,
            [record.line for record in records],
            [record.number for record in records],
            [record.ordinal for record in records],
            [record.values for record in records],
            {place: record.items for place, record in enumerate(records) if record.items},
        )

    def __len__(self) -> int:
        """Count the records."""
        return len(self.rows)

    @property
    def records(self) -> list[Record]:
        """Take the columns apart again, for few records or a way that is slow anyhow."""
        return [self.record(place) for place in range(len(self.rows))]

    def record(self, place: int) -> Record:
        """Return the record at `place`, counted from 0."""
        return Record(
            self.lines[place],
            self.numbers[place],
            self.ordinals[place],
            tuple(self.rows[place]),
            self.items.get(place, ()),
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell about a line, a command or a record: a failure, else a warning.

    `number` is the record's place within its command, None when all of the command is meant (or the header,
    whose `ordinal` is 0 and whose `kind` is None). `value` is what was found, at most 80 characters are
    shown of it; it never has a password.
    """

    line: int
    verdict: Verdict
    value: str = ""
    number: int | None = None
    ordinal: int = 0
    kind: Kind | None = None
    failed: bool = True


Step = Run | Finding
"""What a batch consists of after its header, in the order of the file."""


class BatchRefused(Exception):  # it is a verdict about the file, not an error of ours
    """The header is wrong, or the file is none: nothing of its body is run (specs, command batches 7.16)."""

    def __init__(self, finding: Finding, header: BatchHeader | None = None) -> None:
        """Keep what is wrong, and the header when it could be read: its addresses may be told."""
        self.finding = finding
        self.header = header
        super().__init__(f"line {finding.line}: {finding.verdict.value} {finding.value}")


@dataclass(slots=True)
class Tally:
    """What a batch did, in numbers.

    `commands` and `records` are those read; a command failed when it could not be run or one of its records
    failed. `subscribed` and `unsubscribed` count pairs of contact and list once though repeated; `cleared`
    are opt-outs that a forced subscribe removed; `dropped` are subscriptions that `drop_subscriptions`
    deleted; `requested` are messages and campaigns written down to be sent.
    """

    commands: int = 0
    commands_failed: int = 0
    records: int = 0
    records_failed: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    subscribed: int = 0
    unsubscribed: int = 0
    optouts_list: int = 0
    optouts_global: int = 0
    optouts_universal: int = 0
    cleared: int = 0
    dropped: int = 0
    fields_ignored: int = 0
    requested: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_deleted: int = 0
    rows_cleared: int = 0
