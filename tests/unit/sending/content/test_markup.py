"""HTML of templates: what is mended, what is refused, and what stays as its author wrote it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.sending.content.markup import DEEPEST, MOST_FORMATS, make_sound
from postroom.sending.content.pieces import take_apart
from postroom.sending.content.scanning import VOID
from tests.unit.sending.content.making import bob, body, made, refusal, template


def sound(html: str) -> str:
    return make_sound(take_apart("HTML", html)).markup


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", None),
        ("<b><i>x</b></i>", "<b><i>x</i></b>"),
        ("<div><b>x</div>y", "<div><b>x</b></div>y"),
        ("<b><div></b></div>", "<b><div></div></b>"),
        ("a</p></div>b", "ab"),
        ("1 < 2 & 3", "1 &lt; 2 & 3"),
        ("<br/><img src=x alt='\"'>", '<br><img src="x" alt="&quot;">'),
        ("<P CLASS=a class=b>x</P>", '<p class="a">x</p>'),
        ("a<!-- secret -->b<?php x ?>c", "abc"),
        ("<a title = 'x' disabled>y</a>", '<a title="x" disabled="">y</a>'),
    ],
)
def test_markup_is_closed_and_nested(written: str, mended: str | None) -> None:
    expected = mended or "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"
    assert sound(written) == expected


class Depth(HTMLParser):
    """Follows how deep the elements of a document are nested, and that each is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
            self.deepest = max(self.deepest, len(self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


NAMES = ["p", "b", "i", "a", "div", "table", "tr", "td", "li", "ul", "br", "form", "h1", "font", "center"]
SOUP = st.lists(
    st.sampled_from(NAMES).map(lambda name: f"<{name}>")
    | st.sampled_from(NAMES).map(lambda name: f"</{name}>")
    | st.sampled_from(["x", "<!--", "-->", "<a href='", '"', ">", "<", "{{ first }}", "<style>", "</style>"]),
    max_size=200,
).map("".join)


@given(SOUP)
def test_whatever_is_written_is_refused_or_made_sound(written: str) -> None:
    try:
        markup = sound(written)
    except Refused:
        return
    depth = Depth()
    depth.feed(markup)

    assert depth.open == []
    assert depth.deepest <= DEEPEST


@given(SOUP)
def test_a_page_of_any_soup_says_the_name_once_for_each_time_it_is_asked(written: str) -> None:
    try:
        page = template(f"<div>{written}</div>")
    except Refused:
        return

    assert made(page, bob({"first_name": "Zoé"})).html.count("Zoé") <= written.count("{{ first }}")


def test_what_is_nested_deeper_than_any_mail_is_refused() -> None:
    assert sound("<div>" * DEEPEST)
    assert "not closed" in refusal("<div>" * (DEEPEST + 1))
    assert "not closed" in refusal("<b>" * (MOST_FORMATS + 1))


def test_a_refusal_names_the_line_of_the_template() -> None:
    assert refusal("<p>a</p>\n{{ first }}\n\n<script>x</script>").startswith("HTML, line 4: <script>")
    assert refusal("<p>a</p>\n<!--[if mso]>\n<iframe></iframe><![endif]-->").startswith("HTML, line 3:")
    assert refusal("<p>a</p>\n<a href='/x'>y</a>").startswith("HTML, line 2: '/x' must begin with https://")
    assert refusal("<p>a</p>\n\n{{ first | nothing }}").startswith("HTML, line 3:")
    assert refusal("<p>a</p>", subject="{{").startswith("Subject, line 1:")


def test_css_is_moved_into_the_elements_and_rules_for_media_stay() -> None:
    style = "<style>p{color:red} a:hover{color:blue} @media (max-width:600px){p{color:green}}</style>"
    page = made(template(f"{style}<p style='margin:0'>x</p>")).html

    assert '<p style="color: red;margin: 0">x</p>' in page
    assert "@media (max-width:600px){p{color:green}}" in page


def test_what_only_outlook_reads_stays_and_is_filled_in() -> None:
    html = (
        '<p></p><!--[if mso]><table><tr><td class="{{ first }}"><v:rect href="https://x.example/">{{ first }}'
        "<![endif]-->"
        "<!--[if !mso]><!--><p>{{ first }}</p><!--<![endif]--><![if !mso]><p>x</p><![endif]>"
    )

    assert body(html, bob({"first_name": "B&B"})) == (
        '<p></p><!--[if mso]><table><tr><td class="B&amp;B"><v:rect href="https://x.example/">B&amp;B<![endif]-->'
        "<!--[if !mso]><!--><p>B&amp;B</p><!--<![endif]--><![if !mso]><p>x</p><![endif]>"
    )


def test_the_document_type_is_the_authors() -> None:
    doctype = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://dtd.example/x.dtd">'

    assert made(template(f"{doctype}<p>x</p>")).html.startswith(doctype)
    assert made(template("<p>x</p>")).html.startswith("<!DOCTYPE html>")


def test_loops_of_rows_keep_their_table_whole() -> None:
    html = "<table>{% for row in items.r %}<tr><td>{{ row.a }}</td></tr>{% endfor %}</table>"

    found = body(html, bob(r=[{"a": "1"}, {"a": "2"}]))

    assert found == "<table><tbody><tr><td>1</td></tr><tr><td>2</td></tr></tbody></table>"


def test_conditions_around_the_same_element_leave_it_whole() -> None:
    html = '<table><tr>{% if city %}<td class="a">{% else %}<td class="b">{% endif %}x</td></tr></table>'

    assert '<td class="a">' in body(html, bob({"city": "Lyon"}))
    assert '<td class="b">' in body(html)


def test_a_title_has_no_markup_in_it() -> None:
    page = made(
        template("<html><head><title>{{ first }} {{ city | default: '<b>' }}</title></head></html>")
    ).html

    assert "<title>Bob &lt;b&gt;</title>" in page


def test_control_characters_and_strange_ones_do_not_come_through() -> None:
    assert body("<p>a\x00\ufdd01\ufdd1\x1fb\r\nc</p>") == "<p>a1b\nc</p>"


def test_entities_stay_what_they_are() -> None:
    assert body("<p>&lt;b&gt; &amp;amp; &eacute;&nbsp;</p>") == "<p>&lt;b&gt; &amp;amp; é&nbsp;</p>"
