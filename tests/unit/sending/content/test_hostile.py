"""Templates made to keep a server busy, fill its memory or reach its files end quickly, with a reason."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from postroom.contacts.campaigns import NotSentReason
from postroom.sending.content import Rendered
from tests.unit.sending.content.making import bob, body, made, refusal, sms, template, unmade

MOST_SECONDS = 3.0
"""Of processor time. All of these take far less, on a machine with nothing else to do."""


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < MOST_SECONDS


HUNGRY = {
    "loops in loops": "{% for a in (1..9999) %}{% for b in (1..9999) %}x{% endfor %}{% endfor %}",
    "one loop too long": "{% for a in (1..9999) %}" + "{{ a }}" * 400 + "{% endfor %}",
    "loops beside loops": "{% for a in (1..9000) %}{{ a }}{{ a }}{{ a }}{% endfor %}" * 40,
    "long output": "{% for a in (1..9999) %}" + "x" * 100_000 + "{% endfor %}",
    "doubling": "{% assign a = 'xxxxxxxx' %}" + "{% assign a = a | append: a %}" * 60 + "{{ a }}",
    "replacing": "{% assign a = '"
    + "x" * 900
    + "' %}"
    + "{% assign a = a | replace: 'x', a %}" * 3
    + "{{ a }}",
    "splitting": "{% assign a = '"
    + "x" * 900
    + "' %}"
    + "{% assign a = a | append: a %}" * 5
    + "{% for i in (1..9999) %}{% assign b = a | split: '' | join: 'xyz' %}{% endfor %}",
    "great numbers": "{% assign a = 999999999 %}" + "{% assign a = a | times: a %}" * 30 + "{{ a }}",
    "large number in words": "{{ '1e999999999' | times: 2 }}",
    "rows of rows": "{% article rows %}{% article rows %}{% article rows %}x{% endarticle %}{% endarticle %}"
    "{% endarticle %}",
}


@pytest.mark.parametrize("name", HUNGRY)
def test_who_asks_too_much_gets_no_message(name: str) -> None:
    found = unmade(sms(HUNGRY[name]), bob(rows=[{"a": "b"}] * 300))

    assert found.reason is NotSentReason.PERSONALIZATION_ERROR
    assert found.detail


NONSENSE = {
    "ranges without end": "{% for a in (1..99999999999) reversed %}{% endfor %}",
    "ranges by fields": "{% for a in (1..first) %}x{% endfor %}",
    "a range to look through": "{% if (1..999999999) contains 'x' %}x{% endif %}",
    "blocks in blocks": "{% if a %}" * 200 + "{% endif %}" * 200,
    "brackets in brackets": "{{ " + "a[" * 400 + "1" + "]" * 400 + " }}",
    "many openings": "{{" * 100_000,
    "many tags": "{% if %}" * 60_000,
    "many fields": "{{ a }}" * 60_000,
    "a long expression": "{{ a" + " | upcase" * 500 + " }}",
    "files": "{% include '/etc/passwd' %}",
    "templates": "{% render 'x' %}",
    "blocks of lines": "{% liquid echo a %}",
    "unknown tags": "{% system 'ls' %}",
    "unknown filters": "{{ a | file }}",
    "our own tags": "{%#out-html a %}{% out-html a %}",
    "unclosed": "{% for a in b %}x",
    "closed twice": "{% if a %}{% endif %}{% endif %}",
    "crossed": "{% if a %}{% for b in c %}{% endif %}{% endfor %}",
    "alone": "{% else %}",
    "nowhere": "{% break %}",
    "not closed": "a {{ b",
    "raw without end": "{% raw %}x",
    "nothing": "{{ }}",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_what_cannot_be_read_is_refused_with_the_line(name: str) -> None:
    assert "line 2: " in refusal(text="Bonjour,\n" + NONSENSE[name])


HOSTILE_PAGES = {
    "deep": "<div>" * 100_000,
    "deep and closed": "<div>" * 300 + "</div>" * 300,
    "deep in tables": "<table><tr><td>" * 60_000,
    "formats": "".join(f"<b id={each}>" for each in range(20_000)),
    "formats and paragraphs": "".join(f"<p><b id={each}>x" for each in range(20_000)),
    "formats across cells": "".join(f"<b id={each}><table><td></b></table>" for each in range(9000)),
    "crossing": "<b><div></b>" * 15,
    "crossing back": "<div><b></div>" * 9000,
    "many elements": "<p>x</p>" * 60_000,
    "unclosed tags": "<a " * 100_000,
    "unclosed quotes": '<a href="' * 50_000,
    "one unclosed quote": "<p>x</p><a href='x>" + "y" * 100_000,
    "comments": "<!--" * 100_000,
    "conditional comments": "<!--[if mso]>" * 40_000,
    "conditional openings": "<!--[if " * 60_000,
    "declarations": "<!x" * 100_000,
    "end tags": "</p" * 100_000,
    "styles": "<style>" * 70_000,
    "much CSS": "<style>"
    + "".join(f".c{each} p b{{color:red}}" for each in range(9000))
    + "</style>"
    + "<p><b>x</b></p>" * 9000,
    "long rules": f"<style>p{{{''.join(f'x{each}:1;' for each in range(30_000))}}}</style>" + "<p>x" * 15_000,
    "rules for many": f"<style>p{{{'x:1;' * 900}y:url({'z' * 1500})}}</style>" + "<p>x" * 9000,
    "attributes": "<p " + "".join(f"a{each}=1 " for each in range(50_000)) + ">",
    "scripts": "<p>x</p><script>alert(1)</script>",
    "frames": '<iframe src="https://evil.example"></iframe>',
    "drawings": "<svg><script>x</script></svg>",
    "another base": '<base href="https://evil.example/">',
    "a program as link": '<p>x</p><a href="javascript:alert(1)">x</a>',
    "a program in disguise": '<p>x</p><a href=" java&#x0a;script:alert(1)">x</a>',
    "a picture from a disk": '<img src="file:///etc/passwd">',
    "a relative link": '<a href="/shop">x</a>',
    "Liquid in a style": "<style>p{color:{{ c }}}</style>",
    "Liquid as an attribute": "<p {{ a }}>x</p>",
    "Liquid as a name": "<{{ a }}>x</p>",
    "Liquid before a value": "<p title={{ a b=c }}x>",
    "half a condition in an attribute": '<p title="{% if a %}">x{% endif %}</p>',
    "half a condition in a link": '<a href="https://x.example/{% if a %}">x</a>{% endif %}',
    "half a condition for some": "<!--[if mso]>{% if a %}<![endif]-->{% endif %}",
}


MENDED = {"crossing", "crossing back", "Liquid as a name"}


@pytest.mark.parametrize("name", HOSTILE_PAGES)
def test_a_page_that_is_none_is_refused_or_mended(name: str) -> None:
    page = HOSTILE_PAGES[name]
    if name in MENDED:
        assert made(template(page), bob({"a": "x"})).html
    else:
        assert refusal(page).startswith("HTML")


def test_nothing_is_loaded_from_the_disk_or_the_net(tmp_path: Path) -> None:
    css = tmp_path / "x.css"
    css.write_text("p { color: red }")
    links = f'<link rel="stylesheet" href="file://{css}"><link rel="stylesheet" href="https://nowhere.invalid/x.css">'

    found = body(f"{links}<style>@import url('file://{css}');</style><p>x</p>")

    assert "<p>x</p>" in found
    assert isinstance(made(template("<p>x</p>")), Rendered)


def test_an_event_handler_is_left_out() -> None:
    assert "alert" not in body('<p onclick="alert(1)" ONLOAD=alert(2) srcdoc="x">x</p>')
