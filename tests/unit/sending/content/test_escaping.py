"""How values are written where they stand."""

from __future__ import annotations

from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid.exceptions import LiquidValueError

from postroom.sending.content.escaping import (
    clean_url,
    in_html,
    in_line,
    in_style,
    in_text,
    in_url,
    scheme_of,
)

PRINTABLE = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), max_size=50)


@given(st.text(max_size=50))
def test_html_has_no_mark_of_html_left(value: str) -> None:
    assert not set(in_html(value)) & set("<>\"'")


@given(PRINTABLE)
def test_html_is_read_back_as_it_was(value: str) -> None:
    assert unescape(in_html(value)) == value


@given(st.text(max_size=50))
def test_a_line_is_one(value: str) -> None:
    assert len(in_line(value).splitlines()) <= 1


@given(st.text(max_size=50))
def test_a_style_cannot_leave_its_value(value: str) -> None:
    assert not set(in_style(value)) & set(":;(){}<>\"'\\/&@!")


@given(PRINTABLE)
def test_a_value_in_a_query_is_read_back_as_it_was(value: str) -> None:
    url = clean_url(f"https://shop.example/?q={in_url(value, 'https://shop.example/?q=')}&r=1")

    assert parse_qs(urlsplit(url).query, keep_blank_values=True) == {"q": [value], "r": ["1"]}


@given(PRINTABLE)
def test_a_value_in_a_path_stays_in_the_path(value: str) -> None:
    url = urlsplit(clean_url(f"https://shop.example/{in_url(value, 'https://shop.example/')}"))

    assert (url.netloc, url.query, url.fragment) == ("shop.example", "", "")
    assert unquote(url.path) == f"/{value}"


@given(st.text(max_size=50))
def test_a_value_in_a_host_names_a_part_of_it_or_a_path(value: str) -> None:
    try:
        written = in_url(value, "https://shop.example")
    except LiquidValueError:
        return
    host = urlsplit(f"https://shop.example{written}").netloc
    assert host == "shop.example" or host.removeprefix("shop.example").replace("-", "").isalnum()


@pytest.mark.parametrize(
    ("value", "written"),
    [("a\x00b\x1fc\x85d", "abcd"), ("a\tb\nc", "a\tb\nc"), ("a\r\nb\rc", "a\nb\nc"), ("👩‍👧", "👩‍👧")],
)
def test_texts_lose_their_control_characters_alone(value: str, written: str) -> None:
    assert in_text(value) == written


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        (" https://a.example/ \n", "https://a.example/"),
        ("https://a.example/a b", "https://a.example/a%20b"),
        ("https://a.example/\"<>'`\\", "https://a.example/%22%3C%3E%27%60%5C"),
        ("https://a.example/é?a=b&c=d#e", "https://a.example/é?a=b&c=d#e"),
        ("java\nscript:x", "java%0Ascript:x"),
        ("https://a.example/\u2028\u202e", "https://a.example/%E2%80%A8%E2%80%AE"),
    ],
)
def test_a_url_has_nothing_in_it_that_ends_it(url: str, cleaned: str) -> None:
    assert clean_url(url) == cleaned


@pytest.mark.parametrize(
    ("url", "scheme"),
    [("HTTPS://a.example", "https"), ("mailto:x", "mailto"), ("//a.example", ""), ("a/b", ""), ("", "")],
)
def test_schemes(url: str, scheme: str) -> None:
    assert scheme_of(url) == scheme


def test_what_is_no_url_has_no_scheme() -> None:
    with pytest.raises(LiquidValueError):
        scheme_of("https:" + "//[")
