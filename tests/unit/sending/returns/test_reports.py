from __future__ import annotations

from pathlib import Path

import pytest

from postroom.contacts.bounces import Bounce, Complaint
from postroom.sending.returns.reports import Report, understand

GOLDEN = Path(__file__).parents[3] / "golden" / "returns"
OURS = "b-7-12-abcdefghijklmnopqrst@bounces.example"
OUR_ID = "<7-12-abcdefghijklmnopqrst@news.example>"

MAILS = [
    line.split("\t")
    for line in (GOLDEN / "mails.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def names(text: str) -> tuple[int, int] | None:
    return (7, 12) if text.strip("<>") in {OURS, OUR_ID.strip("<>")} else None


def mail(name: str) -> bytes:
    text = (GOLDEN / "mails" / f"{name}.eml").read_text(encoding="utf-8")
    return text.replace("@RETURN_PATH@", OURS).replace("@MESSAGE_ID@", OUR_ID).replace("\n", "\r\n").encode()


def told(report: Report | None) -> list[str]:
    if report is None:
        return ["nothing"]
    if report.bounce:
        bounce = report.bounce
        return ["bounce", bounce.type, bounce.category, bounce.code, bounce.status]
    complaint = report.complaint or Complaint(None)  # type: ignore[arg-type]  # fails below, with all of it
    moment = complaint.reported_at.isoformat() if complaint.reported_at else ""
    return ["complaint", complaint.type, complaint.source, complaint.complainer or "", moment]


@pytest.mark.parametrize(("name", "wanted"), [(name, wanted) for name, *wanted in MAILS])
def test_what_mails_of_this_world_say(name: str, wanted: list[str]) -> None:
    report = understand(mail(name), (OURS,), names, complaints=name.startswith("hotmail"))

    assert told(report) == wanted
    assert report is None or (report.account_id, report.message_id) == (7, 12)


def test_every_golden_mail_says_something_in_the_table() -> None:
    assert {name for name, *_ in MAILS} == {path.stem for path in (GOLDEN / "mails").glob("*.eml")}


@pytest.mark.parametrize(
    "name", [name for name, kind, *_ in MAILS if kind != "nothing" and not name.startswith("yahoo-arf")]
)
def test_the_returned_message_names_itself_where_no_address_does(name: str) -> None:
    raw = mail(name).replace(OURS.encode(), b"somebody@news.example")

    report = understand(raw, (), names, complaints=name.startswith("hotmail"))

    if name == "postfix-expired" or OUR_ID.encode() in raw:
        assert report is not None


@pytest.mark.parametrize("name", [name for name, *_ in MAILS])
def test_a_mail_about_a_message_that_is_not_provably_ours_says_nothing(name: str) -> None:
    raw = mail(name).replace(b"abcdefghijklmnopqrst", b"zzzzzzzzzzzzzzzzzzzz")

    assert understand(raw, ("b-7-12-zzzzzzzzzzzzzzzzzzzz@bounces.example",), names, complaints=True) is None


def test_lone_line_feeds_are_as_good_as_whole_line_ends() -> None:
    raw = mail("postfix-unknown-user")

    assert understand(raw.replace(b"\r\n", b"\n"), (OURS,), names) == understand(raw, (OURS,), names)


def test_a_message_attached_to_a_mail_to_an_address_for_bounces_is_no_complaint() -> None:
    assert understand(mail("hotmail-jmrp"), (OURS,), names) is None


def test_the_words_of_a_report_are_kept_as_its_diagnostic() -> None:
    report = understand(mail("exchange-online"), (OURS,), names)

    assert report
    assert isinstance(report.bounce, Bounce)
    assert report.bounce.text.startswith("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient bob@contoso")
