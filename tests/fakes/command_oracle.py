"""A realm in memory: what commands amount to, record by record, by the scalar law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from postroom.contacts.addresses import email
from postroom.contacts.cells import clean
from postroom.contacts.commands import BatchHeader, Kind
from postroom.contacts.criteria import Criterion
from postroom.contacts.levels import Level, Unsubscribing, barred
from postroom.contacts.optouts import OptOutReason, after_optout
from postroom.contacts.reasons import Reason
from postroom.contacts.rows import Value, normalise_row
from postroom.contacts.settings import AccountSettings
from postroom.contacts.verdicts import Verdict

FIELDS = {
    "email": "email",
    "first": "first_name",
    "city": "city",
    "customer_key": "reference",
    "phone": "phone",
}
GLOBAL = "EMAIL"


@dataclass(eq=False)
class Someone:
    """A contact: its values, and the format of each of its subscriptions by list."""

    values: dict[str, Value]
    lists: dict[int, int | None] = field(default_factory=dict)

    @property
    def first(self) -> str:
        """Return the first name as it is compared."""
        return str(self.values.get("first_name") or "").strip().lower()


@dataclass(frozen=True)
class Asked:
    """One command: its lists (0 is all), its own flags, whether addresses alone say who is meant."""

    kind: Kind
    lists: tuple[int, ...] = ()
    force_sub: bool | None = None
    optout: bool | None = None
    format: int | None = None


@dataclass
class OracleTally:
    """What came of it; pairs and people once each."""

    created: set[Someone] = field(default_factory=set)
    named: set[Someone] = field(default_factory=set)
    subscribed: set[tuple[Someone, int]] = field(default_factory=set)
    unsubscribed: set[tuple[Someone, int]] = field(default_factory=set)
    written: dict[Level, int] = field(default_factory=lambda: dict.fromkeys(Level, 0))
    cleared: int = 0
    deleted: int = 0
    requested: int = 0


@dataclass
class CommandOracle:
    """Does what commands ask of one realm; `other` is another realm of the same system, with a list 9."""

    settings: AccountSettings
    header: BatchHeader
    universal_on: bool = True
    people: list[Someone] = field(default_factory=list)
    other: list[Someone] = field(default_factory=list)
    optouts: dict[tuple[str, str], OptOutReason] = field(default_factory=dict)
    universal: set[str] = field(default_factory=set)
    tally: OracleTally = field(default_factory=OracleTally)

    def do(self, asked: Asked, record: Mapping[str, str]) -> Verdict | None:
        """Do what one record of a command asks; return why it fails."""
        if asked.kind is Kind.CHANGE:
            return self._change(record)
        read = self._read(record, by_address=asked.kind is Kind.SMART_UNSUB)
        if isinstance(read, Verdict):
            return read
        address, values = read
        if asked.kind in {Kind.UNSUB, Kind.SMART_UNSUB}:
            self._unsubscribe(asked, address, values)
            return None
        if asked.kind is Kind.DELETE:
            return self._delete(address, values)
        duplicate = self.header.allow_duplicates or record["email"].startswith("*")
        if asked.kind is Kind.SAVE:
            return self._give(address, values, duplicate=duplicate)[0]
        verdict = self._enrol(asked, address, values, duplicate=duplicate)
        self.tally.requested += asked.kind is Kind.SEND and verdict is None
        return verdict

    def _read(
        self, record: Mapping[str, str], *, by_address: bool
    ) -> tuple[str, dict[str, str | None]] | Verdict:
        """Return the address and what is said of each field: None keeps, NULL erases."""
        named = {FIELDS[name]: text for name, text in record.items()}
        named["email"] = named["email"].removeprefix("*")
        texts = {name: None if text == "NULL" else text for name, text in named.items()}
        criterion = Criterion.EMAIL if by_address else self.settings.criterion
        row = normalise_row(texts, replace(self.settings, criterion=criterion))
        if row.refusal:
            return _VERDICTS.get(row.refusal[0], Verdict.MISSING_EMAIL)
        if not row.values["email"]:
            return Verdict.INVALID_EMAIL if clean(texts["email"]) else Verdict.MISSING_EMAIL
        erased = {name for name, text in named.items() if text == "NULL"} - {"email", "reference"}
        values = {name: "NULL" if name in erased else _text(value) for name, value in row.values.items()}
        return str(row.values["email"]), values

    def _at(self, address: str, values: Mapping[str, str | None]) -> list[Someone]:
        """Return whom a record could mean, the oldest first."""
        if self.settings.criterion is Criterion.REFERENCE:
            return [each for each in self.people if each.values.get("reference") == values["reference"]]
        return [each for each in self.people if each.values["email"] == address]

    def _give(
        self, address: str, values: Mapping[str, str | None], *, duplicate: bool
    ) -> tuple[Verdict | None, Someone | None]:
        there = self._at(address, values)
        duplicate &= self.settings.criterion is Criterion.EMAIL
        said = values.get("first_name")
        first = "" if said in {None, "NULL"} else str(said).strip().lower()
        if there and duplicate and not first:
            return Verdict.MISSING_FIRST, None
        same = [each for each in there if first and each.first == first]
        person = next(iter(same or (() if duplicate else there)), None)
        if person is None:
            person = Someone({})
            self.people.append(person)
            self.tally.created.add(person)
        for name, value in values.items():
            if value is not None or name not in person.values:
                person.values[name] = None if value == "NULL" else value
        self.tally.named.add(person)
        return None, person

    def _enrol(
        self, asked: Asked, address: str, values: Mapping[str, str | None], *, duplicate: bool
    ) -> Verdict | None:
        verdicts = {list_id: self._bar(asked, list_id, address) for list_id in asked.lists}
        taking = [list_id for list_id, verdict in verdicts.items() if verdict is None]
        refused = next((verdict for verdict in verdicts.values() if verdict), None)
        if not taking:
            return refused
        missing, person = self._give(address, values, duplicate=duplicate)
        for list_id in taking if person else ():
            assert person is not None
            held = person.lists.get(list_id)
            person.lists[list_id] = held if asked.format is None else asked.format
            self.tally.subscribed.add((person, list_id))
        return refused or missing

    def _bar(self, asked: Asked, list_id: int, address: str) -> Verdict | None:
        """Return why a list does not take an address; lift what is lifted."""
        forced = self.header.force_sub if asked.force_sub is None else asked.force_sub
        forced &= asked.kind is not Kind.SEND
        standing = {
            level: self.optouts[scope, address]
            for level, scope in ((Level.LIST, f"list:{list_id}"), (Level.GLOBAL, GLOBAL))
            if (scope, address) in self.optouts
        }
        if address in self.universal:
            standing[Level.UNIVERSAL] = OptOutReason.ACCOUNT
        verdict = barred(standing, forced=forced, lifts_complaints=self.settings.optin_lifts_complaints)
        for scope in () if verdict else (f"list:{list_id}", GLOBAL):
            self.tally.cleared += self.optouts.pop((scope, address), None) is not None
        return verdict

    def _unsubscribe(self, asked: Asked, address: str, values: Mapping[str, str | None]) -> None:
        everywhere = self.header.everywhere or 0 in asked.lists
        wish = Unsubscribing(
            everywhere,
            optout=self.header.optout if asked.optout is None else asked.optout,
            universal=self.header.universal and everywhere and self.universal_on,
            force=self.header.force_optout,
        )
        if asked.kind is Kind.SMART_UNSUB or wish.universal:
            meant = [each for each in self.people if each.values["email"] == address]
        else:
            first = str(values.get("first_name") or "").strip().lower()
            there = self._at(address, values)
            meant = [each for each in there if first and each.first == first][:1] or there
        if wish.universal:
            meant = [*meant, *(each for each in self.other if each.values["email"] == address)]
        for list_id in (0,) if everywhere else asked.lists:
            gone = [(each, one) for each in meant for one in each.lists if list_id in {0, one}]
            for person, one in gone:
                del person.lists[one]
            self.tally.unsubscribed.update(gone)
            self._write(wish.record(subscribed=bool(gone)), address, list_id)

    def _write(self, level: Level | None, address: str, list_id: int) -> None:
        if level is Level.UNIVERSAL:
            self.tally.written[level] += address not in self.universal
            self.universal.add(address)
        elif level:
            scope = GLOBAL if level is Level.GLOBAL else f"list:{list_id}"
            self.tally.written[level] += (scope, address) not in self.optouts
            stands = self.optouts.get((scope, address))
            self.optouts[scope, address] = after_optout(stands, OptOutReason.ACCOUNT)

    def _delete(self, address: str, values: Mapping[str, str | None]) -> Verdict | None:
        there = self._at(address, values)
        first = str(values.get("first_name") or "").strip().lower()
        there = [each for each in there if first and each.first == first][:1] or there
        if len(there) != 1:
            return Verdict.SEVERAL_CONTACTS if there else Verdict.NO_SUCH_CONTACT
        self.people = [each for each in self.people if each is not there[0]]
        self.tally.deleted += 1
        self._write(Level.GLOBAL, address, 0)
        return None

    def _change(self, record: Mapping[str, str]) -> Verdict | None:
        old, new = (clean(record[name].removeprefix("*")) for name in ("email", "email_new"))
        if not old or not new:
            return Verdict.MISSING_EMAIL
        address, becomes = email(old), email(new)
        if address is None or becomes is None:
            return Verdict.INVALID_EMAIL
        there = [each for each in self.people if each.values["email"] == address]
        if len(there) != 1:
            return Verdict.SEVERAL_CONTACTS if there else Verdict.NO_SUCH_CONTACT
        taken: Sequence[Someone] = [each for each in self.people if each.values["email"] == becomes]
        if address == becomes:
            return None
        if taken and self.settings.criterion is Criterion.EMAIL:
            return Verdict.ADDRESS_TAKEN
        there[0].values["email"] = becomes
        self.tally.named.add(there[0])
        return None


_VERDICTS = {
    Reason.INVALID_EMAIL: Verdict.INVALID_EMAIL,
    Reason.MISSING_REFERENCE: Verdict.MISSING_CUSTOMER_KEY,
}


def _text(value: Value) -> str | None:
    return None if value is None else str(value)
