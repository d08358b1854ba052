"""Tokens of surveys and of visitors: no change of one is another, and none is of another's use."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.sending.goals.visitors import Visitors
from postroom.sending.surveys.forms import LONGEST, Form, Forms, Shown
from postroom.sending.tokens import Sent
from postroom.store.sealing import KEY_BYTES, Sealer

SEALER = Sealer([bytes(range(KEY_BYTES))])
OTHERS = Sealer([bytes(KEY_BYTES)])
FORMS = Forms(SEALER)
VISITORS = Visitors(SEALER)
OWN = Form(7, 3, 1234)
PUBLIC = Form(7, 3)
SHOWN = Shown(UUID(int=5), datetime(2026, 11, 1, 12, tzinfo=UTC))

ACCOUNTS = st.integers(1, 2**31 - 1)
IDS = st.integers(1, 2**63 - 1)


@given(ACCOUNTS, IDS, IDS)
def test_forms_are_read_as_they_were_made(account_id: int, survey_id: int, message_id: int) -> None:
    own, public = Form(account_id, survey_id, message_id), Form(account_id, survey_id)

    assert FORMS.read_own(FORMS.token(own)) == own
    assert FORMS.read_public(FORMS.token(public)) == public


@given(ACCOUNTS, IDS)
def test_visitors_and_sites_are_read_as_they_were_made(account_id: int, message_id: int) -> None:
    assert VISITORS.read_visitor(VISITORS.visitor(account_id, message_id)) == Sent(account_id, message_id)
    assert VISITORS.read_site(VISITORS.site(account_id)) == account_id


TOKENS = {
    "own": FORMS.token(OWN),
    "public": FORMS.token(PUBLIC),
    "shown": FORMS.shown(OWN, SHOWN),
    "visitor": VISITORS.visitor(7, 1234),
    "site": VISITORS.site(7),
}


def uses_of(token: str) -> set[str]:
    """Return what a token is taken for."""
    read = {
        "own": FORMS.read_own(token),
        "public": FORMS.read_public(token),
        "shown": FORMS.read_shown(OWN, token),
        "visitor": VISITORS.read_visitor(token),
        "site": VISITORS.read_site(token),
    }
    return {use for use, found in read.items() if found is not None}


@pytest.mark.parametrize("use", TOKENS)
def test_each_token_has_one_use(use: str) -> None:
    assert uses_of(TOKENS[use]) == {use}


@given(st.sampled_from(sorted(TOKENS)), st.integers(0, 100), st.sampled_from("0aA-._~é\n"))
def test_a_token_that_was_changed_has_none(use: str, place: int, character: str) -> None:
    token = TOKENS[use]
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]

    assert uses_of(changed) == ({use} if changed == token else set())


@given(st.text(max_size=2 * LONGEST))
def test_no_text_upsets_the_readers(text: str) -> None:
    assert uses_of(text) == set()


def test_a_form_that_was_shown_is_of_its_own_survey_and_message() -> None:
    token = FORMS.shown(OWN, SHOWN)

    assert FORMS.read_shown(OWN, token) == SHOWN
    for other in (PUBLIC, Form(8, 3, 1234), Form(7, 4, 1234), Form(7, 3, 1235)):
        assert FORMS.read_shown(other, token) is None


def test_another_installation_takes_none_of_ours() -> None:
    assert Forms(OTHERS).read_own(TOKENS["own"]) is None
    assert Visitors(OTHERS).read_visitor(TOKENS["visitor"]) is None
