from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.sending.tokens import LONGEST_URL, Clicked, Purpose, Sent, Tokens
from postroom.store.sealing import KEY_BYTES, Sealer

URL = "https://news.example.com"
SHOP = "https://shop.example.com/?who=bob%40example.com"
OURS = Tokens(Sealer([bytes(KEY_BYTES)]), URL)
OTHERS = Tokens(Sealer([b"1" * KEY_BYTES]), URL)
MAKERS = {
    Purpose.PIXEL: OURS.pixel,
    Purpose.OPTOUT: OURS.optout,
    Purpose.ONE_CLICK: OURS.one_click,
    Purpose.PREFERENCES: OURS.preferences,
}
ids = st.integers(1, 2**63 - 1)
accounts = st.integers(1, 2**31 - 1)


def token_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


@pytest.mark.parametrize("purpose", MAKERS)
@given(account=accounts, message=ids)
def test_a_link_leads_back_to_its_message(purpose: Purpose, account: int, message: int) -> None:
    url = MAKERS[purpose](account, message)

    assert url.startswith(f"{URL}/t/{purpose}/")
    assert OURS.read(purpose, token_of(url)) == Sent(account, message)


@pytest.mark.parametrize("purpose", MAKERS)
def test_a_link_is_good_for_nothing_else(purpose: Purpose) -> None:
    token = token_of(MAKERS[purpose](1, 2))

    assert [each for each in MAKERS if OURS.read(each, token)] == [purpose]
    assert OURS.read_click(token) is None


@given(account=accounts, message=ids, link=st.integers(1, 10**9 - 1))
def test_a_click_leads_back_to_its_link(account: int, message: int, link: int) -> None:
    token = token_of(OURS.click(account, message, link))

    assert OURS.read_click(token) == Clicked(account, message, link, None)
    assert not any(OURS.read(purpose, token) for purpose in Purpose)


@given(url=st.text(max_size=300))
def test_a_link_of_one_recipient_brings_its_url_along(url: str) -> None:
    assert OURS.read_click(token_of(OURS.click(7, 12, 3, url))) == Clicked(7, 12, 3, url)


def test_a_url_that_no_link_could_hold_is_not_tracked() -> None:
    longest = SHOP.ljust(LONGEST_URL, "x")

    assert OURS.read_click(token_of(OURS.click(7, 12, 3, longest))) == Clicked(7, 12, 3, longest)
    assert OURS.click(7, 12, 3, longest + "x") == longest + "x"


def test_nobody_reads_in_a_link_what_its_url_says_of_the_recipient() -> None:
    tracked = OURS.click(7, 12, 3, SHOP)

    assert "bob" not in tracked
    assert "example.com/?" not in tracked


def test_links_are_short_enough_for_an_sms() -> None:
    assert len(OURS.click(12, 3_456_789, 1)) == len(URL) + 40


def test_without_a_url_of_ours_links_are_paths() -> None:
    assert Tokens(Sealer([bytes(KEY_BYTES)])).pixel(1, 2).startswith("/t/o/1-2.")


@pytest.mark.parametrize("purpose", MAKERS)
def test_what_another_installation_signed_is_not_ours(purpose: Purpose) -> None:
    url = {
        Purpose.PIXEL: OTHERS.pixel,
        Purpose.OPTOUT: OTHERS.optout,
        Purpose.ONE_CLICK: OTHERS.one_click,
        Purpose.PREFERENCES: OTHERS.preferences,
    }[purpose](1, 2)

    assert OURS.read(purpose, token_of(url)) is None
    assert OURS.read_click(token_of(OTHERS.click(1, 2, 3))) is None
    assert OURS.read_click(token_of(OTHERS.click(1, 2, 3, SHOP))) is None


def test_links_outlive_a_change_of_the_key() -> None:
    newer = Tokens(Sealer([b"2" * KEY_BYTES, bytes(KEY_BYTES)]))

    assert newer.read(Purpose.OPTOUT, token_of(OURS.optout(1, 2))) == Sent(1, 2)
    assert newer.read_click(token_of(OURS.click(1, 2, 3, SHOP))) == Clicked(1, 2, 3, SHOP)


@pytest.mark.parametrize("forged", ["7-13", "8-12", "77-12", "7-121"])
def test_the_numbers_of_a_link_cannot_be_changed(forged: str) -> None:
    """Charlie changes the numbers of his own link to those of Alice's message."""
    for purpose, make in MAKERS.items():
        assert OURS.read(purpose, re.sub("^7-12", forged, token_of(make(7, 12)))) is None
    for url in (None, SHOP):
        token = token_of(OURS.click(7, 12, 3, url))
        assert OURS.read_click(re.sub("^7-12", forged, token)) is None
        assert OURS.read_click(token.replace("7-12-3", "7-12-4")) is None


def test_the_url_of_one_link_does_not_serve_another() -> None:
    sealed = token_of(OURS.click(7, 12, 3, SHOP)).partition("~")[2]

    assert OURS.read_click(f"7-12-3~{sealed}") is not None
    assert OURS.read_click(f"7-12-4~{sealed}") is None
    assert OURS.read_click(f"7-13-3~{sealed}") is None


@pytest.mark.parametrize("url", [None, SHOP])
def test_no_character_of_a_link_may_change(url: str | None) -> None:
    token = token_of(OURS.click(7, 12, 3, url))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"

    for place, own in enumerate(token):
        for other in set(alphabet) - {own}:
            assert OURS.read_click(token[:place] + other + token[place + 1 :]) is None


@given(text=st.text(max_size=200))
def test_nonsense_is_no_link(text: str) -> None:
    assert not any(OURS.read(purpose, text) for purpose in Purpose)
    assert OURS.read_click(text) is None


@given(rest=st.from_regex(r"[A-Za-z0-9_.~-]{0,80}", fullmatch=True))
def test_what_only_looks_like_a_link_is_none(rest: str) -> None:
    for text in (f"1-2.{rest}", f"1-2-3.{rest}", f"1-2-3~{rest}", f"1-99999999999999999999.{rest}"):
        assert not any(OURS.read(purpose, text) for purpose in Purpose)
        assert OURS.read_click(text) is None


def test_a_link_of_any_length_is_judged_at_once() -> None:
    assert OURS.read_click("1-2-3~" + "A" * 5_000_000) is None
    assert OURS.read(Purpose.PIXEL, "1" * 5_000_000) is None
