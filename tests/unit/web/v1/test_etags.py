from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.web.api.v1.etags import etag_of, names, require_match
from postroom.web.errors import Stale

TAG = etag_of(b"the list as it is")


def test_one_state_has_one_tag_and_another_state_another() -> None:
    assert etag_of(b"the list as it is") == TAG
    assert etag_of(b"the list as it was") != TAG
    assert TAG.startswith('"')
    assert TAG.endswith('"')


@pytest.mark.parametrize("header", [TAG, f'"other", {TAG}', f'{TAG},"other"', "*", " * "])
def test_a_tag_is_found_where_it_is_named(header: str) -> None:
    assert names(header, TAG, weakly=False)


@pytest.mark.parametrize("header", ["", '"other"', TAG.strip('"'), TAG[:-1], "W/"])
def test_a_tag_is_not_found_elsewhere(header: str) -> None:
    assert not names(header, TAG, weakly=True)


def test_a_weak_tag_is_good_for_reading_and_not_for_changing() -> None:
    assert names(f"W/{TAG}", TAG, weakly=True)
    assert not names(f"W/{TAG}", TAG, weakly=False)


def test_a_change_of_another_state_is_stale() -> None:
    require_match(TAG, TAG)

    with pytest.raises(Stale) as stale:
        require_match('"other"', TAG)

    assert stale.value.code == "CHANGED"


@given(st.text())
def test_no_header_is_an_error(header: str) -> None:
    assert names(header, TAG, weakly=True) in {True, False}
