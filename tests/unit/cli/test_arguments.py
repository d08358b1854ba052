from __future__ import annotations

import pytest

from postroom.cli.accounts import assignments
from postroom.cli.contacts import normalised
from postroom.cli.outcomes import failure_text, outcome_facts
from postroom.contacts.errors import Refused
from postroom.contacts.settings import AccountSettings


def test_the_last_value_of_a_key_wins_and_may_hold_anything() -> None:
    assert assignments(["a=1", "b==x= ", "a=2", "c="]) == {"a": "2", "b": "=x= ", "c": ""}


@pytest.mark.parametrize("text", ["", "strict", "=yes"])
def test_a_text_that_assigns_nothing_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="write KEY=VALUE"):
        assignments([text])


def test_what_to_look_for_is_written_as_contacts_have_it() -> None:
    given = {"email": "A@B.fr", "phone": "01 23 45 67 89", "mobile": None, "reference": " r\t1 "}

    assert normalised(given, AccountSettings()) == {
        "email": "a@b.fr",
        "phone": "+33123456789",
        "reference": "r 1",
    }


@pytest.mark.parametrize("given", [{"email": "a"}, {"mobile": "12"}, {"phone": "x"}, {"reference": "  "}])
def test_what_no_contact_can_have_is_refused(given: dict[str, str | None]) -> None:
    with pytest.raises(Refused, match="no contact can have it"):
        normalised(given, AccountSettings())


def test_a_reason_of_another_release_keeps_its_own_words() -> None:
    known = {"code": "EMPTY_FILE", "value": "", "text": "the file is empty"}
    unknown = {"code": "MOON_PHASE", "value": "", "text": "the moon was full"}

    assert failure_text(known, "fr") == "le fichier est vide"
    assert failure_text(unknown, "fr") == "the moon was full"


def test_a_parked_drop_has_nothing_to_count() -> None:
    facts = outcome_facts({"parked_after_attempts": 3}, "en")

    assert {name: value for name, value in facts.items() if value is not None} == {}
