"""What people are told of files: which, where, and of one that failed why and what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.drops.room import Room
from postroom.notices.message import Message
from postroom.outflow.announcing import message_about
from postroom.outflow.wording import How
from postroom.store.flows import Run, RunState
from tests.conftest import MakePerson
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter

FLOW = "EMAIL_OPENED"


@pytest.fixture
def french(room: Room, make_person: MakePerson, clock: Clock) -> Exporter:
    return Exporter(room, make_person("bob", language="fr"), clock)


@pytest.fixture
def english(room: Room, make_person: MakePerson, clock: Clock) -> Exporter:
    return Exporter(room, make_person("alice", language="en"), clock)


def run_of(exporter: Exporter) -> Run:
    exporter.activate(FLOW)
    return exporter.run(FLOW)


def told(exporter: Exporter, run: Run, how: How) -> Message:
    with exporter.room.database.reading() as connection:
        return message_about(connection, run, how, now=exporter.clock())


def refused(run: Run) -> Run:
    return replace(run, state=RunState.FAILED, location="shop", failure="it refuses the login: 530")


def test_a_failure_says_why_where_and_what_to_do(english: Exporter) -> None:
    run = refused(run_of(english))

    message = told(english, run, "undelivered")

    assert message.type == "flow.failed"
    assert message.subject == f"File not published: {run.file_name}"
    assert message.opening == f"The file {run.file_name} is ready, but could not be brought to its location."
    assert message.facts == [
        ("account", "alice"),
        ("flow", FLOW),
        ("file", run.file_name),
        ("run", str(run.run_id)),
        ("location", "shop"),
        ("reason", "it refuses the login: 530"),
        ("to try again", f"postroom flow resend alice {run.run_id}"),
    ]


def test_french_mails_have_french_labels(french: Exporter) -> None:
    run = refused(run_of(french))

    message = told(french, run, "undelivered")

    assert message.subject == f"Fichier non publié : {run.file_name}"
    assert [name for name, _ in message.facts] == [
        "compte",
        "flux",
        "fichier",
        "exécution",
        "emplacement",
        "motif",
        "pour réessayer",
    ]


def test_what_could_not_be_made_is_to_be_made_anew(english: Exporter) -> None:
    run = replace(run_of(english), failure="the log says why")

    message = told(english, run, "failed")

    assert message.opening == f"The file {run.file_name} could not be made."
    assert message.facts[-1] == ("to try again", f"postroom flow regenerate alice {run.run_id}")


def test_what_is_not_kept_any_more_is_to_be_made_anew(english: Exporter) -> None:
    run = replace(refused(run_of(english)), blob_key=None)

    assert "flow regenerate" in told(english, run, "undelivered").facts[-1][1]


def test_one_that_is_there_says_what_it_has(english: Exporter) -> None:
    run = run_of(english)

    message = told(english, run, "generated")

    assert message.subject == f"File ready: {run.file_name}"
    assert dict(message.facts)["rows"] == "0"
    assert "to try again" not in dict(message.facts)


def test_programs_are_told_the_number_of_the_run(english: Exporter) -> None:
    run = run_of(english)

    assert told(english, run, "generated").data["run"] == run.run_id
