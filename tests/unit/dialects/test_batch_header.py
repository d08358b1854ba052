"""The header of a batch: who sends it, what holds for all of it, and what is wrong with one."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.commands import BatchRefused
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.header import MAX_ADDRESSES
from postroom.dialects.batches.lines import MAX_HEADER_LINE_BYTES
from tests.unit.dialects.batches import LOGIN, findings, opened, refusal

FLAGS = [
    "verbose",
    "optout",
    "universal",
    "force_optout",
    "force_sub",
    "allow_duplicates",
    "relational",
    "isrelationalsubscriber",
    "clear_data",
]


def header(lines: str) -> Any:
    return opened(LOGIN + lines).header


def notes(lines: str) -> list[tuple[str, str]]:
    return findings(list(opened(LOGIN + lines).notes))


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize(
    ("said", "meant"),
    [("0", False), ("1", True), ("false", False), ("true", True), ("TRUE", True), ("False", False)],
)
def test_a_flag_is_zero_one_false_or_true_in_any_case(flag: str, said: str, *, meant: bool) -> None:
    assert getattr(header(f"{flag}={said}\n"), flag) is meant


@pytest.mark.parametrize("flag", [*FLAGS, "global"])
@pytest.mark.parametrize("said", ["", "yes", "2", "01", "1 // on", "on"])
def test_any_other_flag_has_the_file_refused(flag: str, said: str) -> None:
    finding = refusal(f"{LOGIN}{flag}={said}\n")

    assert (finding.verdict, finding.line) == (Verdict.BAD_FLAG, 3)


def test_without_a_word_opt_outs_are_written_and_nothing_is_forced() -> None:
    said = header("")

    assert said.optout
    assert (said.force_sub, said.force_optout, said.universal, said.everywhere) == (False,) * 4
    assert said.list_id is None


def test_the_login_is_kept_as_written_to_the_letter() -> None:
    said = opened("realm= Alice \npassword= p+%41=&^ \napi_client=Shop\nclient_auth=c=1\n").header

    assert (said.realm, said.password, said.api_client, said.client_auth) == (
        "Alice",
        "p+%41=&^",
        "Shop",
        "c=1",
    )


@pytest.mark.parametrize("key", ["confirmation_email", "confirm_email"])
@pytest.mark.parametrize("between", [",", ";", " ", ", ", " ; ", "\t"])
def test_addresses_for_the_confirmation_are_apart_by_comma_semicolon_or_blank(key: str, between: str) -> None:
    sent = between.join(["alice@example.com", "bob@example.com"])

    assert header(f"{key}={sent}\n").confirmation == ("alice@example.com", "bob@example.com")


def test_a_confirmation_that_is_too_long_is_ignored_and_the_file_runs() -> None:
    lines = f"confirmation_email=alice@example.com {'x' * 255}\n"

    assert header(lines).confirmation == ()
    assert notes(lines) == [("BAD_CONFIRMATION", "> 255")]


def test_what_is_no_address_gets_no_mail_and_the_others_do() -> None:
    lines = "confirmation_email=nobody, alice@example.com, Bcc:<bob@example.com>\n"

    assert header(lines).confirmation == ("alice@example.com",)
    assert [value for _, value in notes(lines)] == ["nobody", "Bcc:<bob@example.com>"]


def test_nobody_can_have_mail_sent_to_a_crowd() -> None:
    sent = ",".join(f"a{number}@b.fr" for number in range(MAX_ADDRESSES + 3))

    assert len(sent) <= 255
    assert len(header(f"confirmation_email={sent}\n").confirmation) == MAX_ADDRESSES


@pytest.mark.parametrize("said", ["5", "0", "007", "123456789012345678"])
def test_a_list_is_a_number(said: str) -> None:
    assert header(f"list_id={said}\n").list_id == int(said)


@pytest.mark.parametrize("said", ["", "five", "-5", "5,6", "5.0", "٣", "1234567890123456789"])
def test_anything_else_as_a_list_has_the_file_refused(said: str) -> None:
    assert refusal(f"{LOGIN}list_id={said}\n").verdict is Verdict.BAD_NUMBER


def test_lists_to_drop_are_kept_as_written() -> None:
    assert header("drop_subscriptions= 5,x,, 7 \n").drop_subscriptions == ("5", "x", "7")


@pytest.mark.parametrize(
    ("lines", "line", "verdict"),
    [
        ("password=x\nrealm=a\n", 1, Verdict.REALM_NOT_FIRST),
        ("\n\nverbose=1\nrealm=a\npassword=x\n", 3, Verdict.REALM_NOT_FIRST),
        ("what is this\nrealm=a\npassword=x\n", 1, Verdict.REALM_NOT_FIRST),
        ("realm=a\n\napi_client=b\npassword=x\n", 3, Verdict.PASSWORD_NOT_SECOND),
        ("realm=a\ncmd=save&data=email^alice@example.com\n", 2, Verdict.PASSWORD_NOT_SECOND),
        ("realm=\npassword=x\n", 3, Verdict.MISSING_ARGUMENT),
        ("realm=a\npassword=\n", 3, Verdict.MISSING_ARGUMENT),
        ("realm=a\npassword=x\napi_client=shop\n", 4, Verdict.CLIENT_INCOMPLETE),
        ("realm=a\npassword=x\nclient_auth=y\n", 4, Verdict.CLIENT_INCOMPLETE),
        ("realm=a\npassword=x\nheader=email,first|last\n", 3, Verdict.BAD_HEADER_FIELDS),
        ("realm=a\npassword=x\nisrelational=1\n", 3, Verdict.MISPLACED_FLAG),
    ],
)
def test_a_header_that_is_wrong_has_the_file_refused(lines: str, line: int, verdict: Verdict) -> None:
    finding = refusal(lines)

    assert (finding.line, finding.verdict) == (line, verdict)
    assert finding.failed


def test_the_first_thing_that_is_wrong_is_told_with_the_header_around_it() -> None:
    with pytest.raises(BatchRefused) as refused:
        opened(f"{LOGIN}verbose=maybe\nlist_id=x\nconfirm_email=alice@example.com\n")

    assert refused.value.finding.verdict is Verdict.BAD_FLAG
    assert refused.value.header is not None
    assert refused.value.header.confirmation == ("alice@example.com",)


def test_unknown_and_repeated_keys_are_warned_of_and_the_last_counts() -> None:
    lines = "colour=red\nlist_id=5\nLIST_ID=6\nno key at all\ntable=interests\n"

    assert header(lines).list_id == 6
    assert notes(lines) == [
        ("UNKNOWN_KEY", "colour"),
        ("REPEATED_KEY", "list_id"),
        ("UNKNOWN_KEY", ""),
        ("UNKNOWN_KEY", "table"),
    ]
    assert not any(note.failed for note in opened(LOGIN + lines).notes)


def test_a_line_of_a_header_may_not_be_very_long() -> None:
    fits = "x" * (MAX_HEADER_LINE_BYTES - len("description="))

    assert header(f"description={fits}\n").description == fits
    assert refusal(f"{LOGIN}description={fits}x\n").verdict is Verdict.LINE_TOO_LONG


def test_a_file_of_another_name_is_no_batch() -> None:
    assert refusal(LOGIN, "march.txt").verdict is Verdict.NOT_A_BATCH


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (b"", Verdict.NOT_A_BATCH),
        (b"PK\x03\x04\0\0\0\0", Verdict.NOT_A_BATCH),
        (b"<transaction/>", Verdict.NOT_A_BATCH),
        (LOGIN.encode("utf-16"), Verdict.UNKNOWN_ENCODING),
        (LOGIN.encode("utf-16-le"), Verdict.UNKNOWN_ENCODING),
        (LOGIN.encode("utf-16-be"), Verdict.UNKNOWN_ENCODING),
    ],
)
@pytest.mark.parametrize("name", ["march.dat", "march.csv"])
def test_what_is_no_text_is_no_batch(name: str, content: bytes, verdict: Verdict) -> None:
    assert refusal(content, name).verdict is verdict


@pytest.mark.parametrize("name", ["march.dat", "march.csv", "march.xml"])
def test_a_header_has_so_many_lines_and_no_more(name: str) -> None:
    lines = "".join(f"key{number}=1\n" for number in range(1001))
    sent = LOGIN + lines
    if name.endswith(".xml"):
        elements = "".join(f"<key{number}/>" for number in range(1001))
        sent = f"<transaction><realm>alice</realm><password>hidden</password>{elements}</transaction>"

    assert refusal(sent, name).verdict is Verdict.TOO_BIG
