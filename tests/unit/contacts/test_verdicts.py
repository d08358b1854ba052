"""What senders of command batches read, in both languages."""

from __future__ import annotations

import pytest

from postroom.contacts.commands import BatchHeader, BatchRefused, Command, Finding, Kind
from postroom.contacts.reasons import LANGUAGES
from postroom.contacts.verdicts import Verdict, verdict_text


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_says_what_was_found_in_both_languages(verdict: Verdict) -> None:
    french, english = (verdict_text(verdict, language, "x") for language in LANGUAGES)

    assert french
    assert english
    assert "{" not in french + english


def test_a_long_value_is_cut() -> None:
    assert len(verdict_text(Verdict.UNKNOWN_COMMAND, "en", "x" * 500)) < 120


def test_no_secret_shows_when_a_header_is_printed() -> None:
    header = BatchHeader("alice", "s3cret", api_client="shop", client_auth="als0")

    assert "s3cret" not in repr(header)
    assert "als0" not in repr(header)


def test_an_argument_that_the_line_does_not_have_is_none() -> None:
    command = Command(Kind.SUB, (("list_id", "5"),), ("email",))

    assert (command.argument("list_id"), command.argument("format")) == ("5", None)


def test_a_refused_batch_says_where_and_why() -> None:
    refused = BatchRefused(Finding(3, Verdict.BAD_FLAG, "verbose=maybe"))

    assert str(refused) == "line 3: BAD_FLAG verbose=maybe"
