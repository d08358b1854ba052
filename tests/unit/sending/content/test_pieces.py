"""Sources of templates, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.sending.content.pieces import (
    MOST_EXPRESSION,
    MOST_PIECES,
    Kind,
    Piece,
    line_of,
    take_apart,
)


def pieces(text: str) -> list[tuple[str, ...]]:
    """Return what a text is made of, in few words."""
    return [shown(each) for each in take_apart("Text", text).pieces]


def shown(piece: Piece) -> tuple[str, ...]:
    if piece.kind is Kind.TAG:
        return ("tag", piece.name, piece.text)
    return (piece.kind.value, piece.text)


def refusal(text: str) -> str:
    with pytest.raises(Refused) as refused:
        take_apart("Text", text)
    return refused.value.message


def test_a_plain_text_is_one_piece() -> None:
    assert pieces("Bonjour") == [("static", "Bonjour")]
    assert pieces("") == []


def test_liquid_stands_between_texts() -> None:
    assert pieces("a{{ b }}c{% if d %}e{% endif %}") == [
        ("static", "a"),
        ("output", "b"),
        ("static", "c"),
        ("tag", "if", "d"),
        ("static", "e"),
        ("tag", "endif", ""),
    ]


def test_every_piece_knows_its_place() -> None:
    source = take_apart("Text", "a\n{{ b }}\n\n%%$first%%")

    assert [line_of(source.text, each.at) for each in source.pieces] == [1, 2, 2, 4]


@pytest.mark.parametrize(
    ("written", "expression"),
    [
        ("%%$first%%", "first"),
        ("%%first%%", "first"),
        ("%%$ first %%", None),
        ("%%$row.duty%%", "row.duty"),
        ("%%$custom_two words%%", '["custom_two words"]'),
        ("%%$custom_é%%", '["custom_é"]'),
        ("#first#", "first"),
        ("#custom_x#", "custom_x"),
        ("#OPTOUTLINK#", "OPTOUTLINK"),
        ("#optoutlink#", "optoutlink"),
        ("#field01#", "field01"),
    ],
)
def test_other_spellings_are_outputs(written: str, expression: str | None) -> None:
    assert pieces(written) == [("static", written) if expression is None else ("output", expression)]


@pytest.mark.parametrize(
    "written",
    [
        *("#nobody#", "#ffffff", "#12#", "# first #", "##", "#", "&#39;#", "#first", "#custom", "#1first#"),
        *("10 %%", "%%", "%%%%", "%% %%", "%%$\n%%", '%%$a"b%%', "100%% of %% all"),
        *("{ first }", "{first}", "}}", "%}", "{ { first }}"),
    ],
)
def test_what_only_looks_like_one_is_text(written: str) -> None:
    assert "".join(text for _, text in pieces(written)) == written


def test_two_hashes_may_follow_one_another() -> None:
    assert pieces("#first##last#") == [("output", "first"), ("output", "last")]
    assert pieces("#top #first#") == [("static", "#top "), ("output", "first")]


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("a \n {{- b -}} \n c", ["a", "c"]),
        ("a {{- b }} c", ["a", " c"]),
        ("a {{ b -}} c", ["a ", "c"]),
        ("a {%- if b -%} c {%- endif -%} d", ["a", "c", "d"]),
        ("a {{- b -}}   {{- b -}} c", ["a", "c"]),
        ("{{ -1 }}", []),
    ],
)
def test_blanks_are_removed_where_dashes_ask_for_it(written: str, left: list[str]) -> None:
    assert [text for kind, text, *_ in pieces(written) if kind == "static"] == left


def test_what_is_raw_stays_and_what_is_comment_goes() -> None:
    assert pieces("a{% raw %}{{ b }}{% c %}{% endraw %}d") == [
        ("static", "a"),
        ("static", "{{ b }}{% c %}"),
        ("static", "d"),
    ]
    assert pieces("a{%- comment -%}{{ b {%- endcomment -%} c") == [("static", "a"), ("static", "c")]
    assert pieces("a{% # a note %}b") == [("static", "a"), ("static", "b")]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("a\n{{ b", "Text, line 2: '{{' is not closed by '}}'"),
        ("{% if", "Text, line 1: '{%' is not closed by '%}'"),
        ("{{ }}", "Text, line 1: {{ }} says nothing"),
        ("\n\n{% include 'a' %}", "Text, line 3: there is no tag 'include'"),
        ("{% %}", "Text, line 1: there is no tag ''"),
        ("{% capture a %}", "Text, line 1: there is no tag 'capture'"),
        ("{% raw %}{{", "Text, line 1: {% raw %} is not closed"),
        ("{% comment %}", "Text, line 1: {% comment %} is not closed"),
        ("{{ (1..n) }}", "Text, line 1: a range is of two numbers up to 9999, such as (1..5)"),
        ("{% for a in (1..10000) %}", "Text, line 1: a range is of two numbers up to 9999, such as (1..5)"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(written: str, said: str) -> None:
    assert refusal(written) == said


def test_dots_in_a_text_are_no_range() -> None:
    assert pieces("{{ a | default: '..' }}") == [("output", "a | default: '..'")]
    assert pieces("{% for a in (1..3) %}") == [("tag", "for", "a in (1..3)")]


def test_there_are_so_many_pieces_and_no_more() -> None:
    assert len(pieces("{{ a }}" * MOST_PIECES)) == MOST_PIECES
    assert "at most 5000" in refusal("{{ a }}" * (MOST_PIECES + 1))
    assert "at most 1000" in refusal("{{ a" + " " * MOST_EXPRESSION + "}}")


def test_line_ends_are_of_one_kind() -> None:
    assert pieces("a\r\nb\rc") == [("static", "a\nb\nc")]


@given(st.text(alphabet="{}%-$# ab\n'\".[]()<>", max_size=80))
def test_every_text_is_taken_apart_or_refused(text: str) -> None:
    try:
        found = take_apart("Text", text)
    except Refused as refused:
        assert refused.message.startswith("Text, line ")  # noqa: PT017  # whether it is raised is not known
    else:
        assert all(each.text or each.kind is Kind.TAG for each in found.pieces)


@given(st.text(max_size=200).filter(lambda text: not set(text) & set("{%#\r")))
def test_a_text_without_liquid_stays_as_it_is(text: str) -> None:
    kept = "".join(character for character in text if character in "\t\n" or character >= " ")

    found = "".join(each.text for each in take_apart("Text", text).pieces)

    assert found.replace("\x7f", "") == kept.translate(UNUSABLE).replace("\x7f", "")


UNUSABLE = dict.fromkeys([*range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])
