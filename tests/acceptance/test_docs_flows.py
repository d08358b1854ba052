"""docs/flows.md keeps its word: each flow has its columns there, and the file that is its example.

POSTROOM_TEST_WRITE_FLOWS=1 writes the part that the catalogue makes anew.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from postroom.app.settings import Settings
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.settings import AccountSettings
from postroom.drops.room import Room
from postroom.outflow.companions import manifest_of
from postroom.outflow.flow import Flow
from postroom.outflow.options import Options
from tests.acceptance.flows_page import BEGIN, SURVEY, section, shown_flows
from tests.conftest import MakePerson
from tests.integration.drops.clock import NOON, Clock
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import HAPPENINGS, NUMBER, happened

PATH = Path(__file__).parents[2] / "docs" / "flows.md"
PAGE = PATH.read_text(encoding="utf-8")


@pytest.fixture
def exporter(room: Room, make_person: MakePerson) -> Exporter:
    """Return whose flows the examples are: one contact, Bob; one campaign."""
    exporter = Exporter(room, make_person("alice"), Clock())
    exporter.contacts({"email": "bob@example.com", "mobile": NUMBER})
    return exporter


def examples(exporter: Exporter) -> dict[str, str]:
    """Return a file of each flow, of one thing that happened."""
    names = [flow.flow_id for flow in shown_flows()]
    for name in names:
        exporter.activate(name, inner_name=name)
    campaigns = {channel: exporter.campaign("Spring sale", channel=channel) for channel in ("EMAIL", "SMS")}
    for number, name in enumerate(names, 1):
        if name not in HAPPENINGS or name == SURVEY:
            continue  # the ledger has no events, and a survey is in its answers already
        channel = HAPPENINGS[name][1]
        campaign = campaigns["SMS" if channel and channel.value == "SMS" else "EMAIL"]
        told = {"campaign_id": campaign, "message_id": 1000 + number} if channel else {}
        exporter.record(happened(name, number, **told))
    exporter.consent("bob@example.com", OptOutReason.CONTACT, source="answer", campaign_id=campaigns["EMAIL"])
    return {name: exporter.text_of(exporter.run(name)) for name in names}


def test_the_page_is_what_the_catalogue_and_the_files_say(exporter: Exporter) -> None:
    expected = section(examples(exporter))

    if os.environ.get("POSTROOM_TEST_WRITE_FLOWS"):
        PATH.write_text(PAGE.partition(BEGIN)[0] + BEGIN + "\n" + expected, encoding="utf-8")
        return
    assert PAGE.partition(BEGIN)[2].strip() == expected.strip()


@pytest.mark.parametrize("flow", shown_flows(), ids=lambda flow: flow.flow_id)
def test_each_example_is_a_file_of_its_flow(flow: Flow) -> None:
    name = "SURVEY_NAME" if flow.flow_id == SURVEY else flow.flow_id
    found = re.search(rf"^### {name}\n.*?^```csv\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    header, *rows = csv.reader(io.StringIO(found[1]), delimiter=";", strict=True)

    assert header == [each.name for each in flow.columns]
    assert rows
    for row in rows:
        for each, cell in zip(flow.columns, row, strict=True):
            assert cell or not each.never_null, each.name
            assert not cell or not each.values or cell in each.values, each.name


def test_every_option_is_on_the_page() -> None:
    table = PAGE.split("## Options\n")[1].split("\n## ")[0]

    for name in Options().as_json():
        assert re.search(rf"^\| `{name}` \|", table, re.MULTILINE), name


def test_the_page_says_when_files_are_made_and_how_long_they_are_kept() -> None:
    settings = AccountSettings()

    assert f"`flows_at` (`{settings.flows_at}`)" in PAGE
    assert f"`time_zone` (`{settings.time_zone}`)" in PAGE
    assert f"`export_zone` (`{settings.export_zone}`)" in PAGE
    assert f"{Settings.model_fields['flows_days'].default} days (`POSTROOM_FLOWS_DAYS`)" in PAGE


def test_the_manifest_on_the_page_is_one_of_ours(exporter: Exporter) -> None:
    exporter.activate("EMAIL_OPENED", manifest=True)
    exporter.record(happened("EMAIL_OPENED"))
    run = exporter.run("EMAIL_OPENED")
    with exporter.room.database.reading() as connection:
        manifest = manifest_of(connection, run)

    found = re.search(r"^```json\n(.*?)^```$", PAGE.split("## Manifest")[1], re.MULTILINE | re.DOTALL)
    assert found is not None
    shown, made = json.loads(found[1]), json.loads(manifest.content)
    assert list(shown) == list(made)
    assert list(shown["files"][0]) == list(made["files"][0])
    assert manifest.name in PAGE


def test_the_example_of_loading_drops_what_is_there_already(
    exporter: Exporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = re.search(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert code is not None
    exporter.activate("EMAIL_OPENED")
    exporter.record(happened("EMAIL_OPENED", 1), happened("EMAIL_OPENED", 2))
    run = exporter.run("EMAIL_OPENED")
    (tmp_path / run.file_name).write_bytes(exporter.bytes_of(run))
    namespace: dict[str, object] = {}
    exec(code[1], namespace)  # noqa: S102  # what the page tells people to run
    load = namespace["load"]
    assert callable(load)

    seen: set[str] = set()
    first = list(load(tmp_path / run.file_name, run.sha256, seen))
    again = list(load(tmp_path / run.file_name, run.sha256, seen))

    assert len(first) == 2
    assert again == []
    assert first[0]["eventMoment"] == f"{NOON - timedelta(minutes=5):%Y-%m-%d %H:%M:%S}"
    with pytest.raises(ValueError, match="arrived"):
        list(load(tmp_path / run.file_name, "0" * 64, set()))
