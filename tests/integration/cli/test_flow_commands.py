"""OUT flows from the terminal."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pysequoia import Tsk

from postroom.drops.room import Room
from tests.conftest import MakePerson, Person
from tests.integration.cli.terminal import Terminal
from tests.integration.outflow.exporting import Exporter, read_csv, unzipped
from tests.integration.outflow.happenings import happened

COMMANDS = (Path(__file__).parents[3] / "docs" / "commands.md").read_text(encoding="utf-8")
OPENED = "EMAIL_OPENED"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def acme(room: Room, make_person: MakePerson) -> Exporter:
    """Return an account with a contact."""
    exporter = Exporter(room, make_person("acme"), now)
    exporter.contacts({"email": "bob@example.com", "city": "Liège"})
    return exporter


def test_a_flow_is_activated_run_and_fetched(terminal: Terminal, acme: Exporter, tmp_path: Path) -> None:
    made = terminal.json("flow", "activate", "acme", OPENED, "--field", "city", "--at", "02:00,14:00")
    acme.record(happened(OPENED))
    run = terminal.json("flow", "run", "acme", OPENED)
    fetched = terminal.json("flow", "runs", "acme", "--fetch", str(run["id"]), "--to", str(tmp_path))

    (row,) = read_csv(unzipped(Path(fetched["path"]).read_bytes()).decode())
    assert made["options"]["fields"] == ["city"]
    assert (made["active"], made["times"]) == (True, ["02:00", "14:00"])
    assert (run["state"], run["rows"], run["revision"]) == ("GENERATED", 1, 1)
    assert (
        Path(fetched["path"]).name == run["file"] == f"EMAIL_OPENED_acme_{run['date'].replace('-', '')}.zip"
    )
    assert row["city"] == "Liège"


def test_a_second_file_of_the_day_must_be_asked_for(terminal: Terminal, acme: Exporter) -> None:
    terminal.run("flow", "activate", "acme", OPENED)
    terminal.run("flow", "run", "acme", OPENED)

    assert terminal.error("flow", "run", "acme", OPENED) == (5, "HAS_RUN")
    extra = terminal.json("flow", "run", "acme", OPENED, "--extra")

    assert re.search(r"_\d{8}_\d{6}\.zip$", extra["file"])
    assert len(terminal.json("flow", "runs", "acme")) == 2


def test_flows_are_listed(terminal: Terminal, acme: Exporter) -> None:
    assert "has no flow" in terminal.run("flow", "list", "acme")
    acme.survey("taste", "colour")
    acme.survey("smell", "kind")
    terminal.run("flow", "activate", "acme", "SURVEY_taste")
    terminal.run("flow", "activate", "acme", OPENED)
    terminal.run("flow", "deactivate", "acme", OPENED)

    listed = terminal.json("flow", "list", "acme")
    every = terminal.json("flow", "list", "acme", "--all")

    assert [(each["flow"], each["active"]) for each in listed] == [(OPENED, False), ("SURVEY_taste", True)]
    assert {"EMAIL_SENT", "SUBSCRIPTION_UPDATE", "SURVEY_taste", "SURVEY_smell"} <= {
        each["flow"] for each in every
    }
    assert "E-mails opened" in terminal.run("flow", "list", "acme")


def test_runs_are_sent_and_made_again(terminal: Terminal, acme: Exporter) -> None:
    terminal.run("flow", "activate", "acme", OPENED)
    run = terminal.json("flow", "run", "acme", OPENED)

    terminal.run("location", "create", "acme", "here", "hosted")
    sent = terminal.json("flow", "resend", "acme", str(run["id"]), "--location", "here")
    made = terminal.json("flow", "regenerate", "acme", str(run["id"]), "--suffix")

    assert sent["sha256"] == run["sha256"]
    assert (made["revision"], made["state"]) == (2, "GENERATED")
    assert made["file"].endswith("_r2.zip")
    assert made["file"] in terminal.run("flow", "runs", "acme", "--flow", OPENED)
    assert "has no run" in terminal.run("flow", "runs", "acme", "--flow", "EMAIL_SENT")


def test_when_the_next_file_comes_is_told(terminal: Terminal, acme: Exporter) -> None:
    made = terminal.json("flow", "activate", "acme", OPENED)
    shown = terminal.run("flow", "activate", "acme", OPENED)

    assert (made["times"], made["zone"]) == (["04:00"], "Europe/Paris")
    coming = datetime.fromisoformat(made["next_at"])
    assert coming > now()
    assert coming.astimezone(ZoneInfo("Europe/Paris")).hour == 4
    assert {"04:00", "Europe/Paris", "next_at"} <= set(shown.split())
    (listed,) = terminal.json("flow", "list", "acme")
    assert listed["next_at"] == made["next_at"]


def test_runs_that_failed_are_found_and_say_why(terminal: Terminal, acme: Exporter) -> None:
    terminal.run("flow", "activate", "acme", OPENED)
    run = terminal.json("flow", "run", "acme", OPENED)
    terminal.run("flow", "run", "acme", OPENED, "--extra")
    with acme.room.database.transaction() as connection:
        connection.execute(
            "update flow_runs set location = 'shop', tries = 3, next_at = cut_at,"
            " failure = 'No route to host' where run_id = %s",
            [run["id"]],
        )

    found = terminal.json("flow", "runs", "acme", "--state", "generated")

    assert [each["tries"] for each in found] == [0, 3]
    assert found[1]["next_at"] == run["cut_at"]
    shown = terminal.run("flow", "runs", "acme", "--state", "GENERATED")
    assert {"shop", "No route to host", "Next try"} <= {each.strip() for each in re.split(r"  +|\n", shown)}
    assert terminal.json("flow", "runs", "acme", "--state", "FAILED") == []
    assert terminal.error("flow", "runs", "acme", "--state", "BROKEN") == (2, "BAD_STATE")


def test_a_key_that_is_not_armoured_is_told_how_to_export_it(
    terminal: Terminal, acme: Exporter, tmp_path: Path
) -> None:
    key = tmp_path / "pub.bin"
    key.write_bytes(b"\x99\x01")

    binary = terminal.type("flow", "activate", "acme", OPENED, "--pgp", str(key))
    folder = terminal.type("flow", "activate", "acme", OPENED, "--pgp", str(tmp_path))

    assert "export it with `gpg --armor --export`" in binary.errors
    assert "is a directory" in folder.errors.lower()
    assert "Errno" not in folder.errors


def test_a_run_without_a_location_says_how_to_come_by_it(terminal: Terminal, acme: Exporter) -> None:
    terminal.run("flow", "activate", "acme", OPENED)
    run = terminal.json("flow", "run", "acme", OPENED)

    said = terminal.type("flow", "resend", "acme", str(run["id"]))

    assert said.exit_code == 5
    assert f"fetch it with `postroom flow runs acme --fetch {run['id']}`" in said.errors


def test_older_rows_are_made_a_file_of(terminal: Terminal, acme: Exporter) -> None:
    acme.record(happened(OPENED, 1, at=datetime(2026, 3, 4, 12, tzinfo=UTC)))
    terminal.run("flow", "activate", "acme", OPENED)

    found = terminal.json(
        "flow",
        "backfill",
        "acme",
        OPENED,
        "--from",
        "2026-03-04",
        "--to",
        "2026-03-05T00:00:00Z",
        "--by",
        "event",
    )

    assert (found["rows"], found["extra"][:9]) == (1, "backfill-")
    assert terminal.error("flow", "backfill", "acme", OPENED, "--from", "soon", "--to", "2026-03-05") == (
        2,
        "BAD_PERIOD",
    )


def test_a_flow_may_begin_in_the_past(terminal: Terminal, acme: Exporter) -> None:
    acme.record(happened(OPENED))
    terminal.run("flow", "activate", "acme", OPENED, "--backfill-from", "2026-01-01")

    assert terminal.json("flow", "run", "acme", OPENED)["rows"] == 1
    assert terminal.error("flow", "activate", "acme", OPENED, "--backfill-from", "2026-01-01") == (
        5,
        "WAS_ACTIVE",
    )


def test_every_option_reaches_the_flow(terminal: Terminal, acme: Exporter, tmp_path: Path) -> None:
    key = tmp_path / "key.asc"
    key.write_text(str(Tsk.generate("Carol <carol@example.com>").extract_certificate()))

    made = terminal.json(
        *("flow", "activate", "acme", OPENED, "--name", "o_$yyyyMMdd", "--inner", "data"),
        *("--format", "jsonl", "--packing", "gzip", "--pgp", str(key), "--skip-empty"),
        *("--spreadsheet-safe", "--manifest", "--done", "--from-now"),
    )

    assert made["options"] == {
        "times": [],
        "name": "o_$yyyyMMdd",
        "inner_name": "data",
        "fields": [],
        "format": "jsonl",
        "packing": "gzip",
        "pgp": True,
        "skip_empty": True,
        "spreadsheet_safe": True,
        "manifest": True,
        "done": True,
    }
    assert terminal.json("flow", "run", "acme", OPENED)["state"] == "SKIPPED"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["activate", "acme", "EMAIL_READ"], (3, "NO_FLOW")),
        (["activate", "acme", "SURVEY_taste"], (3, "NO_SURVEY")),
        (["activate", "acme", OPENED, "--location", "theirs"], (3, "NO_LOCATION")),
        (["activate", "acme", OPENED, "--field", "shoe"], (2, "BAD_FIELD")),
        (["activate", "acme", OPENED, "--name", "daily"], (2, "BAD_NAME")),
        (["activate", "acme", OPENED, "--at", "25:00"], (2, "BAD_TIME")),
        (["activate", "acme", OPENED, "--pgp", "/nowhere/key.asc"], (2, "BAD_KEY")),
        (["activate", "acme", OPENED, "--at", "04:00,04:00:00"], (2, "BAD_TIME")),
        (["activate", "acme", OPENED, "--name", ""], (2, "BAD_NAME")),
        (["activate", "acme", OPENED, "--inner", ""], (2, "BAD_NAME")),
        (["activate", "acme", OPENED, "--backfill-from", "2999-01-01"], (2, "BAD_PERIOD")),
        (["activate", "acme", OPENED, "--backfill-from", "2026-01-01", "--from-now"], (2, "BAD_PERIOD")),
        (["runs", "acme", "--flow", "EMAIL_READ"], (3, "NO_FLOW")),
        (["deactivate", "acme", OPENED], (3, "NOT_ACTIVE")),
        (["run", "acme", OPENED], (3, "NOT_ACTIVE")),
        (["resend", "acme", "1"], (3, "NO_RUN")),
        (["regenerate", "acme", "1"], (3, "NO_RUN")),
        (["runs", "acme", "--fetch", "1"], (3, "NO_RUN")),
        (["list", "nobody"], (3, "NO_ACCOUNT")),
    ],
)
def test_what_cannot_be_done_says_why(
    terminal: Terminal, acme: Exporter, arguments: list[str], expected: tuple[int, str]
) -> None:
    assert terminal.error("flow", *arguments) == expected


def test_a_file_is_not_written_where_there_is_no_folder(
    terminal: Terminal, acme: Exporter, tmp_path: Path
) -> None:
    terminal.run("flow", "activate", "acme", OPENED)
    run = terminal.json("flow", "run", "acme", OPENED)
    nowhere = str(tmp_path / "nowhere" / "y.zip")

    answer = terminal.type("flow", "runs", "acme", "--fetch", str(run["id"]), "--to", nowhere)

    assert answer.errors == f"postroom: {nowhere} cannot be written: No such file or directory.\n"


def test_charlie_finds_no_run_of_alices(terminal: Terminal, acme: Exporter, charlie: Person) -> None:
    terminal.run("flow", "activate", "acme", OPENED)
    run = terminal.json("flow", "run", "acme", OPENED)

    for command in (["resend"], ["regenerate"], ["runs", "--fetch"]):
        arguments = [command[0], "charlie", *command[1:], str(run["id"])]
        assert terminal.error("flow", *arguments) == (3, "NO_RUN")
    assert terminal.json("flow", "runs", "charlie") == []


def test_the_reference_has_the_json_of_flows_and_runs(terminal: Terminal, acme: Exporter) -> None:
    flow = terminal.json("flow", "activate", "acme", OPENED)
    run = terminal.json("flow", "run", "acme", OPENED)

    section = COMMANDS.split("## OUT flows\n")[1].split("\n## ")[0].replace("\n", " ")
    for what, shown in (("a flow", flow), ("a run", run)):
        names = ", ".join(f'"{name}"' for name in shown)
        assert f"JSON of {what}: `{{{names}}}`" in section
