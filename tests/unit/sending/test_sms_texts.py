from __future__ import annotations

import pytest

from postroom.contacts.errors import Refused
from postroom.contacts.settings import AccountSettings
from postroom.sending.phone.counting import Encoding, size_of
from postroom.sending.phone.senders import SenderId, SenderKind, sender_id
from postroom.sending.phone.texts import sms_text, stop_mention, too_long


@pytest.mark.parametrize(
    ("language", "stop", "mention"),
    [
        ("fr", "36111", "STOP au 36111"),
        ("en", "36111", "STOP to 36111"),
        ("de", "36111", "STOP to 36111"),
        (None, "36111", "STOP au 36111"),
        ("fr", "reply", "Stop SMS : répondez STOP"),
        ("en", "reply", "Reply STOP to opt out"),
    ],
)
def test_a_marketing_sms_says_how_to_be_left_alone(language: str | None, stop: str, mention: str) -> None:
    assert sms_text("Soldes !", language, marketing=True, stop=stop) == f"Soldes !\n{mention}"


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("stop", ["reply", "36111"])
def test_the_mention_itself_never_makes_a_text_dearer_than_its_letters(language: str, stop: str) -> None:
    assert size_of(stop_mention(language, stop)).encoding is Encoding.GSM7


def test_a_receipt_and_an_account_that_wants_none_get_no_mention() -> None:
    assert sms_text("Code 1234", "fr", marketing=False, stop="reply") == "Code 1234"
    assert sms_text("Soldes", "fr", marketing=True, stop="off") == "Soldes"


def test_a_text_that_says_it_itself_gets_no_second_mention() -> None:
    assert sms_text("Soldes. STOP au 36222", "fr", marketing=True, stop="36111") == "Soldes. STOP au 36222"


def test_a_word_that_only_begins_so_is_no_mention() -> None:
    said = sms_text("STOPPEZ tout, nonstop !", "fr", marketing=True, stop="36111")

    assert said.endswith("\nSTOP au 36111")


def test_unbreakable_blanks_and_split_accents_do_not_make_a_text_twice_as_dear() -> None:
    said = sms_text("C\u0327a va\u00a0?\r\nOui\u202f!", "fr", marketing=False, stop="off")

    assert said == "Ça va ?\nOui !"
    assert size_of(said).encoding is Encoding.GSM7


def test_a_text_above_the_limit_is_said_to_be_too_long_and_by_how_much() -> None:
    assert too_long("a" * 306, 2) is None
    assert too_long("a" * 307, 2) == "3 parts of GSM-7 (307 units); at most 2 are sent"
    assert too_long("ê" * 135, 2) == "3 parts of UCS-2 (135 units); at most 2 are sent"


@pytest.mark.parametrize(
    ("text", "kind", "handed"),
    [
        ("+33 6 12 34 56 78", SenderKind.INTERNATIONAL, "+33612345678"),
        ("33612345678", SenderKind.INTERNATIONAL, "+33612345678"),
        ("0033612345678", SenderKind.INTERNATIONAL, "+33612345678"),
        ("36111", SenderKind.SHORT, "36111"),
        ("Alice", SenderKind.NAME, "Alice"),
        ("ALICE SHOES", SenderKind.NAME, "ALICE SHOES"),
        ("3Suisses", SenderKind.NAME, "3Suisses"),
    ],
)
def test_a_sender_is_a_number_a_short_code_or_a_name(text: str, kind: SenderKind, handed: str) -> None:
    assert sender_id(text) == SenderId(kind, handed)


@pytest.mark.parametrize("text", ["", "Alice et Bob", "Élise", "0612345678", "12", "a@b", "x" * 12, "\n"])
def test_a_sender_that_networks_would_not_take_is_refused_with_what_they_take(text: str) -> None:
    with pytest.raises(Refused, match="eleven letters") as refused:
        sender_id(text)

    assert refused.value.code == "BAD_SENDER"


def test_an_account_chooses_how_to_be_left_alone() -> None:
    settings = AccountSettings()

    assert settings.sms_stop == "reply"
    assert settings.changed({"sms_stop": "361 11"}).sms_stop == "36111"
    assert settings.changed({"sms_stop": "off"}).sms_stop == "off"


@pytest.mark.parametrize("text", ["", "12", "yes", "STOP\n36111", "36111; x"])
def test_a_number_that_takes_no_stop_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="36111"):
        AccountSettings().changed({"sms_stop": text})
