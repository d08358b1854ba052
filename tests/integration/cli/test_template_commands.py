"""Templates from the terminal."""

from __future__ import annotations

import email
import email.policy
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson, Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender

COMMANDS = Path(__file__).parents[3] / "docs" / "commands.md"
PAGE = '<p>{{ firstName | default: "vous" }}</p><a href="https://acme.example/?c={{ custom_x }}">Voir</a>'


@pytest.fixture
def acme(room: Room, make_person: MakePerson) -> Person:
    """Return an account that goes by e-mail and has a contact."""
    person = make_person("acme", criterion="email")
    Sender(room, person).drop("people.csv", "Email;Prénom;Ville\njane@domain.com;Jane & Co;Lyon\n")
    return person


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return where the files of templates are."""
    (tmp_path / "spring.html").write_text("<p>Bonjour {{ firstName }} à {{ city }}</p>", encoding="utf-8")
    (tmp_path / "spring-en.html").write_text("\ufeff<p>Hello {{ firstName }}</p>", encoding="utf-8")
    return tmp_path


def jane(room: Room, person: Person) -> str:
    with room.database.transaction() as connection:
        rows = connection.execute(
            "select contact_id from contacts where account_id = %s", [person.account.account_id]
        ).fetchall()
    return str(rows[0]["contact_id"])


def put(terminal: Terminal, files: Path, *more: str) -> None:
    terminal.run(
        *("template", "put", "acme", "spring", "--subject", "Bonjour {{ firstName }}"),
        *("--html", str(files / "spring.html"), *more),
    )


def documented() -> list[list[str]]:
    section = COMMANDS.read_text(encoding="utf-8").split("## Templates\n")[1].split("\n## ")[0]
    return [
        shlex.split(line)
        for line in re.findall(r"^    postroom (template \w+ acme .*)$", section, re.MULTILINE)
    ]


def test_the_examples_of_the_reference_make_a_mail(
    terminal: Terminal, acme: Person, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    for example in documented():
        terminal.run(*example)

    mail = email.message_from_bytes((files / "preview.eml").read_bytes(), policy=email.policy.default)
    assert (mail["From"], mail["Subject"]) == ("Acme <news@acme.example>", "Hello you")
    assert [each.get_content_type() for each in mail.walk()][1:] == ["text/plain", "text/html"]
    assert len(documented()) == 4


def test_templates_are_listed_and_shown(terminal: Terminal, acme: Person, files: Path) -> None:
    assert "has no template" in terminal.run("template", "list", "acme")
    put(terminal, files)

    (listed,) = terminal.json("template", "list", "acme")
    assert (listed["name"], listed["channel"], listed["languages"]) == ("spring", "EMAIL", [""])
    assert "spring" in terminal.run("template", "list", "acme")
    shown = terminal.json("template", "show", "acme", "spring")
    assert shown["variants"][""]["subject"] == "Bonjour {{ firstName }}"
    assert shown["marketing"]
    assert "<p>Bonjour {{ firstName }} à {{ city }}</p>" in terminal.run("template", "show", "acme", "spring")


def test_a_change_leaves_what_it_does_not_name(terminal: Terminal, acme: Person, files: Path) -> None:
    put(terminal, files, "--default", "city=chez vous", "--sender", "news@acme.example")

    terminal.run("template", "put", "acme", "spring", "--no-tracking", "--reply-to", "help@acme.example")
    terminal.run("template", "put", "acme", "spring", "--default", "firstName=vous", "--no-marketing")

    shown = terminal.json("template", "show", "acme", "spring")
    assert shown["defaults"] == {"city": "chez vous", "firstName": "vous"}
    assert (shown["tracking"], shown["marketing"]) == (False, False)
    assert (shown["sender"], shown["reply_to"]) == ("news@acme.example", "help@acme.example")
    assert shown["variants"][""]["html"].startswith("<p>Bonjour")


def test_languages_come_and_go(terminal: Terminal, acme: Person, files: Path) -> None:
    put(terminal, files)
    english = ("--language", "en-GB", "--subject", "Hello", "--html", str(files / "spring-en.html"))
    terminal.run("template", "put", "acme", "spring", *english)

    assert terminal.json("template", "list", "acme")[0]["languages"] == ["", "en"]
    assert terminal.json("template", "show", "acme", "spring")["variants"]["en"]["html"][0] == "<"
    terminal.run("template", "put", "acme", "spring", "--drop-language", "en")
    assert terminal.json("template", "list", "acme")[0]["languages"] == [""]
    dropping = terminal.error("template", "put", "acme", "spring", "--drop-language", "en")
    assert dropping == (3, "NO_LANGUAGE")


def test_a_preview_is_the_message_of_a_contact(
    terminal: Terminal, room: Room, acme: Person, files: Path
) -> None:
    put(terminal, files)

    said = terminal.run("template", "preview", "acme", "spring", "--contact", jane(room, acme))
    assert said.startswith("Bonjour Jane & Co\n\nBonjour Jane & Co à Lyon\n")
    page = files / "out.html"
    terminal.run(
        "template", "preview", "acme", "spring", "--contact", jane(room, acme), "--output", str(page)
    )
    assert "<p>Bonjour Jane &amp; Co à Lyon</p>" in page.read_text(encoding="utf-8")
    text = files / "out.txt"
    terminal.run(
        "template", "preview", "acme", "spring", "--contact", jane(room, acme), "--output", str(text)
    )
    assert "Jane & Co" in text.read_text(encoding="utf-8")


def test_a_preview_says_that_it_has_no_such_language(terminal: Terminal, acme: Person, files: Path) -> None:
    put(terminal, files, "--default", "firstName=vous", "--default", "city=ici")
    english = ("--language", "en", "--subject", "Hi", "--html", str(files / "spring-en.html"))
    terminal.run("template", "put", "acme", "spring", *english)
    preview = ("template", "preview", "acme", "spring", "--language")

    note = "Note: there is no variant in 'de', so this is the one for everybody else."
    assert note in terminal.run(*preview, "de")
    assert "Note" not in terminal.run(*preview, "en")


def test_a_file_has_so_many_bytes_and_no_more(terminal: Terminal, acme: Person, files: Path) -> None:
    huge = files / "huge.html"
    huge.write_bytes(b"x" * 4_000_001)

    refused = terminal.type("template", "put", "acme", "x", "--html", str(huge))

    assert "too large for a template: 4000000 bytes at the most." in refused.errors


def test_a_preview_says_why_there_is_no_message(terminal: Terminal, acme: Person, files: Path) -> None:
    put(terminal, files)

    assert terminal.error("template", "preview", "acme", "spring") == (2, "PERSONALIZATION_MISSING")
    nobody = terminal.error("template", "preview", "acme", "spring", "--contact", "999999")
    assert nobody == (3, "NO_CONTACT")


def test_a_check_says_what_there_is_and_what_is_odd(terminal: Terminal, acme: Person, files: Path) -> None:
    (files / "spring.html").write_text(PAGE, encoding="utf-8")
    put(terminal, files)

    found = terminal.json("template", "check", "acme", "spring")
    assert found["fields"] == ["custom_x", "first_name"]
    assert found["links"] == [
        {"id": 1, "name": "Voir", "categories": [], "url": "https://acme.example/?c={{ custom_x }}"}
    ]
    assert found["warnings"] == [
        "'custom_x' is no field of contacts, so it has to come with each message",
        "it has no sender",
        "it has no opt-out link, so one is added at its end",
    ]
    assert "Note: it has no sender." in terminal.run("template", "check", "acme", "spring")


def test_what_is_odd_is_noted_as_soon_as_it_is_put(terminal: Terminal, acme: Person, files: Path) -> None:
    (files / "spring.html").write_text("<p>{{ prenom }}</p>", encoding="utf-8")

    said = terminal.run(
        *("template", "put", "acme", "spring", "--subject", "Hi", "--html", str(files / "spring.html"))
    )

    assert "Note: 'prenom' is no field of contacts (did you mean first_name?)" in said
    assert "Note: it has no sender." in said


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--subject", "{{ a"], "BAD_TEMPLATE"),
        (["--sender", "nobody"], "BAD_SENDER"),
        (["--reply-to", "@"], "BAD_SENDER"),
        (["--default", "city"], "BAD_DEFAULT"),
        (["--language", "french", "--subject", "x"], "BAD_LANGUAGE"),
        (["--channel", "SMS"], "BAD_CHANNEL"),
    ],
)
def test_what_no_message_can_be_made_of_is_not_kept(
    terminal: Terminal, acme: Person, files: Path, arguments: list[str], code: str
) -> None:
    put(terminal, files)
    before = terminal.json("template", "show", "acme", "spring")

    assert terminal.error("template", "put", "acme", "spring", *arguments) == (2, code)
    assert terminal.json("template", "show", "acme", "spring") == before


def test_a_file_is_utf_8(terminal: Terminal, acme: Person, files: Path) -> None:
    (files / "latin.html").write_bytes("<p>été</p>".encode("latin-1"))

    refused = terminal.error("template", "put", "acme", "x", "--html", str(files / "latin.html"))
    assert refused == (2, "BAD_TEMPLATE")


def test_a_text_message_has_a_template_too(terminal: Terminal, acme: Person, files: Path) -> None:
    (files / "sms.txt").write_text("Bonjour %%$first%%", encoding="utf-8")
    sms = ("--channel", "sms", "--text", str(files / "sms.txt"), "--sender", "ACME")
    terminal.run("template", "put", "acme", "hello", *sms, "--default", "first=toi")

    said = terminal.run("template", "preview", "acme", "hello")
    assert said == "Bonjour toi\nStop SMS : répondez STOP\n--- 1 part of GSM-7 (36 units)\n"
    longer = terminal.error("template", "put", "acme", "hello", "--sender", "A much longer name")
    assert longer == (2, "BAD_SENDER")
    assert terminal.error("template", "put", "acme", "hello", "--reply-to", "a@b.example")[1] == "BAD_SENDER"


def test_a_channel_that_there_is_not_is_answered_with_those_that_there_are(
    terminal: Terminal, acme: Person
) -> None:
    refused = terminal.type("template", "put", "acme", "hello", "--channel", "FAX")

    assert refused.exit_code == 2
    assert "'--channel': 'FAX' is not one of EMAIL, SMS, VOICE," in refused.errors


def test_a_preview_of_an_sms_says_what_its_tracked_link_costs(
    terminal: Terminal, acme: Person, files: Path
) -> None:
    (files / "sms.txt").write_text("x" * 130 + " https://shop.example.com/", encoding="utf-8")
    sms = ("--channel", "sms", "--text", str(files / "sms.txt"), "--sender", "ACME", "--no-marketing")
    terminal.run("template", "put", "acme", "hello", *sms)
    ours = replace(terminal, environment={"POSTROOM_TRACKING_URL": "https://t.shop.example.com"})

    assert terminal.json("template", "preview", "acme", "hello")["parts"] == 1
    tracked = ours.json("template", "preview", "acme", "hello")
    assert (tracked["parts"], tracked["encoding"], tracked["units"]) == (2, "GSM-7", len(tracked["text"]))
    assert "--- 2 parts of GSM-7 (" in ours.run("template", "preview", "acme", "hello")


def test_what_is_deleted_is_gone(terminal: Terminal, acme: Person, files: Path) -> None:
    put(terminal, files)

    assert "is deleted" in terminal.run("template", "delete", "acme", "spring")
    assert terminal.error("template", "show", "acme", "spring") == (3, "NO_TEMPLATE")
    assert terminal.error("template", "delete", "acme", "spring") == (3, "NO_TEMPLATE")


def test_charlie_has_none_of_them(
    terminal: Terminal, acme: Person, files: Path, make_person: MakePerson
) -> None:
    make_person("charlie")
    put(terminal, files)

    for command in ("show", "preview", "check", "delete"):
        assert terminal.error("template", command, "charlie", "spring") == (3, "NO_TEMPLATE")
