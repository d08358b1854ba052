"""What templates do to values."""

from __future__ import annotations

import pytest

from postroom.contacts.campaigns import NotSentReason
from tests.unit.sending.content.making import bob, said, sms, unmade

ROWS = [
    {"name": "Pen", "price": "2.50", "kind": "small"},
    {"name": "Desk", "price": "120", "kind": "large"},
    {"name": "Cup", "price": "4", "kind": "small"},
]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("'a' | append: 'b' | prepend: 'c'", "cab"),
        ("'ÉTÉ à lyon' | capitalize", "Été à lyon"),
        ("'Été' | upcase", "ÉTÉ"),
        ("'ÉTÉ' | downcase", "été"),
        ("'  a b  ' | strip", "a b"),
        ("'  a' | lstrip | append: '.'", "a."),
        ("'a  ' | rstrip | append: '.'", "a."),
        ("'  a   b ' | squish", "a b"),
        ("'<b>a</b> 1 < 2' | strip_html", "a 1 < 2"),
        ("'aXbX' | replace: 'X', '-'", "a-b-"),
        ("'aXbX' | replace_first: 'X', '-'", "a-bX"),
        ("'aXbX' | remove: 'X'", "ab"),
        ("'aXbX' | remove_first: 'X'", "abX"),
        ("'abcdef' | truncate: 4, '…'", "abc…"),
        ("'abc' | truncate: 4", "abc"),
        ("'abc' | truncate: 2", "..."),
        ("'a b c' | truncatewords: 2, '…'", "a b…"),
        ("'abcdef' | slice: 1, 2", "bc"),
        ("'abcdef' | slice: -2, 2", "ef"),
        ("'abcdef' | slice: 99", ""),
        ("'a,b,c' | split: ',' | last", "c"),
        ("'a,b,c' | split: ',' | first", "a"),
        ("'b,a,b' | split: ',' | uniq | sort | join: '+'", "a+b"),
        ("'a,b' | split: ',' | reverse | join", "b a"),
        ("'abc' | split: '' | size", "3"),
        ("'abc' | size", "3"),
        ("'<é&>' | escape | escape_once | url_encode", "<é&>"),
    ],
)
def test_filters_of_texts(expression: str, result: str) -> None:
    assert said(f"[{{{{ {expression} }}}}]") == f"[{result}]"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1 | plus: 2", "3"),
        ("'1.5' | plus: 2", "3.5"),
        ("5 | minus: '7'", "-2"),
        ("3 | times: 1.1", "3.3"),
        ("7 | divided_by: 2", "3"),
        ("7 | divided_by: 2.0", "3.5"),
        ("10 | divided_by: 3.0", "3.333333333"),
        ("7 | modulo: 4", "3"),
        ("7.5 | modulo: 2", "1.5"),
        ("-3 | abs", "3"),
        ("1.2 | ceil", "2"),
        ("-1.2 | ceil", "-1"),
        ("1.8 | floor", "1"),
        ("-1.2 | floor", "-2"),
        ("2.456 | round: 2", "2.46"),
        ("2.5 | round", "2"),
        ("3 | at_least: 5", "5"),
        ("9 | at_most: 5", "5"),
        ("'1000' | times: 1000", "1000000"),
        ("100.0 | times: 10", "1000"),
    ],
)
def test_filters_of_numbers(expression: str, result: str) -> None:
    assert said(f"{{{{ {expression} }}}}") == result


@pytest.mark.parametrize(
    "expression",
    [
        *("'x' | plus: 1", "1 | plus: 'x'", "1 | divided_by: 0", "1 | modulo: 0.0", "true | plus: 1"),
        *("nil | times: 2", "'a' | join: ','", "'a' | first", "'1e5' | plus: 1", "'x' | date: '%d'"),
        *("'a' | truncate: 'x'", "'a' | append", "'a' | replace", "'2026-13-40' | date: '%d'"),
        *("999999999999999999 | times: 10", "items"),
    ],
)
def test_what_makes_no_sense_keeps_the_message_back(expression: str) -> None:
    found = unmade(sms(f"{{{{ {expression} }}}}"), bob(rows=ROWS))

    assert found.reason is NotSentReason.PERSONALIZATION_ERROR


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("nothing | default: 'x'", "x"),
        ("'' | default: 'x'", "x"),
        ("nil | default: 'x'", "x"),
        ("false | default: 'x'", "x"),
        ("false | default: 'x', allow_false: true", "false"),
        ("'y' | default: 'x'", "y"),
        ("0 | default: 'x'", "0"),
        ("nothing | default: first", "Bob"),
        ("nothing | default: 'bob' | capitalize", "Bob"),
    ],
)
def test_a_default_stands_for_what_is_missing(expression: str, result: str) -> None:
    assert said(f"{{{{ {expression} }}}}") == result


@pytest.mark.parametrize("expression", ["nothing | default: nobody", "nothing | upcase | default: 'x'"])
def test_a_default_comes_first_and_is_there(expression: str) -> None:
    assert unmade(sms(f"{{{{ {expression} }}}}")).reason is NotSentReason.PERSONALIZATION_MISSING


def test_rows_are_chosen_sorted_and_read() -> None:
    text = (
        "{% assign small = items.rows | where: 'kind', 'small' | sort: 'name' %}"
        "{% for row in small %}{{ row.name }} {% endfor %}{{ small | size }} "
        "{{ items.rows | map: 'name' | join: ', ' }} {{ items.rows | first | map: 'x' | size }}"
    )

    assert unmade(sms(text), bob(rows=ROWS)).reason is NotSentReason.PERSONALIZATION_ERROR
    assert said(text.rpartition("{{")[0], bob(rows=ROWS)).strip() == "Cup Pen 2 Pen, Desk, Cup"


@pytest.mark.parametrize(
    ("shape", "french", "english"),
    [
        ("%d/%m/%Y", "07/03/2026", "07/03/2026"),
        ("%-d %B %Y", "7 mars 2026", "7 March 2026"),
        ("%A %e %b", "samedi 7 mars", "Saturday 7 Mar"),
        ("%a %-d.%-m.%y", "sam. 7.3.26", "Sat 7.3.26"),
        ("%F %H:%M:%S", "2026-03-07 00:00:00", "2026-03-07 00:00:00"),
        ("100%% %Z %999999999d", "100% %Z %999999999d", "100% %Z %999999999d"),
    ],
)
def test_dates_are_said_in_words(shape: str, french: str, english: str) -> None:
    text = f"{{{{ birth_date | date: '{shape}' }}}}"

    assert said(text, bob({"birth_date": "2026-03-07"})) == french
    assert said(text, bob({"birth_date": "2026-03-07"}, "en")) == english


def test_the_year_is_known() -> None:
    assert len(said("{{ 'now' | date: '%Y' }}")) == 4


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("first == 'Bob'", True),
        ("first != 'Bob'", False),
        ("first contains 'o'", True),
        ("city", False),
        ("city == nil", True),
        ("first and city", False),
        ("first or city", True),
        ("first == 'Bob' and first contains 'B'", True),
        ("items.rows.size > 2", True),
        ("items.rows == empty", False),
        ("first == empty", False),
        ("'10' == 10", False),
        ("10 >= 9.5", True),
    ],
)
def test_conditions(condition: str, *, holds: bool) -> None:
    text = f"{{% if {condition} %}}yes{{% else %}}no{{% endif %}}"

    assert said(text, bob(rows=ROWS)) == ("yes" if holds else "no")


LOOPS = {
    "{% for row in items.rows limit: 2 %}{{ row.name }} {% endfor %}": "Pen Desk ",
    "{% for row in items.rows offset: 1 reversed %}{{ row.name }} {% endfor %}": "Cup Desk ",
    "{% for row in items.none %}x{% else %}none{% endfor %}": "none",
    "{% for row in rows %}{% if row.kind == 'large' %}{% continue %}{% endif %}{{ row.name }}{% endfor %}": (
        "PenCup"
    ),
    "{% for row in items.rows %}{{ forloop.index }}/{{ forloop.length }} {% endfor %}": "1/3 2/3 3/3 ",
    "{% article rows %}{% if kind == 'large' %}{% break %}{% endif %}{{ name }}{% endarticle %}": "Pen",
    "{% article items.rows %}{{ forloop.rindex }}{% endarticle %}": "321",
    "{% for a in (1..2) %}{% for b in (1..2) %}{{ a }}{{ forloop.parentloop.index }}{{ b }} {% endfor %}"
    "{% endfor %}": "111 112 221 222 ",
    "{% case first %}{% when 'Al', 'Bob' %}one{% when 'Zoe' %}two{% else %}other{% endcase %}": "one",
    "{% unless city %}away{% else %}here{% endunless %}": "away",
    "{% if city %}a{% elsif first %}b{% else %}c{% endif %}": "b",
    "{% assign n = 0 %}{% for row in rows %}{% assign n = n | plus: row.price %}{% endfor %}{{ n }}": "126.5",
}


@pytest.mark.parametrize("text", LOOPS)
def test_tags(text: str) -> None:
    assert said(text, bob(rows=ROWS)) == LOOPS[text]
