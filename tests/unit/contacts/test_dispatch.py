from __future__ import annotations

import pytest

from postroom.contacts.dispatch import checked_reference, reference_key
from postroom.contacts.errors import Refused


@pytest.mark.parametrize("text", ["AO201", " ao201\t", "\uff21\uff2f201", "Ao201\u00a0"])
def test_one_reference_may_be_written_in_many_ways(text: str) -> None:
    assert reference_key(text) == reference_key("AO201")


@pytest.mark.parametrize("text", ["0AO201", "AO0201", "AO 201", "AO201.0"])
def test_what_could_be_another_account_is_another(text: str) -> None:
    assert reference_key(text) != reference_key("AO201")


def test_a_reference_is_shown_as_it_was_written() -> None:
    assert checked_reference("  Agence  de Lyon ") == "Agence de Lyon"


@pytest.mark.parametrize("text", ["", " \t", "x" * 101, "a\x00b", "\u202e"])
def test_what_no_cell_could_hold_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        checked_reference(text)
