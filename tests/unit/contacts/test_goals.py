from __future__ import annotations

import time
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.contacts.goals import (
    MAX_URL_CHARACTERS,
    GoalKind,
    Pattern,
    Transaction,
    goal_name,
    goal_patterns,
    page_of,
    transaction,
)


def matches(pattern: str, url: str) -> bool:
    page = page_of(url)
    return page is not None and Pattern.parse(pattern).matches(page)


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("https://shop.example.com/thanks", "https://shop.example.com/thanks"),
        ("https://shop.example.com/thanks", "https://shop.example.com/thanks?order=1#top"),
        ("https://SHOP.example.com/thanks", "https://Shop.example.com:443/thanks"),
        ("https://shop.example.com/*/thanks", "https://shop.example.com/fr/thanks"),
        ("shop.example.com", "http://shop.example.com"),
        ("shop.example.com", "https://shop.example.com/any/page"),
        ("*.example.com/thanks*", "https://a.b.example.com/thanks-a-lot"),
        ("https://shop.example.com:8443/", "https://shop.example.com:8443"),
        ("https://shop.example.com/cart?step=3*", "https://shop.example.com/cart?step=3&a=b"),
        ("https://shop.example.com/a*b*c", "https://shop.example.com/abbbc"),
        ("xn--caf-dma.example.com", "https://café.example.com/"),
    ],
)
def test_a_page_is_meant(pattern: str, url: str) -> None:
    assert matches(pattern, url)


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("https://shop.example.com/thanks", "http://shop.example.com/thanks"),
        ("https://shop.example.com/thanks", "https://shop.example.com/thanks/"),
        ("https://shop.example.com/thanks", "https://shop.example.com.evil.example/thanks"),
        ("https://shop.example.com/thanks", "https://evil.example/?https://shop.example.com/thanks"),
        ("https://shop.example.com/thanks", "https://shop.example.com@evil.example/thanks"),
        ("https://shop.example.com/thanks", "https://me@shop.example.com/thanks"),
        ("https://shop.example.com/thanks", "https://shop.example.com:444/thanks"),
        ("*.example.com", "https://example.com/"),
        ("*.shop.example", "https:" + "//evilshop.example/"),
        ("https://shop.example.com/a*a", "https://shop.example.com/a"),
        ("https://shop.example.com/cart?step=3", "https://shop.example.com/cart?step=33"),
        ("https://shop.example.com/", "javascript://shop.example.com/"),
        ("https://shop.example.com/", "https:" + "//[broken/"),
        ("https://shop.example.com/", "https://shop.example.com:port/"),
        ("https://shop.example.com/", "/"),
    ],
)
def test_another_page_is_not(pattern: str, url: str) -> None:
    assert not matches(pattern, url)


NO_PATTERNS = [
    "",
    "*",
    "https:" + "//*",
    "ftp://a.example/",
    "https:" + "//a b.example/",
    "//a.example/",
    "a.*.b/",
]


@pytest.mark.parametrize("text", [*NO_PATTERNS, "a.example/é", "x" * 501, "https://user@a.example/"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        Pattern.parse(text)

    assert refused.value.code == "BAD_PATTERN"


@given(st.text("ab*", max_size=12), st.text("ab", max_size=12))
def test_stars_stand_for_anything(pattern: str, path: str) -> None:
    assert matches(f"a.example/{pattern}", f"https://a.example/{path}") == fnmatchcase(path, pattern)


def test_no_pattern_makes_a_long_url_slow() -> None:
    pattern = "a.example/" + "*a" * 200 + "b"
    begun = time.process_time()

    assert not matches(pattern, "https://a.example/" + "a" * 3900)

    assert time.process_time() - begun < 0.5


def test_urls_too_long_or_with_something_hidden_are_no_pages() -> None:
    assert page_of("https://a.example/" + "a" * MAX_URL_CHARACTERS) is None
    assert page_of("https://a.example/\n") is None
    assert page_of("https://a.example/\ud800") is None
    assert page_of(f"https://{'é' * 300}.example/") is None


def test_the_origin_is_as_browsers_spell_it() -> None:
    page = page_of("HTTPS://Shop.example.com:443/x")
    assert page is not None
    assert page.origin == "https://shop.example.com"
    other = page_of("http://shop.example.com:8080/x")
    assert other is not None
    assert other.origin == "http://shop.example.com:8080"


def test_an_order_keeps_its_scale() -> None:
    assert transaction("1", "49.90", currency="EUR", quantity="2", products=["a", "b"]) == Transaction(
        "1", "49.90", "EUR", "2", ("a", "b")
    )


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"transaction_id": ""}, "BAD_TRANSACTION"),
        ({"transaction_id": "x" * 101}, "BAD_TRANSACTION"),
        ({"transaction_id": "a\nb"}, "BAD_TRANSACTION"),
        ({"amount": "1e400"}, "BAD_AMOUNT"),
        ({"amount": "NaN"}, "BAD_AMOUNT"),
        ({"amount": "1,5"}, "BAD_AMOUNT"),
        ({"amount": "9" * 16}, "BAD_AMOUNT"),
        ({"quantity": "many"}, "BAD_AMOUNT"),
        ({"currency": "euro"}, "BAD_CURRENCY"),
        ({"products": ["x"] * 101}, "BAD_PRODUCTS"),
        ({"products": [""]}, "BAD_PRODUCTS"),
    ],
)
def test_what_cannot_be_an_order_is_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        transaction(**{"transaction_id": "1", "amount": "10", **given})

    assert refused.value.code == code


def test_a_goal_of_visits_needs_a_page() -> None:
    assert goal_patterns(GoalKind.TRANSACTION, []) == ()
    assert goal_patterns(GoalKind.WEBVISIT, ["a.example", "a.example"]) == ("a.example",)
    for texts, code in (
        ([], "NO_PATTERN"),
        (["a.example/" + str(n) for n in range(51)], "TOO_MANY_PATTERNS"),
    ):
        with pytest.raises(Refused) as refused:
            goal_patterns(GoalKind.WEBVISIT, texts)
        assert refused.value.code == code


def test_a_goal_has_a_name() -> None:
    assert goal_name(" Thanks ") == "Thanks"
    for name in ("", " ", "x" * 256, "a\nb"):
        with pytest.raises(Refused):
            goal_name(name)
