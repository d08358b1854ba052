"""Previews over the real database: how a template reads for a contact."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.campaigns import NotSentReason
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing
from postroom.contacts.templates import Content, Variant
from postroom.drops.room import Room
from postroom.sending.content import Rendered, Unsendable
from postroom.sending.previewing import preview
from postroom.sending.tokens import Tokens
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender

CARD = Content(
    Channel.SMS,
    {
        "": Variant(text="{{ first }} {{ last | default: '?' }}, {{ birth_date | default: '-' }}, #city#"),
        "en": Variant(text="Hello {{ first }}"),
    },
    marketing=False,
    defaults={"city": "ici"},
)
PEOPLE = (
    "Email;Prénom;Nom;Ville;Date de naissance\n"
    "jane@domain.com;Jane;Doe;Lyon;29/02/1980\n"
    "bob@domain.com;Bob;;;\n"
)


@pytest.fixture
def acme(room: Room, make_person: MakePerson) -> Person:
    """Return an account that goes by e-mail and has Jane and Bob."""
    person = make_person("acme", criterion="email")
    Sender(room, person).drop("people.csv", PEOPLE)
    return person


def contact(room: Room, person: Person, email: str) -> int:
    with room.database.transaction() as connection:
        row = connection.execute(
            "select contact_id from contacts where account_id = %s and email = %s",
            [person.account.account_id, email],
        ).fetchone()
    assert row is not None
    return int(row["contact_id"])


def looked_at(room: Room, person: Person, content: Content = CARD, **wanted: Any) -> Rendered | Unsendable:
    with room.database.reading() as connection:
        return preview(connection, person.account.account_id, content, **wanted)


def text(found: Rendered | Unsendable) -> str:
    assert isinstance(found, Rendered), found
    return found.text


def test_a_preview_has_the_fields_of_the_contact(room: Room, acme: Person) -> None:
    jane = contact(room, acme, "jane@domain.com")
    bob = contact(room, acme, "bob@domain.com")

    assert text(looked_at(room, acme, contact_id=jane)) == "Jane Doe, 1980-02-29, Lyon"
    assert text(looked_at(room, acme, contact_id=bob)) == "Bob ?, -, ici"


def test_a_language_may_be_asked_for(room: Room, acme: Person) -> None:
    jane = contact(room, acme, "jane@domain.com")

    assert text(looked_at(room, acme, contact_id=jane, language="en")) == "Hello Jane"
    assert text(looked_at(room, acme, contact_id=jane, language="de")).startswith("Jane Doe")


def test_a_preview_of_nobody_has_empty_fields(room: Room, acme: Person) -> None:
    found = looked_at(room, acme)

    assert isinstance(found, Unsendable)
    assert found.reason is NotSentReason.PERSONALIZATION_MISSING


def test_a_preview_has_the_rows_that_it_is_given(room: Room, acme: Person) -> None:
    rows = {"": Variant(text="{% article duties %}{{ duty }} {% endarticle %}")}
    content = Content(Channel.SMS, rows, marketing=False)

    found = looked_at(room, acme, content, items={"duties": [{"duty": "Dishes"}, {"duty": "Floor"}]})

    assert text(found) == "Dishes Floor"


def test_a_marketing_sms_says_how_to_be_left_alone(room: Room, acme: Person) -> None:
    content = Content(Channel.SMS, {"": Variant(text="Soldes !"), "en": Variant(text="Sale!")})

    assert text(looked_at(room, acme, content)) == "Soldes !\nStop SMS : répondez STOP"
    assert text(looked_at(room, acme, content, language="en")) == "Sale!\nReply STOP to opt out"


@pytest.mark.parametrize(
    "written",
    ["https://shop.example.com/", "https://shop.example.com/?who={{ first | default: 'you' }}"],
)
def test_links_of_an_sms_are_as_long_as_they_will_be_and_good_for_nothing(
    room: Room, acme: Person, written: str
) -> None:
    content = Content(Channel.SMS, {"": Variant(text=f"Sale: {written}")}, marketing=False)
    tokens = Tokens(room.sealer, "https://t.example.com")

    link = text(looked_at(room, acme, content, tokens=tokens)).removeprefix("Sale: ")

    dynamic = "https://shop.example.com/?who=you" if "{{" in written else None
    real = tokens.click(acme.account.account_id, 12_345_678, 1, dynamic)
    token = link.removeprefix("https://t.example.com/t/c/")
    assert len(link) == len(real)
    assert token != link
    assert tokens.read_click(token) is None


def test_without_tracking_an_sms_has_its_links_as_they_are_written(room: Room, acme: Person) -> None:
    written = Variant(text="Sale: https://shop.example.com/")
    content = Content(Channel.SMS, {"": written}, marketing=False, tracking=False)
    tokens = Tokens(room.sealer, "https://t.example.com")

    assert text(looked_at(room, acme, content, tokens=tokens)) == written.text


def test_a_mail_has_a_way_out_that_leads_nowhere_and_no_pixel(room: Room, acme: Person) -> None:
    content = Content(Channel.EMAIL, {"": Variant("s", '<a href="https://shop.example/">x</a>')})

    found = looked_at(room, acme, content)

    assert isinstance(found, Rendered)
    assert 'href="https://preview.invalid/optout"' in found.html
    assert 'href="https://shop.example/"' in found.html
    assert "<img" not in found.html


def test_charlie_previews_nobody_of_alices(room: Room, acme: Person, make_person: MakePerson) -> None:
    charlie = make_person("charlie")
    jane = contact(room, acme, "jane@domain.com")

    with pytest.raises(Missing):
        looked_at(room, charlie, contact_id=jane)
    with pytest.raises(Missing):
        looked_at(room, acme, contact_id=999_999)
