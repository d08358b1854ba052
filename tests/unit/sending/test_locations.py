from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.sending.tracking.locations import location


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://shop.example.com/", "https://shop.example.com/"),
        ("http://shop.example.com:8080/a?b=c&d=%C3%A9#e", "http://shop.example.com:8080/a?b=c&d=%C3%A9#e"),
        ("HTTPS://Shop.example.com/", "HTTPS://Shop.example.com/"),
        (" https://shop.example.com/ ", "https://shop.example.com/"),
        (
            "https://shop.example.com/été?q=où ça",
            "https://shop.example.com/%C3%A9t%C3%A9?q=o%C3%B9%20%C3%A7a",
        ),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ('https://shop.example.com/"><script>', "https://shop.example.com/%22%3E%3Cscript%3E"),
        ("https://shop.example.com/\\evil", "https://shop.example.com/%5Cevil"),
    ],
)
def test_web_pages_are_led_to(url: str, found: str) -> None:
    assert location(url) == found


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.com/",
        "mailto:bob@example.com",
        "tel:+33612345678",
        "//evil.example.com/",
        "/relative",
        "evil.example.com",
        "https:evil.example.com",
        "https:" + "///path",
        "https:" + "//",
        "https:" + "//[::1",
        "h\tttps://shop.example.com/",
        "",
        " ",
    ],
)
def test_nothing_else_is(url: str) -> None:
    assert location(url) is None


@pytest.mark.parametrize("broken", ["\r\nSet-Cookie: a=b", "\nX: y", "\x00", "\u2028", "é\r\n\r\n<html>"])
def test_a_url_brings_no_header_along(broken: str) -> None:
    found = location(f"https://shop.example.com/{broken}")

    assert found is not None
    assert found.isascii()
    assert found.isprintable()
    assert " " not in found


@given(text=st.text(max_size=200))
def test_whatever_comes_is_a_web_page_or_nothing(text: str) -> None:
    for url in (text, f"https://{text}", f"http://shop.example.com/{text}"):
        found = location(url)
        if found is not None:
            assert found.isascii()
            assert found.isprintable()
            assert urlsplit(found).scheme in {"http", "https"}
            assert urlsplit(found).netloc
