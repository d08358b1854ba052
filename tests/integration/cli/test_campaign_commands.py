"""Campaigns and segments from the terminal."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from postroom.contacts.channels import Channel
from postroom.drops.room import Room
from postroom.ingest.outgoing import CARRY_OUT_TASK
from postroom.sending.requests import carry_out
from postroom.store import lists
from tests.conftest import MakePerson
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.batching import realm_of
from tests.integration.sending.marketing import Clock, Marketer

COMMANDS = Path(__file__).parents[3] / "docs" / "commands.md"
JANE, BOB = "jane@domain.com", "bob@domain.com"


@pytest.fixture
def acme(room: Room, make_person: MakePerson) -> Marketer:
    """Return an account with a list of two people and a template."""
    marketer = Marketer(room, make_person("acme", criterion="email"), Clock(room.clock()))
    marketer.writer.list_of(
        "News",
        marketer.writer.contact(email=JANE, city="Paris"),
        marketer.writer.contact(email=BOB, city="Lyon"),
    )
    marketer.template("Sale")
    return marketer


def documented(section: str) -> list[list[str]]:
    """Return the examples of a section of the reference: the lines that name an account, as they stand."""
    text = COMMANDS.read_text(encoding="utf-8").split(f"## {section}\n")[1].split("\n## ")[0]
    return [
        shlex.split(line) for line in re.findall(r"^    postroom (\w+ \w[\w-]* acme .*)$", text, re.MULTILINE)
    ]


def test_the_examples_of_the_reference_launch_a_campaign(terminal: Terminal, acme: Marketer) -> None:
    for example in documented("Campaigns and segments"):
        terminal.run(*example)

    found = terminal.json("campaign", "show", "acme", "Spring")
    assert (found["state"], found["created_by"] != "") == ("scheduled", True)
    acme.clock.now = acme.room.clock()
    assert acme.expand(found["id"])
    assert acme.messages(found["id"]) == [JANE]
    assert len(documented("Campaigns and segments")) == 3


def test_a_campaign_from_a_draft_to_its_end(terminal: Terminal, acme: Marketer) -> None:
    made = terminal.json(
        "campaign", "create", "acme", "Spring", "--list", "News", "--template", "Sale", "--subject", "Now!"
    )
    assert (made["state"], made["subject"], made["channel"]) == ("draft", "Now!", "EMAIL")
    spring = str(made["id"])

    assert terminal.json("campaign", "launch", "acme", spring)["state"] == "scheduled"
    acme.clock.now = acme.room.clock()
    assert acme.expand(made["id"])
    assert terminal.json("campaign", "pause", "acme", "Spring")["state"] == "paused"
    assert terminal.json("campaign", "resume", "acme", "Spring")["state"] == "running"
    assert terminal.json("campaign", "cancel", "acme", "Spring")["state"] == "cancelled"

    counts = terminal.json("campaign", "show", "acme", spring)["counts"]
    assert (counts["targeted"], counts["sent"], counts["not_sent"]) == (2, 0, {"CAMPAIGN_CANCELLED": 2})
    shown = terminal.run("campaign", "show", "acme", spring)
    assert "CAMPAIGN_CANCELLED 2" in shown
    assert terminal.error("campaign", "cancel", "acme", spring) == (5, "CAMPAIGN_STATE")


def test_the_format_is_shown_in_words_and_to_programs_as_a_number(terminal: Terminal, acme: Marketer) -> None:
    create = ("campaign", "create", "acme", "Spring", "--list", "News", "--template")

    assert "as each subscription says, else text and HTML" in terminal.run(*create, "Sale")
    assert re.search(r"^format +text$", terminal.run(*create, "Sale", "--format", "1"), re.MULTILINE)
    assert terminal.json(*create, "Sale")["format"] is None
    assert terminal.json(*create, "Sale", "--format", "2")["format"] == 2
    acme.template("Text", channel=Channel.SMS)
    assert "format" not in terminal.run(*create, "Text")


def test_campaigns_are_listed_by_state_and_tests_apart(terminal: Terminal, acme: Marketer) -> None:
    assert "has no such campaign" in terminal.run("campaign", "list", "acme")
    terminal.run("campaign", "create", "acme", "Spring", "--list", "News", "--template", "Sale")
    sent = terminal.json("campaign", "test", "acme", "Spring", "--address", JANE)

    assert acme.messages(sent["id"]) == [JANE]
    assert [each["name"] for each in terminal.json("campaign", "list", "acme")] == ["Spring"]
    assert terminal.json("campaign", "list", "acme", "--state", "running") == []
    assert [each["id"] for each in terminal.json("campaign", "list", "acme", "--tests")] == [sent["id"]]
    assert terminal.error("campaign", "test", "acme", "Spring", "--contact", "999") == (3, "NO_CONTACT")
    assert terminal.error("campaign", "test", "acme", "Spring") == (2, "BAD_TESTERS")


def test_campaigns_are_shown_with_the_names_of_what_they_use(terminal: Terminal, acme: Marketer) -> None:
    terminal.run("segment", "create", "acme", "Parisians", "city = paris")
    acme.writer.list_of("Colleagues")
    terminal.run(
        *("campaign", "create", "acme", "Spring", "--list", "News", "--template", "Sale"),
        *("--segment", "Parisians", "--seed-list", "Colleagues"),
    )

    said = terminal.json("campaign", "show", "acme", "Spring")
    used = ("list", "template", "segment", "seed_list")
    assert [said[each] for each in used] == ["News", "Sale", "Parisians", "Colleagues"]
    shown = terminal.run("campaign", "show", "acme", "Spring")
    assert re.search(rf"^segment +Parisians \({said['segment_id']}\)$", shown, re.MULTILINE)
    with acme.room.database.transaction() as connection:
        lists.delete_lists(connection, acme.account_id, [said["list_id"]])
    assert f"{said['list_id']}, which is gone" in terminal.run("campaign", "show", "acme", "Spring")


def test_a_list_of_campaigns_tells_how_far_they_are(terminal: Terminal, acme: Marketer) -> None:
    made = terminal.json("campaign", "create", "acme", "Spring", "--list", "News", "--template", "Sale")
    terminal.run("campaign", "create", "acme", "Summer", "--list", "News", "--template", "Sale")
    acme.optout("EMAIL", BOB)
    terminal.run("campaign", "launch", "acme", "Spring")
    acme.clock.now = acme.room.clock()
    acme.expand(made["id"])
    acme.hand_over(made["id"])

    found = terminal.json("campaign", "list", "acme")

    assert [(each["name"], each["targeted"], each["sent"]) for each in found] == [
        ("Summer", 0, 0),
        ("Spring", 2, 1),
    ]
    assert "Targeted  Sent" in terminal.run("campaign", "list", "acme")


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        (["--list", "Empty"], "Nobody is on its list now"),
        (["--list", "News", "--segment", "Romans"], "Nobody is on its list and in its segment now"),
        (["--list", "Empty", "--seed-list", "News"], None),
        (["--list", "News"], None),
    ],
)
def test_a_launch_for_nobody_is_noted(
    terminal: Terminal, acme: Marketer, options: list[str], warning: str | None
) -> None:
    acme.writer.list_of("Empty")
    acme.segment("city = Rome", "Romans")
    terminal.run("campaign", "create", "acme", "Spring", "--template", "Sale", *options)

    said = terminal.run("campaign", "launch", "acme", "Spring")

    assert warning in said if warning else "Nobody" not in said


def test_a_time_is_the_accounts_unless_it_says_otherwise(terminal: Terminal, acme: Marketer) -> None:
    terminal.run("campaign", "create", "acme", "Spring", "--list", "News", "--template", "Sale")

    local = terminal.json("campaign", "launch", "acme", "Spring", "--at", "2999-07-01T09:00")
    other = terminal.json("campaign", "launch", "acme", "Spring", "--at", "2999-07-01T09:00+09:00")

    assert local["scheduled_at"] == "2999-07-01T07:00:00Z"
    assert other["scheduled_at"] == "2999-07-01T00:00:00Z"
    for at in ("tomorrow", "0001-01-01T00:00+14:00", "2020-01-01T00:00Z"):
        assert terminal.error("campaign", "launch", "acme", "Spring", "--at", at) == (2, "BAD_TIME")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--list", "Nothing", "--template", "Sale"], (3, "NO_LIST")),
        (["--list", "News", "--template", "Nothing"], (3, "NO_TEMPLATE")),
        (["--list", "News", "--template", "999"], (3, "NO_TEMPLATE")),
        (["--list", "News", "--template", "Sale", "--segment", "x"], (3, "NO_SEGMENT")),
        (["--list", "News", "--template", "Sale", "--format", "7"], (2, "BAD_FORMAT")),
        (["--list", "News", "--template", "Sale", "--partner", "[]"], (2, "BAD_PARTNER")),
        (["--list", "News", "--template", "Sale", "--partner", "{"], (2, "BAD_PARTNER")),
    ],
)
def test_what_cannot_be_is_told(
    terminal: Terminal, acme: Marketer, options: list[str], error: tuple[int, str]
) -> None:
    del acme
    assert terminal.error("campaign", "create", "acme", "Spring", *options) == error


def test_segments_are_made_shown_and_deleted(terminal: Terminal, acme: Marketer) -> None:
    assert "has no segment" in terminal.run("segment", "list", "acme")
    made = terminal.json("segment", "create", "acme", "Parisians", "city = paris")

    assert terminal.json("segment", "show", "acme", "Parisians") == {**made, "contacts": 1}
    assert terminal.json("segment", "show", "acme", str(made["id"]), "--list", "News")["contacts"] == 1
    assert "city = paris" in terminal.run("segment", "list", "acme")
    assert terminal.error("segment", "create", "acme", "Parisians", "city = Lyon") == (5, "SEGMENT_EXISTS")
    assert terminal.error("segment", "create", "acme", "Other", "town = Lyon") == (2, "UNKNOWN_FIELD")
    assert terminal.error("segment", "create", "acme", "Other", "city") == (2, "BAD_FILTER")
    assert "is deleted" in terminal.run("segment", "delete", "acme", "Parisians")
    assert terminal.error("segment", "show", "acme", "Parisians") == (3, "NO_SEGMENT")


def test_a_list_has_a_template_for_launches_that_name_none(terminal: Terminal, acme: Marketer) -> None:
    given = terminal.json("list", "template", "News", "Sale", "--account", "acme")

    with acme.room.database.transaction() as connection:
        assert lists.template_of_list(connection, acme.account_id, given["id"]) == given["template_id"]
    assert "no template" in terminal.run("list", "template", "News", "none", "--account", "acme")


def test_a_drop_shows_what_became_of_what_it_asked_for(
    terminal: Terminal, acme: Marketer, room: Room
) -> None:
    realm = realm_of(room, acme.person)
    news, template = realm.new_list(), acme.template("Orders")
    done = realm.run(
        f"cmd=send&list_id={news}&template_id={template}&campaign_name=Orders&data=email^{JANE}^{BOB}",
        f"cmd=launch&list_id={news}&template_id={template}&format=1&campaign_name=May",
    )
    assert CARRY_OUT_TASK in [task for task, _arguments in acme.jobs()]
    assert "2 send waiting" in terminal.run("drop", "show", done.public_id)
    acme.optout("EMAIL", BOB)
    carry_out(acme.mailroom, acme.account_id)

    shown = terminal.run("drop", "show", done.public_id)

    assert "1 launch done, campaign" in shown
    assert "1 send done (NOT_SUBSCRIBED), campaign" in shown
    assert [each["requests"] for each in terminal.json("drop", "show", done.public_id)["requests"]] == [
        1,
        1,
        1,
    ]


def test_charlie_sees_nothing_of_it(terminal: Terminal, acme: Marketer, make_person: MakePerson) -> None:
    make_person("charlie")
    terminal.run("segment", "create", "acme", "Parisians", "city = paris")
    made = terminal.json("campaign", "create", "acme", "Spring", "--list", "News", "--template", "Sale")
    spring = str(made["id"])

    for command in ("show", "launch", "pause", "resume", "cancel", "test"):
        assert terminal.error("campaign", command, "charlie", spring) == (3, "NO_CAMPAIGN")
    assert terminal.error("segment", "show", "charlie", "Parisians") == (3, "NO_SEGMENT")
    assert terminal.json("campaign", "list", "charlie") == []
    assert acme.template("SMS", channel=Channel.SMS) > 0


def test_who_got_a_campaign_is_listed_person_by_person(
    terminal: Terminal, acme: Marketer, make_person: MakePerson
) -> None:
    acme.optout("EMAIL", BOB)
    terminal.run("campaign", "create", "acme", "Spring", "--list", "News", "--template", "Sale")
    launched = terminal.json("campaign", "launch", "acme", "Spring")
    acme.clock.now = acme.room.clock()
    assert acme.expand(launched["id"])
    acme.hand_over(launched["id"])
    listing = ("message", "list", "acme", "--campaign", "Spring")

    jane, bob = terminal.json(*listing)

    assert (jane["address"], jane["state"], jane["reason"]) == (JANE, "sent", None)
    assert terminal.json("message", "show", jane["id"])["address"] == JANE
    assert (bob["id"], bob["address"], bob["reason"]) == (None, BOB, "NOT_SUBSCRIBED")
    assert [each["address"] for each in terminal.json(*listing, "--state", "sent")] == [JANE]
    assert [each["address"] for each in terminal.json(*listing, "--reason", "NOT_SUBSCRIBED")] == [BOB]
    assert [each["address"] for each in terminal.json(*listing, "--address", BOB)] == [BOB]
    assert "There are more than these 1" in terminal.run(*listing, "--limit", "1")
    assert "nobody like that" in terminal.run(*listing, "--state", "failed")
    make_person("charlie", criterion="email")
    assert terminal.error("message", "list", "charlie", "--campaign", "Spring") == (3, "NO_CAMPAIGN")
