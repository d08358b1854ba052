"""Any sequence of imports, opt-outs, opt-ins and deletions leaves what the scalar law says.

Above all: no import, in any mode and any order, ever re-subscribes anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.batches import Mode
from postroom.contacts.criteria import IDENTIFIERS, Criterion, Match
from postroom.contacts.fields import CONTACT_FIELDS
from postroom.contacts.media import ADDRESS_FIELD, Consent, Medium
from postroom.contacts.merging import StoredContact
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.ingest.consents import change_consent
from postroom.store import lists
from postroom.store.optouts import Act
from tests.conftest import MakePerson
from tests.fakes.oracle import Oracle
from tests.integration.drops.changing import change
from tests.integration.drops.sender import Sender
from tests.integration.ingest.test_oracle import MARKERS, VALUES, content, stored, values_of

Row = dict[str, str]

ROWS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
TABLE = st.lists(ROWS, min_size=1, max_size=5)


@dataclass(frozen=True)
class Import:
    name: str
    mode: Mode
    rows: list[Row]

    def send(self, sender: Sender, oracle: Oracle) -> None:
        for marker in set(sender.names("contacts/import")):
            sender.unmark(marker)
        sender.mark(MARKERS[self.mode])
        sender.drop(f"{self.name}.csv", content([*VALUES], self.rows))
        oracle.apply(self.name, self.mode, [row for row in self.rows if any(map(str.strip, row.values()))])


@dataclass(frozen=True)
class Opting:
    consent: Consent
    medium: Medium
    rows: list[Row]

    def send(self, sender: Sender, oracle: Oracle) -> None:
        field = ADDRESS_FIELD[self.medium]
        folder = f"contacts/{self.consent.value}{self.medium.value}/in"
        sender.drop("these.csv", content([*VALUES], self.rows), directory=folder)
        cells = [row[field] for row in self.rows]
        if self.consent is Consent.OPTIN:
            oracle.opt_in(self.medium, cells)
        else:
            oracle.opt_out(self.medium, cells, OptOutReason.ACCOUNT)


@dataclass(frozen=True)
class Complaint:
    medium: Medium
    address: str
    reason: OptOutReason

    def send(self, sender: Sender, oracle: Oracle) -> None:
        with sender.room.database.transaction() as connection:
            moment = sender.room.clock()
            act = Act(sender.account_id, self.medium.value, "bounce", "relay", moment)
            change_consent(connection, act, self.address, self.reason)
        oracle.opt_out(self.medium, [self.address], self.reason)


@dataclass(frozen=True)
class Deletion:
    rows: list[Row]

    def send(self, sender: Sender, oracle: Oracle) -> None:
        sender.drop("gone.csv", content([*VALUES], self.rows), directory="contacts/delete/in")
        oracle.delete(self.rows)


@dataclass(frozen=True)
class Change:
    criterion: Criterion
    match: Match

    def send(self, sender: Sender, oracle: Oracle) -> None:
        ours = stored_as_the_oracle_has_them(sender, oracle)
        change(sender, self.criterion, self.match)
        oracle.change_criterion(self.criterion, self.match, ours, sender.room.clock())


def stored_as_the_oracle_has_them(sender: Sender, oracle: Oracle) -> list[StoredContact]:
    """Find the contacts of the oracle: those with the same values, on the same lists."""
    with sender.room.database.transaction() as connection:
        rows = connection.execute(
            "select c.*, array(select list_id from memberships m where m.account_id = c.account_id"
            " and m.contact_id = c.contact_id order by list_id) as on_lists"
            " from contacts c where account_id = %s",
            [sender.account_id],
        ).fetchall()
        every = lists.lists_of_account(connection, sender.account_id)
    numbers = sorted(each.list_id for each in every)
    found = []
    for contact in oracle.contacts:
        on_lists = [
            number
            for number, each in zip(numbers, oracle.lists, strict=True)
            if any(contact is member for member in each.members)
        ]
        same = next(
            row for row in rows if row["on_lists"] == on_lists and values_of(row) == values_of(contact.values)
        )
        rows.remove(same)
        values = {name: same[name] for name in CONTACT_FIELDS}
        found.append(StoredContact(same["contact_id"], same["created_at"], same["updated_at"], values))
    assert not rows
    return found


IMPORTS = st.builds(Import, st.sampled_from(["clients", "prospects"]), st.sampled_from(list(MARKERS)), TABLE)
OPTINGS = st.builds(Opting, st.sampled_from(list(Consent)), st.sampled_from(list(Medium)), TABLE)
COMPLAINTS = st.builds(
    Complaint,
    st.just(Medium.EMAIL),
    st.sampled_from(["a@example.com", "b@example.com"]),
    st.sampled_from(list(OptOutReason)),
)
IDENTIFICATIONS = [(each, Match.ALL) for each in Criterion] + [(each, Match.ANY) for each in IDENTIFIERS]
CHANGES = st.sampled_from(IDENTIFICATIONS).map(lambda identification: Change(*identification))
DELETIONS = st.builds(Deletion, TABLE)
STEPS = st.lists(st.one_of(IMPORTS, OPTINGS, COMPLAINTS, DELETIONS, CHANGES), min_size=1, max_size=7)


def opted_out(room: Room, account_id: int) -> dict[tuple[Medium, str], OptOutReason]:
    with room.database.transaction() as connection:
        rows = connection.execute("select * from optouts where account_id = %s", [account_id]).fetchall()
    return {(Medium(row["scope"]), row["address"]): OptOutReason(row["reason"]) for row in rows}


def ledger(room: Room, account_id: int) -> dict[tuple[Medium, str], OptOutReason]:
    """Replay the ledger: each change must begin where the last one ended."""
    with room.database.transaction() as connection:
        changes = connection.execute(
            "select a.scope, c.* from consent_changes c join consent_acts a using (account_id, act_id)"
            " where account_id = %s order by act_id",
            [account_id],
        ).fetchall()
    standing: dict[tuple[Medium, str], int | None] = {}
    for each in changes:
        key = (Medium(each["scope"]), each["address"])
        assert standing.get(key) == each["was"], each
        standing[key] = each["became"]
    return {key: OptOutReason(reason) for key, reason in standing.items() if reason is not None}


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=STEPS,
    identification=st.sampled_from(IDENTIFICATIONS),
    lifts=st.sampled_from(["true", "false"]),
    block_bytes=st.sampled_from([64, 1_000_000]),
    lot_rows=st.sampled_from([1, 3, 1_000_000]),
)
def test_any_sequence_of_files_of_any_kind_leaves_what_the_law_says(
    room: Room,
    make_person: MakePerson,
    unique_name: Callable[[], str],
    steps: list[Any],
    identification: tuple[Criterion, Match],
    lifts: str,
    block_bytes: int,
    lot_rows: int,
) -> None:
    criterion, match = identification
    person = make_person(
        unique_name(), criterion=criterion.value, match=match.value, optin_lifts_complaints=lifts
    )
    limits = replace(room.limits, block_bytes=block_bytes, lot_rows=lot_rows, rekeyed_rows=lot_rows)
    sender, oracle = Sender(replace(room, limits=limits), person), Oracle(person.account.settings)

    for step in steps:
        before = opted_out(room, sender.account_id)
        step.send(sender, oracle)
        if not isinstance(step, Opting) or step.consent is Consent.OPTOUT:
            after = opted_out(room, sender.account_id)
            assert all(after[key] >= reason for key, reason in before.items()), step

    assert opted_out(room, sender.account_id) == oracle.optouts == ledger(room, sender.account_id)
    contacts, lists = stored(room, sender.account_id)
    assert contacts == Counter(values_of(contact.values) for contact in oracle.contacts)
    assert lists == [(each.name, Counter(values_of(m.values) for m in each.members)) for each in oracle.lists]
