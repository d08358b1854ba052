from __future__ import annotations

from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.contacts.addresses import MAX_EMAIL_CHARACTERS, email, email_by_library
from postroom.contacts.cells import clean
from postroom.ingest.emails import Emails

LOCAL_PARTS = {
    "plain": ["a", "A.b", "a+news", "o'neil", "_", "-a", "{a}", "a/b", "^`|~", "a" * 58],
    "dots": ["a..b", ".a", "a."],
    "quotes": ['"a"', '"a b"', '"a@b"', 'a"b', "a\\@b"],
    "lengths": ["a" * 64, "a" * 65, "é" * 40, "a" * 240],
    "beyond ASCII": ["é", "e\u0301", "élo.die", "用户", "ß", "İ", "\u0131", "\u212a", "ﬁ"],
    "alike": ["\uff41", "\uff21", "\u0430", "a\u1160b"],
    "invisible": ["a\u200bb", "a\u00adb", "\u202ea", "a\ufeffb", "a\u2060b"],
    "forbidden": ["", "a b", "a(b)", "a,b", "a;b", "a:b", "a[b]", "a@b", "Alice <a"],
}
DOMAINS = {
    "plain": ["free.fr", "FREE.FR", "a-b.co.uk", "1.fr", "a.b.c.d.e.fr"],
    "dots": ["free", "free..fr", "free.fr.", ".free.fr", "free.fr,"],
    "hyphens": ["-a.fr", "a-.fr", "ab--c.fr", "a--b.fr", "a.-b", "a.--"],
    "lengths": ["b" * 63 + ".fr", "b" * 64 + ".fr", ".".join(["b" * 60] * 4), "é" * 60 + ".fr"],
    "punycode": ["xn--socit-esab.fr", "XN--SOCIT-ESAB.fr", "xn--a.fr", "xn--80ak6aa92e.com", "a.xn--p1ai"],
    "international": [
        "société.fr",
        "SOCIE\u0301TE\u0301.FR",
        "bücher.de",
        "faß.de",
        "a.\u0440\u0444",
        "日本.jp",
        "☃.net",
    ],
    "alike": ["\uff46ree.fr", "free。fr", "free\uff0efr", "\u0131.fr", "İ.fr", "Ⅷ.fr", "fr\u0435\u0435.fr"],
    "invisible": ["fr\u200bee.fr", "fr\u00adee.fr", "free.fr\u200e", "\u0300.fr"],
    "reserved": ["test", "x.test", "x.local", "x.INVALID", "x.onion", "x.arpa", "x.localhost", "x.example"],
    "numbers": ["1.1", "127.0.0.1", "[127.0.0.1]", "[IPv6:::1]", "a.c1", "ab.1a", "a_b.fr"],
}


def assert_equals_library(texts: list[str]) -> None:
    cleaned = [text for text in map(clean, texts) if text]

    column = Emails().normalised(pl.Series("email", cleaned, dtype=pl.String))

    law = [email(text) for text in cleaned]
    library = [email_by_library(text) if len(text) <= MAX_EMAIL_CHARACTERS else None for text in cleaned]
    assert list(zip(cleaned, column, strict=True)) == list(zip(cleaned, law, strict=True))
    assert list(zip(cleaned, law, strict=True)) == list(zip(cleaned, library, strict=True))


@pytest.mark.parametrize("domains", DOMAINS.values(), ids=DOMAINS)
@pytest.mark.parametrize("local_parts", LOCAL_PARTS.values(), ids=LOCAL_PARTS)
def test_odd_addresses_are_read_as_the_library_reads(local_parts: list[str], domains: list[str]) -> None:
    texts = ["@".join(parts) for parts in product(local_parts, domains)]

    assert_equals_library([*texts, *(f"\u00a0{text.swapcase()} " for text in texts)])


@settings(max_examples=300)
@given(st.lists(st.text(alphabet="aB0.-_+@@'é\"xn \u200bß", min_size=3, max_size=16), min_size=1))
def test_whatever_is_written_is_read_as_the_library_reads(texts: list[str]) -> None:
    assert_equals_library(texts)


@settings(max_examples=300)
@given(st.lists(st.text(alphabet="ab0.-xnéß。", min_size=1, max_size=16), min_size=1))
def test_whatever_stands_behind_the_at_is_read_as_the_library_reads(domains: list[str]) -> None:
    assert_equals_library([f"alice@{domain}.fr" for domain in domains])


def test_an_odd_address_among_plain_ones_leaves_them_as_they_are() -> None:
    column = Emails().normalised(pl.Series(["Alice@free.fr", None, "bob@société.fr", "nope", "c@d.test"]))

    assert column.to_list() == ["alice@free.fr", None, "bob@société.fr", None, "c@d.test"]
