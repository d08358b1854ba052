"""The text of a mail that has none of its own."""

from __future__ import annotations

import pytest

from tests.unit.sending.content.making import AROUND, BARE, bob, made, refusal, template


def text(html: str, **fields: str) -> str:
    return made(template(html), bob(fields), BARE).text


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>a\n  b</p><p>c</p>", "a b\n\nc\n"),
        ("a<br>b<br><br>c", "a\nb\nc\n"),
        ("<h1>T</h1><div>a</div><div>b</div>", "T\n\na\nb\n"),
        ("<ul><li>a</li><li>b</li></ul><p>c</p>", "- a\n- b\n\nc\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"),
        ("<p>&lt;b&gt; &amp;amp; &eacute;</p>", "<b> &amp; é\n"),
        ("<p>&#123;&#123; first &#125;&#125; {&percnt; x</p>", "{{ first }} {% x\n"),
        ("<head><title>t</title><style>p{}</style></head><p>a</p>", "a\n"),
        ("<p>a<!-- no --></p><!--[if mso]><p>b</p><![endif]-->", "a\n"),
        ('<p><img src="https://a.example/x.png" alt="Logo"> a</p><hr><p>b</p>', "Logo a\n\n----\n\nb\n"),
        ('<a href="https://a.example/">voir</a> là', "voir (https://a.example/) là\n"),
        (
            '<a href="mailto:a@b.example">écrire</a> <a href="#x">haut</a> <a>rien</a>',
            "écrire (a@b.example) haut rien\n",
        ),
        ('<a href="mailto:a@b.example?subject=Hi">write</a>', "write (a@b.example)\n"),
        ('<a href="mailto:a@b.example">Write to a@b.example</a>', "Write to a@b.example\n"),
        ('<a href="mailto:?subject=Hi">tell a friend</a>', "tell a friend\n"),
        ("<p>Bonjour {{ first }}{% if city %} de {{ city }}{% endif %}.</p>", "Bonjour Bob.\n"),
        ("<p>a</p>{% if city %}<p>b</p>{% endif %}{% if city %}<p>c</p>{% endif %}<p>d</p>", "a\n\nd\n"),
        ("<p>{{ first }}</p><p>{{ city | default: '<ici>' }}</p>", "Bob\n\n<ici>\n"),
    ],
)
def test_a_text_says_what_the_page_does(html: str, said: str) -> None:
    assert text(html) == said


def test_rows_of_a_loop_are_lines() -> None:
    html = "<ul>{% for row in items.r %}<li>{{ row.a }}</li>{% endfor %}</ul>"

    assert made(template(html), bob(r=[{"a": "1"}, {"a": "2"}])).text == "- 1\n- 2\n"


def test_links_of_the_text_are_those_of_the_page() -> None:
    found = made(template('<a href="https://a.example/">voir</a>', marketing=False), bob(), AROUND)

    assert "voir (https://t.example/c/1?to=18&k=1)" in found.text
    assert 'href="https://t.example/c/1?to=18&amp;k=1"' in found.html


def test_a_text_of_its_own_is_left_as_it_is() -> None:
    assert made(template("<p>x</p>", "  a\n\n\n\n  {{ first }}  ")).text == "  a\n\n\n\n  Bob  "


def test_a_mail_may_have_text_alone() -> None:
    found = made(template(text="Bonjour {{ first }}"))

    assert (found.html, found.text) == ("", "Bonjour Bob")


def test_a_mail_says_something_under_a_subject() -> None:
    assert refusal() == "There is no HTML and no text: it says nothing."
    assert refusal("<p>x</p>", subject=" ") == "A mail needs a subject (`--subject`)."
    assert "characters" in refusal("x" * 500_001)
