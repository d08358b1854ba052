"""No value is ever more than a value: whatever a contact is called, the message is built the same."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from postroom.contacts.campaigns import NotSentReason
from postroom.sending.content import Rendered
from tests.unit.sending.content.making import AROUND, BARE, bob, body, made, sms, template, unmade

PAGE = template(
    """<!DOCTYPE html><html><head><title>Bonjour {{ v }}</title></head><body>
    <p title="{{ v }}" style="color: {{ v }}" class='{{ v }}' data-x={{v}}>{{ v }} #v2# %%$custom_v%%</p>
    <!--[if mso]><b title="{{ v }}">{{ v }}</b><![endif]-->
    <a href="https://shop.example/{{ v }}/x">1</a>
    <a href="https://shop.example/?q={{ v }}&amp;r=1#{{ v }}">2</a>
    <a href="mailto:shop@shop.example?subject={{ v }}">3</a>
    <img src="https://img.example/{{ v }}.png" alt="{{ v }}">
    {% if v contains "<" %}<i>{{ v }}</i>{% else %}<i>{{ v }}</i>{% endif %}
    {% article rows %}<u>{{ cell }}</u>{% endarticle %}
    </body></html>""".replace("#v2#", "{{ v | append: v | upcase }}"),
    subject="{{ v }} {{ v }}",
)
VALUES = (
    st.text(min_size=1, max_size=60)
    | st.text(alphabet="<>\"'&;:/\\?#=%{}$!- \t\r\n`()[]abjs\u2028\x00", min_size=1, max_size=60)
    | st.sampled_from(
        [
            *("</p><script>alert(1)</script>", '" onclick="alert(1)', "' onmouseover='x", "--><b>", "]]>"),
            *("<![endif]--><b>", "javascript:alert(1)", "//evil.example", "@evil.example", "..//..//", "a b"),
            *("{{ v }}", "{% for i in (1..9) %}", "%%$v%%", "#first#", "\r\nBcc: charlie@evil.example"),
            *("</title><script>", "&lt;b&gt;", "&#x6a;avascript:", "x\ufdd00\ufdd1", "<!--\ufdd00\ufdd1-->"),
        ]
    )
)


OPENED = {"http", "https", "mailto", "tel", "sms"}


class Shape(HTMLParser):
    """Remembers what a document is built of, and where it leads, but nothing of what it says."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.urls: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.urls += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))

    def handle_comment(self, data: str) -> None:
        inside = Shape()
        inside.feed(data.replace("[if mso]>", "").replace("<![endif]", ""))
        self.tags += [("comment", ()), *inside.tags]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shape(page: str) -> Shape:
    found = Shape()
    found.feed(page)
    found.close()
    return found


def fields(value: str) -> dict[str, str | None]:
    return {"v": value, "custom_v": value}


@given(VALUES, VALUES)
def test_a_page_is_built_the_same_whatever_the_values_are(value: str, cell: str) -> None:
    harmless = made(PAGE, bob(fields("x"), rows=[{"cell": "y"}]), AROUND)

    found = made(PAGE, bob(fields(value), rows=[{"cell": cell}]), AROUND)

    assert shape(found.html).tags == shape(harmless.html).tags
    hosts = [urlsplit(url)[:2] for url in shape(found.html).urls]
    assert hosts == [urlsplit(url)[:2] for url in shape(harmless.html).urls]


@given(VALUES)
@example("\x85x\u2029y")
def test_a_subject_is_one_line_whatever_it_says(value: str) -> None:
    subject = made(PAGE, bob(fields(value))).subject

    assert subject.splitlines() in ([subject], [])


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=60))
def test_people_read_the_value_as_it_is(value: str) -> None:
    page = shape(body("<p>[{{ v }}]</p>", bob(fields(value))))

    assert "".join(page.texts).strip() == f"[{value}]".strip()


@given(VALUES)
def test_a_value_alone_leads_to_a_page_or_keeps_the_message_back(value: str) -> None:
    found = template('<a href="{{ v }}">x</a><img src="{{ v }}">').render(bob(fields(value)), BARE)

    if isinstance(found, Rendered):
        for url in shape(found.html).urls:
            assert (
                url == ""
                or url.startswith("#")
                or urlsplit(url).scheme in {"http", "https", "mailto", "tel", "sms"}
            )
    else:
        assert found.reason is NotSentReason.PERSONALIZATION_ERROR


@pytest.mark.parametrize(
    "value",
    [
        *("javascript:alert(1)", " JavaScript:alert(1)", "java\nscript:alert(1)", "data:text/html,x"),
        *(
            "//evil.example",
            "/relative",
            "www.evil.example",
            "vbscript:x",
            "file:///etc/passwd",
            "https:" + "//[x",
        ),
    ],
)
def test_a_link_made_of_a_value_alone_is_a_web_address_or_none(value: str) -> None:
    found = unmade(template('<p><a href="{{ v }}">x</a></p>'), bob(fields(value)))

    assert found.reason is NotSentReason.PERSONALIZATION_ERROR


@pytest.mark.parametrize(
    "value", [".evil.example", "@evil.example", "evil.example/x", "\\evil", "//x", "a b"]
)
def test_a_value_in_the_name_of_a_host_does_not_lead_elsewhere(value: str) -> None:
    for link in ("https://shop.example{{ v }}", "https://{{ v }}.shop.example/"):
        found = unmade(template(f'<a href="{link}">x</a>'), bob(fields(value)))

        assert found.reason is NotSentReason.PERSONALIZATION_ERROR


def test_a_value_may_name_a_shop_or_a_path() -> None:
    page = (
        '<a href="https://{{ v }}.shop.example/">x</a><a href="https://shop.example{{ p }}?a={{ p }}">x</a>'
    )

    found = shape(body(page, bob({"v": "lyon-2", "p": "/été/1 2"}))).urls

    quoted = "https://shop.example/%C3%A9t%C3%A9/1%202?a=%2F%C3%A9t%C3%A9%2F1%202"
    assert found == ["https://lyon-2.shop.example/", quoted]


def test_a_style_takes_colours_and_lengths_and_nothing_else() -> None:
    page = '<p style="color:{{ v }};width:{{ w }}">x</p>'

    found = body(page, bob({"v": "#ff0000;background:url(https://evil.example)", "w": "50%"}))

    assert "url(" not in found
    assert "color:#ff0000backgroundurlhttpsevil.example" in found.replace(": ", ":")
    assert "width:50%" in found.replace(": ", ":")


def test_a_text_is_not_escaped_as_html_is() -> None:
    assert made(sms("{{ v }}"), bob(fields("Tom & <Jerry>\r\n2"))).text == "Tom & <Jerry>\n2"


def test_our_own_links_are_not_escaped_twice_and_not_tracked() -> None:
    page = '<p><a href="#OPTOUTLINK#">stop</a> <a href="{{ preferenceslink }}">p</a> {{ OPTOUTLINK }}</p>'

    assert shape(body(page, around=AROUND)).urls == [
        AROUND.optout,
        AROUND.preferences,
        AROUND.optout,
        AROUND.pixel,
    ]
