from __future__ import annotations

import time
from pathlib import Path

import pytest

from postroom.contacts.bounces import BounceType
from postroom.sending.returns import classify

GOLDEN = Path(__file__).parents[3] / "golden" / "returns"

SAID = [
    tuple(line.split("\t"))
    for line in (GOLDEN / "said.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("code", "status", "kind", "category", "text"), SAID)
def test_what_servers_say_is_understood(code: str, status: str, kind: str, category: str, text: str) -> None:
    bounce = classify(code, status, text)

    assert bounce.type == kind
    if category == "*":
        assert not bounce.category.blames_address
    else:
        assert bounce.category == category


def test_nothing_that_is_about_us_is_hard() -> None:
    for code, status, _kind, _category, text in SAID:
        bounce = classify(code, status, text)

        assert bounce.blames_address or bounce.type is BounceType.SOFT


def test_codes_stand_in_the_words_when_they_are_given_nowhere_else() -> None:
    bounce = classify("", "", "host mx.example.com said: 550-5.1.1 <x@example.com> No such user (in reply)")

    assert (bounce.code, bounce.status) == ("550", "5.1.1")


def test_a_year_or_an_address_of_a_network_is_no_code() -> None:
    bounce = classify("", "", "on 12 May 2026 the host 10.550.1.2 at 192.0.2.45 was away")

    assert (bounce.code, bounce.status) == ("", "")


def test_words_are_kept_on_one_line_and_cut() -> None:
    bounce = classify("550", "5.1.1", "No such user\r\n\x00\x07 here " + "x" * 5000)

    assert bounce.text.startswith("No such user \ufffd\ufffd here xxx")
    assert len(bounce.text) == 1000


def test_words_that_were_written_to_take_long_do_not() -> None:
    began = time.perf_counter()

    for word in ("mailbox ", "quota exceed ", "user@", "a" * 50, "550 5.", "message is too "):
        classify("550", "5.0.0", word * 400_000)

    assert time.perf_counter() - began < 2
