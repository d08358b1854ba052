from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.web.api.v1.cursors import LENGTH, cursor_after, cursor_after_key, key_of, position_of

IDS = st.integers(min_value=0, max_value=2**63 - 1)
ALICES = "1/contacts/list_id=12"


@given(IDS, st.text())
def test_a_cursor_leads_back_to_its_place(item_id: int, listing: str) -> None:
    cursor = cursor_after(item_id, listing.encode(errors="replace").decode())

    assert len(cursor) == LENGTH
    assert position_of(cursor, listing.encode(errors="replace").decode()) == item_id


@given(st.text() | st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789-_=+/", max_size=LENGTH + 2))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        position_of(text, ALICES)

    assert refused.value.code == "BAD_CURSOR"


@given(IDS, st.integers(0, LENGTH - 1), st.sampled_from("abcXYZ019-_"))
def test_a_cursor_that_was_altered_is_refused(item_id: int, place: int, character: str) -> None:
    cursor = cursor_after(item_id, ALICES)
    altered = cursor[:place] + character + cursor[place + 1 :]

    if altered == cursor:
        return
    with pytest.raises(Refused):
        position_of(altered, ALICES)


@pytest.mark.parametrize("other", ["2/contacts/list_id=12", "1/contacts/list_id=13", "1/lists/"])
def test_a_cursor_of_another_listing_is_refused(other: str) -> None:
    with pytest.raises(Refused):
        position_of(cursor_after(7, ALICES), other)


@given(st.text(max_size=255), st.sampled_from([ALICES, "é"]))
def test_a_cursor_by_a_text_leads_back_to_its_place(key: str, listing: str) -> None:
    assert key_of(cursor_after_key(key, listing), listing) == key


@given(st.text() | st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789-_=+/", max_size=LENGTH + 2))
def test_what_is_no_cursor_by_a_text_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        key_of(text, ALICES)


def test_a_cursor_by_a_text_is_good_for_its_listing_alone() -> None:
    with pytest.raises(Refused):
        key_of(cursor_after_key("a", ALICES), "2/contacts/list_id=12")
