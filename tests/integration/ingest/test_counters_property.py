"""After any sequence of whatever can be done, the counters of lists are right or not known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.batches import Mode
from postroom.contacts.criteria import Criterion, Match
from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.records import ContactFilter
from postroom.drops.room import Room
from postroom.drops.undoing import undo
from postroom.ingest import counting
from postroom.ingest.consents import change_consent
from postroom.store.optouts import Act
from postroom.web.api.operations import contacts, lists
from postroom.web.api.operations.pages import Paging
from postroom.web.auth.caller import Caller
from tests.conftest import MakePerson
from tests.fakes.oracle import Oracle
from tests.integration.drops.changing import change
from tests.integration.drops.sender import Sender
from tests.integration.ingest.counters import agree, by_hand
from tests.integration.ingest.test_consent_oracle import (
    COMPLAINTS,
    DELETIONS,
    IDENTIFICATIONS,
    IMPORTS,
    OPTINGS,
    ROWS,
    Row,
)
from tests.integration.ingest.test_oracle import VALUES, content
from tests.integration.web.operations.importing import Program

LISTS = st.integers(0, 5)
CONTACTS = st.sets(st.integers(1, 12), max_size=5)


@dataclass(frozen=True)
class Account:
    """An account and a program that may do everything with it."""

    sender: Sender
    caller: Caller

    @property
    def room(self) -> Room:
        return self.sender.room

    def list_at(self, place: int) -> int:
        """Return one of the lists there are; without any, the id of none."""
        ids = sorted(by_hand(self.room, self.sender.account_id)) or [2**40]
        return ids[place % len(ids)]


@dataclass(frozen=True)
class File:
    """An import, a file of opt-outs or opt-ins, a deletion, or a complaint."""

    step: Any

    def do(self, account: Account) -> None:
        self.step.send(account.sender, Oracle(account.sender.person.account.settings))


@dataclass(frozen=True)
class Create:
    def do(self, account: Account) -> None:
        lists.create_list(account.room, account.caller, "clients")


@dataclass(frozen=True)
class Delete:
    place: int

    def do(self, account: Account) -> None:
        lists.delete_lists(account.room, account.caller, [account.list_at(self.place)])


@dataclass(frozen=True)
class Merge:
    places: set[int]

    def do(self, account: Account) -> None:
        ids = [account.list_at(place) for place in self.places]
        lists.merge_lists(account.room, account.caller, ids, "merged")


@dataclass(frozen=True)
class Add:
    place: int
    contact_ids: set[int]

    def do(self, account: Account) -> None:
        list_id = account.list_at(self.place)
        lists.add_contacts(account.room, account.caller, list_id, sorted(self.contact_ids))


@dataclass(frozen=True)
class Remove:
    place: int
    contact_ids: set[int]

    def do(self, account: Account) -> None:
        list_id = account.list_at(self.place)
        lists.remove_contacts(account.room, account.caller, list_id, sorted(self.contact_ids))


@dataclass(frozen=True)
class OptIn:
    medium: Medium
    address: str

    def do(self, account: Account) -> None:
        sender = account.sender
        act = Act(sender.account_id, self.medium.value, "call", "a client", sender.room.clock())
        with sender.room.database.transaction() as connection:
            change_consent(connection, act, self.address, None)


@dataclass(frozen=True)
class Write:
    """Contacts made by a call, some with an opt-out."""

    rows: list[Row]
    optouts: dict[Medium, OptOutReason]

    def do(self, account: Account) -> None:
        rows = [{**row, "optouts": self.optouts} for row in self.rows]
        contacts.create_contacts(account.room, account.caller, rows)


@dataclass(frozen=True)
class Rewrite:
    """Contacts that are given other addresses by a call, or opted out or in."""

    wanted: ContactFilter
    changes: dict[str, Any]

    def do(self, account: Account) -> None:
        contacts.update_contacts(account.room, account.caller, self.wanted, self.changes)


@dataclass(frozen=True)
class Erase:
    wanted: ContactFilter

    def do(self, account: Account) -> None:
        contacts.delete_contacts(account.room, account.caller, self.wanted)


@dataclass(frozen=True)
class Bring:
    """A file by a call, for a list of its own or for contacts alone."""

    rows: list[Row]
    with_list: bool

    def do(self, account: Account) -> None:
        program = Program(account.room, account.sender.person)
        program.bring(content([*VALUES], self.rows), with_list=self.with_list)


@dataclass(frozen=True)
class Undo:
    place: int

    def do(self, account: Account) -> None:
        with account.room.database.transaction() as connection:
            query = "select drop_id from journals where account_id = %s order by drop_id"
            rows = connection.execute(query, [account.sender.account_id]).fetchall()
        if rows:
            drop_id = rows[self.place % len(rows)]["drop_id"]
            undo(account.room, account.sender.account_id, drop_id, by_whom="olga")


@dataclass(frozen=True)
class Change:
    criterion: Criterion
    match: Match

    def do(self, account: Account) -> None:
        change(account.sender, self.criterion, self.match)


@dataclass(frozen=True)
class Read:
    """Reading writes down what was counted, so that what comes next starts from it."""

    def do(self, account: Account) -> None:
        page = lists.read_lists(account.room, account.caller, ids=None, paging=Paging(), with_stats=True)
        read = {each.list_id: each.stats for each in page.items}
        assert read == by_hand(account.room, account.sender.account_id)


@dataclass(frozen=True)
class Recount:
    def do(self, account: Account) -> None:
        counting.recount(account.room.database, account.sender.account_id)


EMAILS = st.sampled_from(["a@example.com", "b@example.com"])
REASONS = st.dictionaries(st.sampled_from(list(Medium)), st.sampled_from(list(OptOutReason)), max_size=2)
FOUND = st.one_of(st.builds(ContactFilter, ids=CONTACTS.map(sorted)), st.builds(ContactFilter, email=EMAILS))
CHANGES = st.one_of(
    st.sampled_from([each for each in VALUES if each != "first_name"]).flatmap(
        lambda name: st.sampled_from(VALUES[name]).map(lambda value: {name: value})
    ),
    st.dictionaries(
        st.sampled_from(list(Medium)), st.sampled_from([None, *OptOutReason]), min_size=1, max_size=2
    ).map(lambda optouts: {"optouts": optouts}),
)

STEPS = st.lists(
    st.one_of(
        st.one_of(IMPORTS, OPTINGS, COMPLAINTS, DELETIONS).map(File),
        st.builds(Create),
        st.builds(Delete, LISTS),
        st.builds(Merge, st.sets(LISTS, min_size=2, max_size=3)),
        st.builds(Add, LISTS, CONTACTS),
        st.builds(Remove, LISTS, CONTACTS),
        st.builds(OptIn, st.just(Medium.EMAIL), EMAILS),
        st.builds(Write, st.lists(ROWS, min_size=1, max_size=3), REASONS),
        st.builds(Bring, st.lists(ROWS, min_size=1, max_size=4), st.booleans()),
        st.builds(Rewrite, FOUND, CHANGES),
        st.builds(Erase, FOUND),
        st.builds(Undo, LISTS),
        st.sampled_from(IDENTIFICATIONS).map(lambda each: Change(*each)),
        st.builds(Read),
        st.builds(Recount),
    ),
    min_size=4,
    max_size=12,
)
FULL = IMPORTS.filter(lambda step: step.mode is not Mode.SYNC).map(File)
"""Most that can be done takes contacts."""


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=FULL,
    steps=STEPS,
    identification=st.sampled_from(IDENTIFICATIONS),
    reads_between=st.booleans(),
    block_bytes=st.sampled_from([64, 1_000_000]),
)
def test_counters_are_right_or_not_known_whatever_was_done(
    room: Room,
    make_person: MakePerson,
    unique_name: Callable[[], str],
    first: File,
    steps: list[Any],
    identification: tuple[Criterion, Match],
    reads_between: bool,  # noqa: FBT001 - hypothesis names it
    block_bytes: int,
) -> None:
    criterion, match = identification
    person = make_person(unique_name(), criterion=criterion.value, match=match.value)
    limits = replace(room.limits, block_bytes=block_bytes, digests_from_lines=1)
    account = Account(
        Sender(replace(room, limits=limits), person),
        Caller(person.account.account_id, person.account.name, "client", frozenset({"basic"})),
    )

    for step in [first, *steps]:
        # No such list, one list to merge, an import that is undone already, a contact that cannot be.
        with suppress(Missing, Refused, Conflict):
            step.do(account)
        agree(room, account.sender.account_id)
        if reads_between:
            Read().do(account)
