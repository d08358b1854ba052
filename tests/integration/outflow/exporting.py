"""Somebody whose events go out as files."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from postroom.contacts.events import Event
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.surveys import definition
from postroom.drops.room import Room
from postroom.ingest.consents import change_consent
from postroom.outflow.activating import Start, activate
from postroom.outflow.catalogue import is_survey
from postroom.outflow.depot import Depot
from postroom.outflow.generating import generate
from postroom.outflow.options import Options
from postroom.outflow.running import run_now
from postroom.outflow.surveys import SURVEY_PREFIX
from postroom.store import flows
from postroom.store.events import record_events
from postroom.store.flows import Run
from postroom.store.optouts import Act
from postroom.store.surveys import Survey, delete_survey, put_survey
from tests.conftest import Person


@dataclass(frozen=True, slots=True)
class Exporter:
    """An account with its depot; the clock is the test's."""

    room: Room
    person: Person
    clock: Callable[[], datetime]

    @property
    def account_id(self) -> int:
        return self.person.account.account_id

    @property
    def depot(self) -> Depot:
        room = self.room
        return Depot(room.database, room.blobs, room.queue, room.sealer, self.clock)

    def activate(
        self, flow: str, *, start: Start | None = None, location: str | None = None, **options: Any
    ) -> None:
        with self.surveyed(flow):
            activate(self.depot, self.account_id, flow, Options(**options), location=location, start=start)

    @contextmanager
    def surveyed(self, flow: str) -> Iterator[None]:
        """Have the survey of a flow, if it is of one, for as long as that is activated."""
        if not is_survey(flow):
            yield
            return
        made = self.survey(flow.removeprefix(SURVEY_PREFIX), "colour")
        yield
        with self.room.database.transaction() as connection:
            delete_survey(connection, self.account_id, made.survey_id)

    def survey(self, name: str, *questions: str) -> Survey:
        """Make a survey of questions that are answered by text, or give it another form."""
        asked = [{"name": each, "kind": "text", "label": {"fr": each}} for each in questions]
        wanted = definition({"name": name, "title": {"fr": "Goût"}, "questions": asked})
        with self.room.database.transaction() as connection:
            return put_survey(connection, self.account_id, wanted, now=self.clock())

    def contacts(self, *rows: dict[str, Any]) -> None:
        """Make contacts whose ids count from 1, unless they are given."""
        with self.room.database.transaction() as connection:
            for number, row in enumerate(rows, 1):
                values = {"account_id": self.account_id, "contact_id": number, **row}
                marks = ", ".join(f"%({name})s" for name in values)
                connection.execute(
                    f"insert into contacts ({', '.join(values)}) values ({marks})",
                    values,
                )

    def campaign(self, name: str, *, kind: str = "ONE_SHOT", channel: str = "EMAIL") -> int:
        with self.room.database.transaction() as connection:
            row = connection.execute(
                "insert into campaigns (account_id, name, kind, channel, content, options, is_test, state,"
                " created_at, created_by) values (%s, %s, %s, %s, '{}', '{}', false, 'running', %s, 'test')"
                " returning campaign_id",
                [self.account_id, name, kind, channel, self.clock()],
            ).fetchone()
        assert row is not None
        return int(row["campaign_id"])

    def record(self, *events: Event) -> None:
        with self.room.database.transaction() as connection:
            record_events(connection, self.account_id, events, now=self.clock())

    def consent(
        self, address: str, reason: OptOutReason | None, *, scope: str = Medium.EMAIL.value, **act: Any
    ) -> None:
        """Opt an address out, or in again."""
        given = Act(self.account_id, scope, act.pop("source", "call"), "shop", self.clock(), **act)
        with self.room.database.transaction() as connection:
            change_consent(connection, given, address, reason)

    def run(self, flow: str, *, extra: bool = False) -> Run:
        """Make the file of today, or one beside it."""
        run_id = run_now(self.depot, self.account_id, flow, extra=extra)
        generate(self.depot, self.account_id, run_id)
        return self.read(run_id)

    def read(self, run_id: int) -> Run:
        with self.room.database.reading() as connection:
            return flows.run_by_id(connection, self.account_id, run_id)

    def runs(self) -> list[Run]:
        """Return all runs, the oldest first."""
        with self.room.database.reading() as connection:
            return flows.runs_of_account(connection, self.account_id, limit=10_000)[::-1]

    def bytes_of(self, run: Run) -> bytes:
        assert run.blob_key is not None, run
        with self.room.blobs.open(run.blob_key) as blob:
            return blob.read()

    def text_of(self, run: Run) -> str:
        """Return what is in the archive of a run."""
        return unzipped(self.bytes_of(run)).decode()

    def rows_of(self, run: Run) -> list[dict[str, str]]:
        return read_csv(self.text_of(run))

    def at(self, clock: Callable[[], datetime]) -> Exporter:
        return replace(self, clock=clock)


def unzipped(archive: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as whole:
        (member,) = whole.namelist()
        return whole.read(member)


def read_csv(text: str) -> list[dict[str, str]]:
    """Read a file as a careful consumer does."""
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))
    assert {len(line) for line in lines} == {len(lines[0])}
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def values_of(rows: Sequence[dict[str, str]], name: str) -> list[str]:
    return [row[name] for row in rows]
