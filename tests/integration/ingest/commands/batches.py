"""Command batches as tests send them: lines in our own words, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from psycopg.types.json import Jsonb

from postroom.contacts.channels import Channel
from postroom.contacts.commands import BatchHeader, Command, Finding, Kind, Record, Run, Step, Tally
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.templates import Content, Variant
from postroom.contacts.verdicts import Verdict
from postroom.ingest import listing
from postroom.ingest.commands import CommandApplier, CommandBatch
from postroom.ingest.consents import change_consents
from postroom.store import lists
from postroom.store.accounts import Account, lock_account
from postroom.store.database import Connection, Database
from postroom.store.list_counts import Stats
from postroom.store.optouts import Act
from tests.conftest import Person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEADER = BatchHeader(realm="alice", password="secret")


@dataclass(frozen=True)
class Line:
    """One command of a file, with the values of its records."""

    command: Command
    values: tuple[tuple[str, ...], ...] = ()


def line(kind: Kind, fields: str = "", *records: str, **arguments: object) -> Line:
    """Say a command: fields and each record's values with commas between, arguments by name."""
    named = tuple(sorted((name, str(value)) for name, value in arguments.items()))
    names = tuple(fields.split(",")) if fields else ()
    return Line(Command(kind, named, names), tuple(tuple(record.split(",")) for record in records))


def runs(lines: Sequence[Line], most: int = 20_000) -> list[Run]:
    """Make runs of lines as a reader does: those that follow one another and ask the same are one."""
    said = [
        (each.command, Record(place + 3, number, place, values))
        for place, each in enumerate(lines, start=1)
        for number, values in (enumerate(each.values, start=1) if each.values else [(0, ())])
    ]
    found = []
    for command, together in groupby(said, key=lambda pair: pair[0]):
        records = [record for _command, record in together]
        found += [Run.of(command, records[start : start + most]) for start in range(0, len(records), most)]
    return found


def make_templates(
    connection: Connection, account_id: int, template_ids: Sequence[int], channel: Channel = Channel.EMAIL
) -> None:
    """Make templates of these ids."""
    content = Content(channel, {"": Variant("Sale", "<p>Sale</p>", "Sale")}, sender="news@example.com")
    for template_id in template_ids:
        connection.execute(
            "insert into templates (account_id, template_id, name, content, created_at, updated_at)"
            " overriding system value values (%s, %s, %s, %s, %s, %s)",
            (account_id, template_id, f"template {template_id}", Jsonb(content.as_json()), NOW, NOW),
        )


@dataclass
class Answer:
    """What came of a batch."""

    tally: Tally
    findings: list[Finding]

    @property
    def failures(self) -> list[tuple[int, int | None, Verdict, str]]:
        """Return what failed: ordinal, number, verdict and value."""
        return [(f.ordinal, f.number, f.verdict, f.value) for f in self.findings if f.failed]

    @property
    def warnings(self) -> list[tuple[int, int | None, Verdict, str]]:
        """Return what was warned of: ordinal, number, verdict and value."""
        return [(f.ordinal, f.number, f.verdict, f.value) for f in self.findings if not f.failed]


@dataclass
class Realm:
    """An account that receives batches, and what a person can see of it."""

    database: Database
    account: Account
    header: BatchHeader = HEADER
    children: Mapping[str, Account] = field(default_factory=dict)
    universal: Sequence[int] = ()
    drop_id: int = 70
    """The last batch as a deposit."""

    @classmethod
    def of(cls, database: Database, person: Person) -> Realm:
        """Return the realm of a person's account."""
        return cls(database, person.account)

    @property
    def account_id(self) -> int:
        """Return the account's id."""
        return self.account.account_id

    def new_list(self, name: str = "news") -> int:
        """Make a list; return its id."""
        with self.database.transaction() as connection:
            return lists.create_list(connection, self.account_id, name, now=NOW)

    def send(self, *lines: Line, most: int = 20_000, steps: Sequence[Step] = (), **header: Any) -> Answer:
        """Apply a batch of these lines, with these keys of the header."""
        findings: list[Finding] = []
        self.drop_id += 1
        batch = CommandBatch(
            account_id=self.account_id,
            drop_id=self.drop_id,
            by_whom="alice",
            settings=self.account.settings,
            header=replace(self.header, **header),
            children=self.children,
            universal=self.universal,
        )
        with self.database.transaction() as connection:
            for account_id in sorted({self.account_id, *self.universal}):
                lock_account(connection, account_id)
            applier = CommandApplier(connection, batch, now=NOW, on_finding=findings.append)
            applier.begin()
            for step in applier.gathered([*steps, *runs(lines, most)]):
                applier.run(step)
            return Answer(applier.finish(), findings)

    def new_template(self, template_id: int = 1, channel: Channel = Channel.EMAIL) -> int:
        """Make a template of that id; return it."""
        with self.database.transaction() as connection:
            make_templates(connection, self.account_id, [template_id], channel)
        return template_id

    def contacts(self, *fields: str) -> list[tuple[Any, ...]]:
        """Return some fields of all contacts, by address, of one address the oldest first."""
        rows = self._rows("select * from contacts where account_id = %s order by email, contact_id")
        return [tuple(row[name] for name in fields or ("email", "first_name")) for row in rows]

    def members(self, list_id: int) -> list[str]:
        """Return the addresses on a list, in their order."""
        rows = self._rows(
            "select c.email from memberships m join contacts c using (account_id, contact_id)"
            " where account_id = %s and list_id = %s order by c.email, c.contact_id",
            list_id,
        )
        return [row["email"] for row in rows]

    def formats(self, list_id: int) -> list[int | None]:
        """Return the formats of a list's subscriptions, the oldest contact first."""
        rows = self._rows(
            "select format from memberships where account_id = %s and list_id = %s order by contact_id",
            list_id,
        )
        return [row["format"] for row in rows]

    def every_list(self) -> dict[int, int]:
        """Return how many contacts each list has, counted now."""
        rows = self._rows(
            "select list_id, (select count(*) from memberships m where m.account_id = l.account_id"
            " and m.list_id = l.list_id) as members from lists l where account_id = %s"
        )
        return {row["list_id"]: row["members"] for row in rows}

    def subscribers(self, list_id: int) -> int:
        """Return how many contacts a list is said to have, when it is looked at."""
        return self.stats(list_id).subscribers

    def stats(self, list_id: int) -> Stats:
        """Return what is said of how many contacts a list has and reaches."""
        with self.database.transaction() as connection:
            found = lists.read_lists(connection, self.account_id, [list_id], lists.Cut(limit=1))
            (counted,) = listing.with_stats(connection, self.account_id, found)
        assert counted.stats is not None
        return counted.stats

    def optouts(self) -> dict[tuple[str, str], OptOutReason]:
        """Return the reason of each opt-out, by scope and address."""
        rows = self._rows("select scope, address, reason from optouts where account_id = %s")
        return {(row["scope"], row["address"]): OptOutReason(row["reason"]) for row in rows}

    def universal_optouts(self) -> list[str]:
        """Return the addresses that are opted out of the whole system."""
        with self.database.transaction() as connection:
            rows = connection.execute("select address from universal_optouts order by address").fetchall()
        return [row["address"] for row in rows]

    def sharers(self) -> int:
        """Count the contacts that are noted to share an address."""
        return len(self._rows("select from identifiers where account_id = %s"))

    def settle(self, **settings: str) -> None:
        """Change settings of the account."""
        self.account = replace(self.account, settings=self.account.settings.changed(settings))

    def opt_out(self, address: str, reason: OptOutReason, scope: str = "EMAIL") -> None:
        """Opt an address out, as a click or a complaint does."""
        with self.database.transaction() as connection:
            act = Act(self.account_id, scope, "click", "somebody", NOW)
            _change(connection, act, address, reason)

    def _rows(self, query: str, *parameters: object) -> list[dict[str, Any]]:
        with self.database.transaction() as connection:
            return connection.execute(query, [self.account_id, *parameters]).fetchall()


def _change(connection: Connection, act: Act, address: str, reason: OptOutReason) -> None:
    change_consents(connection, act, {address: reason})
