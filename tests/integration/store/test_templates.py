"""Templates over the real database: names, contents, and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.templates import Content, Variant
from postroom.store import templates
from postroom.store.database import Connection, Database
from tests.conftest import MakePerson

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SPRING = Content(
    Channel.EMAIL,
    {"": Variant("Bonjour", "<p>Bonjour</p>"), "en": Variant("Hello", "<p>Hello</p>", "Hello")},
    sender="Alice <alice@shop.example>",
    defaults={"first_name": "toi"},
)
T = TypeVar("T")


@pytest.fixture
def alice(make_person: MakePerson) -> int:
    return make_person("alice").account.account_id


@pytest.fixture
def charlie(make_person: MakePerson) -> int:
    return make_person("charlie").account.account_id


def do(database: Database, act: Callable[[Connection], T]) -> T:
    with database.transaction() as connection:
        return act(connection)


def make(database: Database, account_id: int, name: str = "spring") -> templates.Template:
    return do(
        database,
        lambda connection: templates.create_template(connection, account_id, name, SPRING, now=NOON),
    )


def test_a_template_is_read_as_it_was_kept(database: Database, alice: int) -> None:
    made = make(database, alice)

    assert made.content == SPRING
    assert do(database, lambda c: templates.template_by_id(c, alice, made.template_id)) == made
    assert do(database, lambda c: templates.template_named(c, alice, "spring")) == made
    (listed,) = do(database, lambda c: templates.list_templates(c, alice))
    assert (listed.template_id, listed.channel, listed.languages) == (
        made.template_id,
        Channel.EMAIL,
        ["", "en"],
    )


def test_templates_are_read_page_by_page(database: Database, alice: int) -> None:
    made = [make(database, alice, f"number {each}") for each in range(3)]

    found = do(database, lambda c: templates.list_templates(c, alice, after=made[0].template_id, limit=1))

    assert [each.name for each in found] == [made[1].name]


def test_no_two_templates_of_an_account_have_one_name(database: Database, alice: int, charlie: int) -> None:
    made = make(database, alice)
    other = make(database, alice, "summer")
    make(database, charlie)

    with pytest.raises(Conflict):
        make(database, alice)
    with pytest.raises(Conflict):
        do(
            database,
            lambda c: templates.update_template(c, alice, other.template_id, name=made.name, now=NOON),
        )


def test_a_change_leaves_what_it_does_not_name(database: Database, alice: int) -> None:
    made = make(database, alice)
    later = NOON + timedelta(hours=1)

    changed = do(
        database, lambda c: templates.update_template(c, alice, made.template_id, name=" Été ", now=later)
    )

    assert (changed.name, changed.content, changed.updated_at) == ("Été", SPRING, later)
    assert changed.created_at == NOON


def test_a_template_needs_a_name(database: Database, alice: int) -> None:
    for name in ("", "  ", "x" * 256, "\ud800"):
        with pytest.raises(Refused):
            make(database, alice, name)


def test_what_is_deleted_is_gone(database: Database, alice: int) -> None:
    made = make(database, alice)
    do(database, lambda c: templates.delete_template(c, alice, made.template_id))

    with pytest.raises(Missing):
        do(database, lambda c: templates.template_by_id(c, alice, made.template_id))
    with pytest.raises(Missing):
        do(database, lambda c: templates.delete_template(c, alice, made.template_id))


def test_charlie_sees_and_changes_nothing_of_alices(database: Database, alice: int, charlie: int) -> None:
    made = make(database, alice)

    for act in (
        lambda c: templates.template_by_id(c, charlie, made.template_id),
        lambda c: templates.template_named(c, charlie, made.name),
        lambda c: templates.update_template(c, charlie, made.template_id, name="mine", now=NOON),
        lambda c: templates.delete_template(c, charlie, made.template_id),
    ):
        with pytest.raises(Missing):
            do(database, act)
    assert do(database, lambda c: templates.list_templates(c, charlie)) == []
    assert do(database, lambda c: templates.template_by_id(c, alice, made.template_id)) == made
