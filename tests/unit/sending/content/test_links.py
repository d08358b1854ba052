"""Links of templates: found, numbered, named, tracked, or left as they are."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.templates import Content, Variant
from postroom.sending.content import Around, Link, compile_content
from tests.unit.sending.content.making import AROUND, BARE, bob, body, made, sms, template, unmade


def links(html: str, **rest: Any) -> list[Link]:
    return list(template(html, **rest).links)


def test_the_link_that_leads_to_no_page_is_told() -> None:
    found = unmade(template('<a href="{{ city }}">x</a>'), bob({"city": "ftp://shop.example/"}))

    assert found.detail == "a link does not begin with http:// or https:// but as 'ftp://shop.example/'"


def test_links_are_numbered_and_named() -> None:
    found = links(
        '<a href="https://a.example/" title="The title">x</a>'
        '<a href="https://a.example/" data-name="Top" data-category="shop, sale,,shop">y</a>'
        '<a href="https://a.example/"> Our  <b>words</b> </a>'
        '<a href="https://a.example/"><img alt="Logo" src="https://a.example/l.png"></a>'
    )

    assert [(each.link_id, each.name, each.categories) for each in found] == [
        (1, "The title", ()),
        (2, "Top", ("shop", "sale")),
        (3, "Our words", ()),
        (4, "Logo", ()),
    ]


def test_the_same_link_twice_is_one() -> None:
    assert len(links('<a href="https://a.example/">x</a><p><a href="https://a.example/">x</a></p>')) == 1


def test_a_link_says_how_it_was_written() -> None:
    found = links('<a href=" https://a.example/?c={{ reference }}&amp;d=%%$first%%#x">x</a>')

    assert found == [Link(1, "https://a.example/?c={{ reference }}&d={{ first }}#x", "x", (), dynamic=True)]


def test_tracked_links_lead_to_us_with_the_finished_url() -> None:
    told: list[tuple[int, str]] = []

    def link(number: int, url: str) -> str:
        told.append((number, url))
        return f"https://t.example/{number}"

    found = body(
        '<a href="https://a.example/?c={{ first }}&amp;d=1">x</a> <a href="https://b.example/é x">y</a>',
        bob({"first_name": "a&b"}),
        Around(link=link),
    )

    assert '<a href="https://t.example/1">x</a> <a href="https://t.example/2">y</a>' in found
    assert told[:2] == [(1, "https://a.example/?c=a%26b&d=1"), (2, "https://b.example/é%20x")]


@pytest.mark.parametrize(
    "url",
    [
        "mailto:a@b.example",
        "tel:+33123456789",
        "sms:+33612345678",
        "#top",
        "",
        "#OPTOUTLINK#",
        "{{ preferenceslink }}",
    ],
)
def test_what_leads_to_no_page_of_others_is_left_alone(url: str) -> None:
    html = f'<a href="{url}">x</a>'

    assert links(html) == []
    assert "/c/" not in body(html, around=AROUND)


def test_a_link_that_asks_for_it_is_not_tracked() -> None:
    html = '<a data-track="no" href="https://a.example/">x</a>'

    assert links(html) == []
    assert '<a href="https://a.example/">x</a>' in body(html, around=AROUND)


def test_without_tracking_links_stay_and_there_is_no_pixel() -> None:
    html = '<a href="https://a.example/?c={{ first }}">x</a>'

    assert links(html, tracking=False) == []
    found = body(html, around=AROUND, tracking=False)
    assert '<a href="https://a.example/?c=Bob">x</a>' in found
    assert "<img" not in found


def test_a_link_made_of_a_value_is_tracked_only_when_it_leads_to_a_page() -> None:
    html = '<a href="{{ url }}">x</a>'

    assert links(html) == [Link(1, "{{ url }}", "x", (), dynamic=True)]
    assert "https://t.example/c/1" in body(html, bob({"url": "https://a.example/"}), AROUND)
    assert 'href="mailto:a@b.example"' in body(html, bob({"url": "mailto:a@b.example"}), AROUND)


def test_languages_and_parts_share_the_numbers_of_their_links() -> None:
    html = '<a href="https://a.example/">x</a> <a href="https://{}.example/">y</a>'
    compiled = compile_content(
        Content(
            Channel.EMAIL,
            {
                "fr": Variant("s", html.format("fr"), "Voir https://a.example/, https://c.example/."),
                "en": Variant("s", html.format("en")),
            },
        )
    )

    assert [(each.link_id, each.url) for each in compiled.links] == [
        (1, "https://a.example/"),
        (2, "https://fr.example/"),
        (3, "https://c.example/"),
        (4, "https://en.example/"),
    ]
    assert "Voir https://t.example/c/1?to=18&k=1, https://t.example/c/3" in made(compiled, bob(), AROUND).text


def test_urls_of_an_sms_are_links() -> None:
    compiled = sms("Voir https://a.example/?c={{ first }}. {% if city %}https://b.example{% endif %} Bye")

    assert [each.url for each in compiled.links] == ["https://a.example/?c={{ first }}", "https://b.example"]
    assert made(compiled).text == "Voir https://a.example/?c=Bob.  Bye"
    assert made(compiled, bob({"city": "x"}), AROUND).text.startswith(
        "Voir https://t.example/c/1?to=24&k=1. https"
    )


def test_a_template_has_so_many_links_and_no_more() -> None:
    with pytest.raises(Refused, match="at most 1000 links"):
        template("".join(f'<a href="https://a.example/{each}">x</a>' for each in range(1001)))


def test_the_way_out_is_added_when_a_mail_has_none() -> None:
    found = made(template("<p>x</p>"), bob(), AROUND)

    assert (
        '<a href="https://t.example/o?a=1&amp;b=2" style="color:#666666;">Se désinscrire</a></p>'
        in found.html
    )
    assert found.html.endswith(
        '<img src="https://t.example/p?a=1&amp;b=2" width="1" height="1" alt="" border="0"></body></html>'
    )
    assert found.text == "x\n\n--\nSe désinscrire : https://t.example/o?a=1&b=2\n"


def test_the_way_out_is_added_in_the_language_of_the_contact() -> None:
    assert "Unsubscribe: https://" in made(template("<p>x</p>"), bob(language="de"), AROUND).text


def test_the_way_out_is_not_added_twice() -> None:
    found = made(template("<p>x</p><a href='#OPTOUTLINK#'>stop</a>", "x #OPTOUTLINK#"), bob(), AROUND)

    assert found.html.count("https://t.example/o") == found.text.count("https://t.example/o") == 1


def test_the_way_out_is_added_where_a_condition_hid_it() -> None:
    html = "<p>x</p>{% if city %}<a href='{{ OPTOUTLINK }}'>stop</a>{% endif %}"

    assert "Se désinscrire" in body(html, around=AROUND)
    assert "Se désinscrire" not in body(html, bob({"city": "x"}), AROUND)


def test_a_receipt_has_none() -> None:
    assert "https://t.example/o" not in body("<p>x</p>", around=AROUND, marketing=False)


def test_our_links_in_running_text_are_links_with_words() -> None:
    assert body("<p>{{ OPTOUTLINK }}</p>", around=AROUND).startswith(
        '<p><a href="https://t.example/o?a=1&amp;b=2">Se désinscrire</a></p>'
    )
    assert "Gérer mes préférences" in body("<p>#PREFERENCESLINK#</p>", around=AROUND)


def test_without_a_page_of_ours_there_is_nothing_to_link_to() -> None:
    assert template("<p>{{ OPTOUTLINK }}</p>").render(bob(), BARE) != made(template("<p>x</p>"))
    assert "Se désinscrire" not in body("<p>x</p>")
