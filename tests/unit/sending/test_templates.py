"""Which templates are kept, and what is odd about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.custom_fields import CustomColumn, FieldType
from postroom.contacts.errors import Refused
from postroom.contacts.settings import AccountSettings
from postroom.contacts.templates import Content, Variant
from postroom.sending.previewing import check_content
from postroom.sending.templates import MOST_DEFAULTS, MOST_VARIANTS, require_content

MAIL = Content(
    Channel.EMAIL,
    {"": Variant("Bonjour", "<p>Bonjour {{ first }}</p><a href='#OPTOUTLINK#'>stop</a>")},
    sender="Alice <alice@shop.example>",
)
SMS = Content(Channel.SMS, {"": Variant(text="Bonjour")}, sender="SHOP")
SETTINGS = AccountSettings()


def code(content: Content) -> str:
    with pytest.raises(Refused) as refused:
        require_content(content)
    return refused.value.code


def warnings(content: Content, settings: AccountSettings = SETTINGS) -> list[str]:
    return list(check_content(content, settings).warnings)


def test_good_ones_are_kept() -> None:
    require_content(MAIL)
    require_content(SMS)
    require_content(Content(Channel.PRINT, {}))
    require_content(replace(MAIL, sender="", reply_to="help@shop.example"))


@pytest.mark.parametrize(
    "sender",
    ["+33612345678", "36111", "SHOP", "Ma Boutique", "A1", "abcdefghijk"],
)
def test_an_sms_comes_from_a_number_or_a_short_name(sender: str) -> None:
    require_content(replace(SMS, sender=sender))


@pytest.mark.parametrize(
    "sender",
    ["abcdefghijkl", "12", "+", "é", "a-b", "+33 6 12", "alice@shop.example", "x\n", "1234567890123456"],
)
def test_an_sms_comes_from_nothing_else(sender: str) -> None:
    assert code(replace(SMS, sender=sender)) == "BAD_SENDER"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sender": "alice"}, "BAD_SENDER"),
        ({"sender": "a@b.example\nBcc: c@d.example"}, "BAD_SENDER"),
        ({"reply_to": "a b@c.example"}, "BAD_SENDER"),
        ({"variants": {}}, "BAD_TEMPLATE"),
        ({"variants": {"french": Variant("a", "b")}}, "BAD_LANGUAGE"),
        ({"variants": {"FR": Variant("a", "b")}}, "BAD_LANGUAGE"),
        ({"variants": {"": Variant("a", "{{ b")}}, "BAD_TEMPLATE"),
        ({"variants": {"": Variant("a", "b\x00")}}, "BAD_VALUE"),
        ({"variants": {"": Variant("a\ud800", "b")}}, "BAD_VALUE"),
        ({"variants": {"": Variant("", "b")}}, "BAD_TEMPLATE"),
        ({"variants": {"": Variant("a" * 2001, "b")}}, "BAD_TEMPLATE"),
        ({"defaults": {"city": "x" * 4001}}, "BAD_VALUE"),
        ({"defaults": {f"custom_{each}": "x" for each in range(MOST_DEFAULTS + 1)}}, "BAD_TEMPLATE"),
    ],
)
def test_others_are_refused(changes: dict[str, Any], expected: str) -> None:
    assert code(replace(MAIL, **changes)) == expected


def test_a_template_speaks_so_many_languages_and_no_more() -> None:
    names = [f"{first}{second}" for first in "abcdef" for second in "abcdef"]

    require_content(replace(MAIL, variants=dict.fromkeys(names[:MOST_VARIANTS], MAIL.variants[""])))
    too_many = dict.fromkeys(names[: MOST_VARIANTS + 1], MAIL.variants[""])
    assert code(replace(MAIL, variants=too_many)) == "BAD_TEMPLATE"


@pytest.mark.parametrize(
    ("content", "option"),
    [(replace(MAIL, sender="alice"), "--sender"), (replace(MAIL, reply_to="alice"), "--reply-to")],
)
def test_of_two_addresses_the_wrong_one_is_named(content: Content, option: str) -> None:
    with pytest.raises(Refused, match=f"'alice' .*{option}"):
        require_content(content)


@pytest.mark.parametrize("variant", [Variant("Soldes", text="a"), Variant(html="<p>a</p>", text="a")])
def test_an_sms_has_neither_subject_nor_html(variant: Variant) -> None:
    with pytest.raises(Refused, match="Only mails have a subject and HTML; what SMS says"):
        require_content(replace(SMS, variants={"": variant}))


def test_an_sms_has_no_address_for_answers() -> None:
    assert code(replace(SMS, reply_to="alice@shop.example")) == "BAD_SENDER"


def test_nothing_is_odd_about_a_good_one() -> None:
    assert warnings(MAIL) == []
    assert warnings(SMS) == []


def test_what_is_odd_is_noted() -> None:
    odd = replace(
        MAIL,
        sender="",
        variants={"fr": Variant("{{ frist }}", "<p>" + "x" * 100_001 + "</p>")},
    )

    assert warnings(odd) == [
        "'frist' is no field of contacts, so it has to come with each message",
        "it has no sender",
        "contacts whose language it does not speak get no message",
        "it has no opt-out link, so one is added at its end",
        "its HTML in 'fr' is so long that some mail programs cut it off",
    ]


def test_a_receipt_needs_no_way_out() -> None:
    assert warnings(replace(MAIL, marketing=False, variants={"": Variant("a", "<p>b</p>")})) == []


def test_custom_fields_of_the_account_are_known() -> None:
    asks = replace(SMS, variants={"": Variant(text="{{ custom_Size }} {{ custom_size }}")})
    settings = replace(SETTINGS, custom={"extra01": CustomColumn("Size", FieldType.TEXT)})

    (said,) = warnings(asks, settings)
    assert said.startswith("'custom_size' is no field of contacts (did you mean custom_Size?)")


def test_a_default_for_nothing_is_noted_but_not_one_for_a_column_of_rows() -> None:
    rows = {"": Variant(text="{% article duties %}{{ duty }}{% endarticle %} {{ first_name }}")}
    defaults = {"firstName": "toi", "duty": "?", "vlle": "ici"}

    assert warnings(replace(SMS, variants=rows, defaults=defaults)) == [
        "its default for 'vlle' stands for no field of contacts (did you mean city?)"
    ]
