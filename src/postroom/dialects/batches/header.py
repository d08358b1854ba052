"""The header of a batch: who sends it and what holds for all of it (specs, command batches 1.2).

It is read from keys and values, wherever they stood: lines of a .dat or .csv file, elements of an XML file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from postroom.contacts import addresses
from postroom.contacts.commands import BatchHeader, BatchRefused, Finding
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches import flags
from postroom.dialects.batches.records import FieldList, FieldsRefused, field_list
from postroom.dialects.batches.text import EDGES

MAX_CONFIRMATION_CHARACTERS = 255
MAX_ADDRESSES = 20
MAX_LINES = 1000
"""Of a header, blank ones aside; of its elements."""

_FLAGS = {
    "verbose": "verbose",
    "optout": "optout",
    "universal": "universal",
    "global": "everywhere",
    "force_optout": "force_optout",
    "force_sub": "force_sub",
    "allow_duplicates": "allow_duplicates",
    "relational": "relational",
    "isrelational": "isrelational",
    "isrelationalsubscriber": "isrelationalsubscriber",
    "clear_data": "clear_data",
}
_TEXTS = frozenset({"realm", "password", "api_client", "client_auth", "description", "campaign_name"})
_ALIASES = {"confirm_email": "confirmation_email", "force_subscribe": "force_sub"}

IN_ALL = frozenset({*_TEXTS, *_FLAGS, *_ALIASES, "confirmation_email", "list_id", "drop_subscriptions"})
IN_DAT = IN_ALL | {"header"}
IN_CSV = IN_ALL | {"table", "columns"}
IN_XML = IN_ALL - {"relational", "isrelationalsubscriber", "clear_data"}
"""The keys that each kind of file knows; it ignores others with a warning (specs, 7.14)."""

_BETWEEN_ADDRESSES = re.compile(r"[,;\s]+")


@dataclass(frozen=True, slots=True)
class Pair:
    """A key, in lower case, and its value, as written, of a line of the header."""

    line: int
    key: str
    value: str


@dataclass(slots=True)
class Heading:
    """A header as it was read: ours, the fields that its records have, and what to warn of."""

    header: BatchHeader
    fields: FieldList | None = None
    notes: list[Finding] = field(default_factory=list)


def read_header(pairs: Sequence[Pair], known: Collection[str], *, ends: int) -> Heading:
    """Read the header of a file whose kind has the keys `known`; it ends before line `ends`.

    Raises BatchRefused for the first thing that is wrong, with the header as far as it can be read.
    """
    _check_order(pairs, ends)
    reading = _Reading(known)
    for pair in pairs:
        reading.take(pair)
    heading = Heading(BatchHeader(**reading.values), reading.fields, reading.notes)
    _check_whole(heading.header, ends, reading.refuse)
    if reading.wrong is not None:
        raise BatchRefused(reading.wrong, heading.header)
    return heading


def _check_order(pairs: Sequence[Pair], ends: int) -> None:
    """Hold realm to be first and password second (seed 001, Header; specs, 7.29)."""
    keys = [pair.key for pair in pairs[:2]]
    if keys[:1] != ["realm"]:
        raise BatchRefused(Finding(pairs[0].line if pairs else ends, Verdict.REALM_NOT_FIRST))
    if keys[1:] != ["password"]:
        raise BatchRefused(Finding(pairs[1].line if len(pairs) > 1 else ends, Verdict.PASSWORD_NOT_SECOND))


def _check_whole(header: BatchHeader, ends: int, refuse: Callable[[Finding], None]) -> None:
    for key in ("realm", "password"):
        if not getattr(header, key):
            refuse(Finding(ends, Verdict.MISSING_ARGUMENT, key))
    if bool(header.api_client) != bool(header.client_auth):
        refuse(Finding(ends, Verdict.CLIENT_INCOMPLETE))


class _Reading:
    """What the keys read so far amount to; the first thing that is wrong is kept, and reading goes on."""

    def __init__(self, known: Collection[str]) -> None:
        self.values: dict[str, Any] = {"realm": "", "password": ""}
        self.fields: FieldList | None = None
        self.notes: list[Finding] = []
        self.wrong: Finding | None = None
        self._known = known
        self._seen: set[str] = set()

    def take(self, pair: Pair) -> None:
        if pair.key not in self._known:
            self.notes.append(Finding(pair.line, Verdict.UNKNOWN_KEY, pair.key[:80], failed=False))
            return
        key = _ALIASES.get(pair.key, pair.key)
        if key in self._seen:
            self.notes.append(Finding(pair.line, Verdict.REPEATED_KEY, key, failed=False))
        self._seen.add(key)
        if key in _TEXTS:
            self.values[key] = pair.value
        elif key in _FLAGS:
            self._flag(pair, key)
        else:
            getattr(self, f"_{key}")(pair)

    def refuse(self, finding: Finding) -> None:
        self.wrong = self.wrong or finding

    def _flag(self, pair: Pair, key: str) -> None:
        said = flags.flag(pair.value)
        if said is None:
            self.refuse(Finding(pair.line, Verdict.BAD_FLAG, f"{key}={pair.value}"))
        else:
            self.values[_FLAGS[key]] = said

    def _list_id(self, pair: Pair) -> None:
        self.values["list_id"] = flags.number(pair.value)
        if self.values["list_id"] is None:
            self.refuse(Finding(pair.line, Verdict.BAD_NUMBER, f"list_id={pair.value}"))

    def _drop_subscriptions(self, pair: Pair) -> None:
        self.values["drop_subscriptions"] = flags.ids(pair.value)

    def _confirmation_email(self, pair: Pair) -> None:
        """Take the addresses that are any; a value that is too long is as good as none (specs, 5.2)."""
        self.values["confirmation"] = ()
        if len(pair.value) > MAX_CONFIRMATION_CHARACTERS:
            self._note(pair, f"> {MAX_CONFIRMATION_CHARACTERS}")
            return
        parts = [part for part in _BETWEEN_ADDRESSES.split(pair.value) if part]
        read = {part: addresses.email(part) for part in parts}
        for part in [part for part, address in read.items() if address is None]:
            self._note(pair, part)
        good = dict.fromkeys(address for address in read.values() if address)
        self.values["confirmation"] = tuple(good)[:MAX_ADDRESSES]

    def _note(self, pair: Pair, value: str) -> None:
        self.notes.append(Finding(pair.line, Verdict.BAD_CONFIRMATION, value, failed=False))

    def _table(self, pair: Pair) -> None:
        self.values["table"] = pair.value.strip(f'"{EDGES}') or None

    def _header(self, pair: Pair) -> None:
        self._names(pair, None)

    def _columns(self, pair: Pair) -> None:
        self._names(pair, ",")

    def _names(self, pair: Pair, delimiter: str | None) -> None:
        try:
            self.fields = field_list(pair.value, delimiter)
        except FieldsRefused as refused:
            self.refuse(Finding(pair.line, Verdict.BAD_HEADER_FIELDS, refused.value))
