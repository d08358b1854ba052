"""The confirmation mail of a command batch, held by golden files: subject, text and HTML of each case.

`POSTROOM_WRITE_GOLDEN=1` writes them anew; read them before they are committed.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postroom.contacts.commands import Finding, Kind, Tally
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.confirmation import Processed, confirmation, worth_a_line

GOLDEN = Path(__file__).parents[2] / "golden" / "confirmations"

DONE = Processed(
    file="acme_20260304.dat",
    realm="acme",
    description="",
    language="en",
    verbose=False,
    started_at=datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC),
    ended_at=datetime(2026, 3, 4, 12, 0, 7, tzinfo=UTC),
    tally=Tally(commands=3, records=12, created=5, updated=1, unchanged=6, subscribed=12),
)
FINDINGS = (
    Finding(2, Verdict.BAD_CONFIRMATION, "x" * 300, failed=False),
    Finding(5, Verdict.INVALID_EMAIL, "nobody", number=2, ordinal=1, kind=Kind.SUB),
    Finding(5, Verdict.BAD_DATE, "30/02/2026", number=3, ordinal=1, kind=Kind.SUB, failed=False),
    Finding(6, Verdict.UNKNOWN_COMMAND, "subscrib", ordinal=2),
    Finding(7, Verdict.NO_SUCH_TEMPLATE, "18", ordinal=3, kind=Kind.LAUNCH),
)
FAILURES = replace(
    DONE,
    description="contacts of the trade fair",
    tally=replace(DONE.tally, commands_failed=2, records_failed=1),
    findings=FINDINGS,
)
REFUSED = replace(
    DONE, tally=Tally(), refused=Finding(3, Verdict.BAD_FLAG, "verbose=maybe"), description="réessai"
)
EVIL = '</table><script>alert("x")</script>\r\nBcc: eve@example.com\u202e{realm}'
CASES: dict[str, Processed] = {
    "done": DONE,
    "done_in_french": replace(DONE, language="fr"),
    "done_verbose": replace(DONE, verbose=True),
    "done_verbose_in_french": replace(DONE, verbose=True, language="fr"),
    "failures": FAILURES,
    "failures_in_french": replace(FAILURES, language="fr"),
    "failures_and_many_more": replace(FAILURES, more=999_000),
    "failures_of_the_header_alone": replace(
        DONE, findings=(Finding(4, Verdict.FOREIGN_LIST, "drop_subscriptions=9"),)
    ),
    "refused": REFUSED,
    "refused_in_french": replace(REFUSED, language="fr"),
    "refused_by_its_reader": replace(DONE, tally=Tally(), refused=Finding(0, Verdict.TOO_COMPLEX)),
    "hostile_names": replace(
        FAILURES,
        file=EVIL,
        realm=EVIL,
        description=EVIL,
        findings=[Finding(9, Verdict.UNKNOWN_COMMAND, EVIL, ordinal=4)],
    ),
}


def written(processed: Processed) -> str:
    subject, text, html = confirmation(processed)
    return f"{subject}\n{'-' * 20}\n{text}{'-' * 20}\n{html}"


@pytest.mark.parametrize("name", CASES)
def test_a_mail_is_as_its_golden_file_has_it(name: str) -> None:
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("POSTROOM_WRITE_GOLDEN"):
        golden.write_text(written(CASES[name]), encoding="utf-8")

    assert written(CASES[name]) == golden.read_text(encoding="utf-8")


def test_every_golden_file_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


def test_names_of_strangers_make_no_line_and_no_tag() -> None:
    subject, text, html = confirmation(CASES["hostile_names"])

    assert "\n" not in subject
    assert not any(line.startswith("Bcc") for line in text.splitlines())
    assert "<script" not in html
    assert "\u202e" not in subject + text + html


def test_every_count_has_words_in_both_languages() -> None:
    for language in ("en", "fr"):
        text = confirmation(replace(DONE, verbose=True, language=language))[1]
        assert "_" not in text.replace("acme_20260304.dat", "")


@pytest.mark.parametrize(
    ("finding", "plain", "verbose"),
    [
        (Finding(1, Verdict.INVALID_EMAIL), True, True),
        (Finding(1, Verdict.BAD_DATE, failed=False), True, True),
        (Finding(1, Verdict.UNKNOWN_FIELD, failed=False), False, True),
        (Finding(1, Verdict.UNKNOWN_FIELD), True, True),
        (Finding(1, Verdict.UNKNOWN_KEY, failed=False), False, True),
        (Finding(1, Verdict.BAD_CONFIRMATION, failed=False), True, True),
    ],
)
def test_what_is_only_ignored_is_said_when_asked_for(finding: Finding, *, plain: bool, verbose: bool) -> None:
    assert worth_a_line(finding, verbose=False) is plain
    assert worth_a_line(finding, verbose=True) is verbose


def test_the_senders_page_shows_such_a_mail() -> None:
    page = (Path(__file__).parents[3] / "docs" / "batches.md").read_text(encoding="utf-8")

    assert f"```\n{confirmation(FAILURES)[1]}```\n" in page
