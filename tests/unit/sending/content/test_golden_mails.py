"""Finished mails as they go over the wire, byte for byte but for soft line breaks and the CR of line ends.

After a change that is meant: POSTROOM_GOLDEN=write pytest on this file, then read the difference.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.templates import Content, Variant
from postroom.sending.content import Around, Compiled, Person, compile_content
from postroom.sending.content.mails import BOTH, HTML, TEXT, build_mail
from tests.unit.sending.content.making import made

GOLDEN = Path(__file__).parents[3] / "golden" / "mails"
NOON = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
OFFERS = [
    {"name": "Rosier <grimpant>", "price": "12,50", "url": "https://shop.example/r?id=7&c=a b"},
    {"name": "Hortensia", "price": "9,90", "url": "https://shop.example/h"},
]
ZOE = Person(
    7,
    {"first_name": "Zoé & Cie", "city": "Lyon", "reference": "R/42", "company": 'Les "Lilas"'},
    "fr",
    {"offers": OFFERS},
)
NOBODY = Person(8, {"company": "Les Lilas"}, None)


def newsletter() -> Compiled:
    html = (GOLDEN / "newsletter.html").read_text(encoding="utf-8")
    return compile_content(
        Content(Channel.EMAIL, {"": Variant("{{ first | default: 'Bonjour' }}, l'été !", html)})
    )


def receipt() -> Compiled:
    text = (
        "Hello %%$first%%,\n\nThank you for your order:\n"
        "{% article lines %}- {{ quantity }} x %%$name%%\n{% endarticle %}"
    )
    variant = Variant("Your order", "<p>Hello {{ first }}, thank you.</p>", text)
    return compile_content(Content(Channel.EMAIL, {"en": variant}, tracking=False, marketing=False))


def around(person: Person) -> Around:
    base = f"https://t.example/{person.contact_id}"
    return Around(
        link=lambda number, url: f"{base}/c{number}?u={len(url)}",
        pixel=f"{base}/p.gif",
        optout=f"{base}/o?a=1&b=2",
        preferences=f"{base}/f",
    )


def mail(compiled: Compiled, person: Person, format_: int) -> bytes:
    return build_mail(
        made(compiled, person, around(person)),
        sender="La Boutique des Été <bonjour@shop.example>",
        to="zoe@mail.example",
        reply_to="aide@shop.example",
        message_id=f"7-{person.contact_id}.abc@shop.example",
        date=NOON,
        format=format_,
        one_click=f"https://t.example/{person.contact_id}/one",
        optout_mail="stop@shop.example",
        headers={"Feedback-ID": "7:spring:postroom"},
    )


MAILS = {
    "newsletter_to_zoe": lambda: mail(newsletter(), ZOE, BOTH),
    "newsletter_to_nobody_known": lambda: mail(newsletter(), NOBODY, BOTH),
    "newsletter_in_html": lambda: mail(newsletter(), ZOE, HTML),
    "newsletter_in_text": lambda: mail(newsletter(), ZOE, TEXT),
    "receipt": lambda: mail(
        receipt(), Person(9, {"first_name": "Bob"}, "en", {"lines": [{"name": "Pen", "quantity": "2"}]}), BOTH
    ),
}


def readable(mail_: bytes) -> bytes:
    return mail_.replace(b"=\r\n", b"").replace(b"\r\n", b"\n")


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_what_it_was(name: str) -> None:
    golden = GOLDEN / f"{name}.eml"
    found = MAILS[name]()
    if os.environ.get("POSTROOM_GOLDEN") == "write":
        golden.write_bytes(readable(found))

    assert readable(found) == golden.read_bytes()
    assert found.count(b"\r\n") == found.count(b"\n") == found.count(b"\r")
    assert max(map(len, found.split(b"\r\n"))) <= 78


def test_a_mail_is_made_the_same_each_time() -> None:
    assert mail(newsletter(), ZOE, BOTH) == mail(newsletter(), ZOE, BOTH)
