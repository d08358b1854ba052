"""Blocks that are closed where they are opened, and our own words."""

from __future__ import annotations

import pytest

from postroom.contacts.errors import Refused
from postroom.sending.content.moments import moment_in_words
from postroom.sending.content.pieces import Kind, take_apart
from postroom.sending.content.program import require_balance
from postroom.sending.content.styles import inlined
from postroom.sending.content.words import (
    opt_out_in_html,
    opt_out_in_text,
    opt_out_words,
    preference_words,
)
from tests.unit.sending.content.test_golden_mails import NOON


def balance(text: str) -> None:
    source = take_apart("Text", text)
    require_balance(source, [each for each in source.pieces if each.kind is Kind.TAG], " within a link")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{% if a %}{% elsif b %}{% else %}{% endif %}",
        "{% unless a %}{% else %}{% endunless %}",
        "{% case a %}{% when 1 %}{% when 2 %}{% else %}{% endcase %}",
        "{% for a in b %}{% break %}{% else %}{% endfor %}",
        "{% article a %}{% if b %}{% continue %}{% endif %}{% endarticle %}",
        "{% assign a = 1 %}",
        "{% if a %}{% for b in c %}{% if d %}{% endif %}{% endfor %}{% endif %}",
    ],
)
def test_what_is_closed_is_good(text: str) -> None:
    balance(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% if a %}", "'if' is not closed within a link"),
        ("{% endif %}", "'endif' closes nothing that is open within a link"),
        ("{% if a %}{% endfor %}", "'endfor' closes nothing that is open within a link"),
        ("{% if a %}{% for b in c %}{% endif %}", "'endif' closes nothing that is open within a link"),
        ("{% else %}", "'else' stands alone within a link"),
        ("{% elsif a %}", "'elsif' stands outside of its 'if' within a link"),
        ("{% for a in b %}{% elsif c %}{% endfor %}", "'elsif' stands outside of its 'if' within a link"),
        ("{% when 1 %}", "'when' stands outside of its 'case' within a link"),
        ("{% break %}", "'break' stands outside of a loop"),
        ("{% if a %}{% continue %}{% endif %}", "'continue' stands outside of a loop"),
    ],
)
def test_what_is_not_closed_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        balance(f"\n{text}")

    assert refused.value.message == f"Text, line 2: {said}"
    assert refused.value.details == {"line": 2}


@pytest.mark.parametrize("language", ["en", "de", "es", ""])
def test_all_but_those_who_read_french_read_english(language: str) -> None:
    assert opt_out_words(language) == "Unsubscribe"
    assert preference_words(language) == "Manage my preferences"


def test_those_who_read_french_do() -> None:
    assert opt_out_words("fr") == "Se désinscrire"
    assert preference_words("fr") == "Gérer mes préférences"


def test_the_way_out_is_a_link_in_both_parts() -> None:
    assert 'href="https://t.example/o?a=1&amp;b=2"' in opt_out_in_html("https://t.example/o?a=1&b=2", "en")
    assert opt_out_in_text("https://t.example/o", "en") == "\n\n--\nUnsubscribe: https://t.example/o\n"
    assert opt_out_in_text("https://t.example/o", "fr") == "\n\n--\nSe désinscrire : https://t.example/o\n"


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("%d.%m.%Y %H:%M:%S", "27.03.2026 12:00:00"),
        ("%-d/%-m %-H", "27/3 12"),
        ("%A %B", "vendredi mars"),
        ("%%d", "%d"),
        ("", ""),
        ("%", "%"),
        ("%5d %_d %^B", "%5d %_d %^B"),
        ("%Y" * 200, "2026" * 100),
    ],
)
def test_moments_are_said_letter_by_letter(shape: str, said: str) -> None:
    assert moment_in_words(NOON, shape, "fr") == said


def test_css_goes_where_it_is_for() -> None:
    page = inlined("HTML", "<style>p > b {color: red} .x:hover {color: blue}</style><p><b>a</b></p><b>c</b>")

    assert '<p><b style="color: red;">a</b></p><b>c</b>' in page


@pytest.mark.parametrize(
    "css", ["p{", "p[{}", "}", "@media{", "p{color:}", "/*", "\\", "p{color:red", "\x7f{}"]
)
def test_css_that_is_none_harms_nobody(css: str) -> None:
    assert ">a</p>" in inlined("HTML", f"<style>{css}</style><p>a</p>")
