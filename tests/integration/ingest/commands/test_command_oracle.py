"""What a batch does is what its commands do one by one, whether they come in one file or in a file each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.commands import BatchHeader, Kind
from postroom.contacts.levels import Level
from postroom.contacts.optouts import OptOutReason
from postroom.store.database import Database
from tests.conftest import MakePerson
from tests.fakes.command_oracle import Asked, CommandOracle, Someone
from tests.integration.ingest.commands.batches import Line, Realm, line

EXAMPLES = int(os.environ.get("POSTROOM_TEST_EXAMPLES", "30"))
"""How many files are tried; a person who changes commands tries some thousands."""

LOCALS = ("ann", "Bob", "cy")
COMMAS = {
    "email": ["ann@D", "Bob@D", " bob@d ", "cy@D", "*ann@D", "*bob@d", "*cy@d", "", "nonsense"],
    "first": ["", "Jane", "jane ", "Max", "Max", "NULL"],
    "city": ["", "Paris", "Lyon", "NULL"],
    "customer_key": ["K1", "K2", "K2", "K3", ""],
    "email_new": ["ann@D", "bob@d", "dee@D", "", "nonsense"],
}
FIELDS = {
    Kind.CHANGE: ("email", "email_new"),
    Kind.SMART_UNSUB: ("email",),
    Kind.UNSUB: ("email", "first"),
    Kind.DELETE: ("email", "first"),
}
LISTS = st.sampled_from([(1,), (1,), (2,), (1, 2), (2, 1)])
NONE = st.none()
ASKED = st.one_of(
    st.builds(
        Asked,
        st.just(Kind.SUB),
        LISTS,
        st.sampled_from([None, None, True, False]),
        NONE,
        st.sampled_from([None, 2, 99]),
    ),
    st.builds(Asked, st.sampled_from([Kind.SAVE, Kind.DELETE, Kind.CHANGE])),
    st.builds(
        Asked,
        st.sampled_from([Kind.UNSUB, Kind.UNSUB, Kind.SMART_UNSUB]),
        st.one_of(LISTS, st.just((0,))),
        NONE,
        st.sampled_from([None, None, False, True]),
    ),
    st.builds(Asked, st.just(Kind.SEND), st.sampled_from([(1,), (2,)])),
)


@st.composite
def commands(draw: st.DrawFn, criterion: str) -> tuple[Asked, tuple[str, ...], list[tuple[str, ...]]]:
    asked = draw(ASKED)
    fields = FIELDS.get(asked.kind, ("email", "first", "city"))
    if criterion == "reference" and asked.kind not in {Kind.CHANGE, Kind.SMART_UNSUB}:
        fields = (*fields, "customer_key")
    records = st.tuples(*(st.sampled_from(COMMAS[name]) for name in fields))
    return asked, fields, draw(st.lists(records, min_size=1, max_size=5))


@st.composite
def files(draw: st.DrawFn) -> tuple[str, BatchHeader, list[Any]]:
    criterion = draw(st.sampled_from(["email", "email", "reference"]))
    flags = st.booleans()
    header = BatchHeader(
        "alice",
        "secret",
        allow_duplicates=draw(flags),
        force_sub=draw(flags),
        optout=draw(flags),
        force_optout=draw(flags),
        universal=draw(flags),
    )
    return criterion, header, draw(st.lists(commands(criterion), min_size=1, max_size=8))


class System:
    """A realm and another one, with what a test may see of them: addresses without their domain."""

    def __init__(self, database: Database, make_person: MakePerson, name: str, criterion: str) -> None:
        self.domain = f"{name}.example.org"
        self.realm = Realm.of(database, make_person(name, criterion=criterion))
        self.other = Realm.of(database, make_person(f"{name}-other", criterion="email"))
        self.realm.universal = [self.realm.account_id, self.other.account_id]
        self.lists = {number: self.realm.new_list(str(number)) for number in (1, 2)}
        self.realm.new_template(1)
        self.theirs = self.other.new_list("9")
        self.other.send(
            line(Kind.SUB, "email", *(f"{each}@{self.domain}" for each in LOCALS), list_id=self.theirs)
        )
        self.realm.opt_out(f"cy@{self.domain}", OptOutReason.SPAM)

    def lines(self, said: Sequence[Any]) -> list[Line]:
        """Return commands as lines of a file for this realm."""
        return [self._line(asked, fields, records) for asked, fields, records in said]

    def _line(self, asked: Asked, fields: tuple[str, ...], records: list[tuple[str, ...]]) -> Line:
        arguments: dict[str, object] = {}
        if asked.lists:
            arguments["list_id"] = ",".join(str(self.lists.get(each, each)) for each in asked.lists)
        for name in ("force_sub", "optout", "format"):
            if getattr(asked, name) is not None:
                arguments[name] = str(getattr(asked, name)).lower()
        if asked.kind is Kind.SEND:
            arguments["template_id"] = 1
        rows = [",".join(record) for record in records]
        return line(asked.kind, ",".join(fields), *(self._addressed(row) for row in rows), **arguments)

    def _addressed(self, text: str) -> str:
        return text.replace("@D", f"@{self.domain}").replace("@d", f"@{self.domain}")

    def state(self) -> dict[str, Any]:
        """Return contacts with their lists, opt-outs, and who is left on the other realm's list."""
        with self.realm.database.transaction() as connection:
            rows = connection.execute(
                "select c.*, (select coalesce(jsonb_object_agg(list_id, format), '{}') from memberships m"
                " where m.account_id = c.account_id and m.contact_id = c.contact_id) as lists"
                " from contacts c where account_id = %s",
                [self.realm.account_id],
            ).fetchall()
        numbers = {str(list_id): number for number, list_id in self.lists.items()}
        return {
            "contacts": Counter(
                seen(row, {numbers[key]: code for key, code in row["lists"].items()}, self.domain)
                for row in rows
            ),
            "optouts": {
                (scope, self._short(address)): reason
                for (scope, address), reason in self.realm.optouts().items()
            },
            "universal": {
                self._short(each) for each in self.realm.universal_optouts() if each.endswith(self.domain)
            },
            "theirs": sorted(map(self._short, self.other.members(self.theirs))),
        }

    def _short(self, address: str) -> str:
        return address.removesuffix(f"@{self.domain}")


def seen(values: Any, lists: dict[int, int | None], domain: str) -> tuple[Any, ...]:
    address = str(values["email"]).removesuffix(f"@{domain}")
    named = tuple(values.get(name) for name in ("first_name", "city", "reference"))
    return (address, *named, tuple(sorted(lists.items())))


def expected(oracle: CommandOracle, domain: str) -> dict[str, Any]:
    def short(address: str) -> str:
        return address.removesuffix(f"@{domain}")

    return {
        "contacts": Counter(seen(each.values, each.lists, domain) for each in oracle.people),
        "optouts": {(scope, short(address)): reason for (scope, address), reason in oracle.optouts.items()},
        "universal": {short(each) for each in oracle.universal},
        "theirs": sorted(short(str(each.values["email"])) for each in oracle.other if each.lists),
    }


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(file=files(), most=st.sampled_from([1, 2, 20_000]))
def test_a_batch_does_what_its_commands_do_one_by_one(
    database: Database,
    make_person: MakePerson,
    unique_name: Callable[[], str],
    file: tuple[str, BatchHeader, list[Any]],
    most: int,
) -> None:
    criterion, header, said = file
    together = System(database, make_person, unique_name(), criterion)
    alone = System(database, make_person, unique_name(), criterion)
    oracle = CommandOracle(together.realm.account.settings, header)
    oracle.other = [Someone({"email": f"{each.lower()}@{together.domain}"}, {9: None}) for each in LOCALS]
    oracle.optouts["EMAIL", f"cy@{together.domain}"] = OptOutReason.SPAM

    failures = []
    for ordinal, (each, (asked, fields, _)) in enumerate(
        zip(together.lines(said), said, strict=True), start=1
    ):
        for number, values in enumerate(each.values, start=1):
            verdict = oracle.do(asked, dict(zip(fields, values, strict=True)))
            if verdict:
                failures.append((ordinal, number, verdict))
    together.realm.header = alone.realm.header = header
    answer = together.realm.send(*together.lines(said), most=most)
    answers = [alone.realm.send(each) for each in alone.lines(said)]

    assert together.state() == expected(oracle, together.domain) == alone.state()
    assert list(firsts(answer.failures)) == failures
    check_tally(asdict(answer.tally), oracle, failures)
    assert sum(each.tally.records_failed for each in answers) == len(failures)
    assert sum(each.tally.deleted for each in answers) == oracle.tally.deleted
    for realm in (together.realm, alone.realm):
        for list_id, members in realm.every_list().items():
            assert realm.subscribers(list_id) == members


def firsts(failures: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield of each record the first thing that is said: of several lists each may refuse it for its own."""
    told = set()
    for ordinal, number, verdict, _value in sorted(failures, key=lambda each: each[:2]):
        if (ordinal, number) not in told:
            told.add((ordinal, number))
            yield ordinal, number, verdict


def check_tally(
    tally: dict[str, int], oracle: CommandOracle, failures: Sequence[tuple[int, int, Any]]
) -> None:
    ours = oracle.tally
    assert tally["records_failed"] == len({(ordinal, number) for ordinal, number, _ in failures})
    assert tally["commands_failed"] == len({ordinal for ordinal, _, _ in failures})
    assert tally["created"] == len(ours.created)
    assert tally["updated"] + tally["unchanged"] == len(ours.named - ours.created)
    assert tally["subscribed"] == len(ours.subscribed)
    assert tally["unsubscribed"] == len(ours.unsubscribed)
    assert tally["optouts_list"] == ours.written[Level.LIST]
    assert tally["optouts_global"] == ours.written[Level.GLOBAL]
    assert tally["optouts_universal"] == ours.written[Level.UNIVERSAL]
    for name in ("cleared", "deleted", "requested"):
        assert tally[name] == getattr(ours, name)
