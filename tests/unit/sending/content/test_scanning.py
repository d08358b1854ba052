"""HTML as a run of tags and texts."""

from __future__ import annotations

from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.sending.content.scanning import (
    Comment,
    Doctype,
    End,
    Hidden,
    Opaque,
    Start,
    Text,
    Token,
    scan,
)


class BrokenError(Exception):
    """What is scanned cannot be."""


def refuse(at: int, said: str) -> NoReturn:
    raise BrokenError(at, said)


def tokens(markup: str) -> list[Token]:
    return list(scan(markup, refuse))


def test_tags_and_texts_come_in_order() -> None:
    assert tokens('a<p class="b" ID=c d>e</p >') == [
        Text("a", 0),
        Start("p", (("class", "b"), ("id", "c"), ("d", "")), 1),
        Text("e", 21),
        End("p", 22),
    ]


@pytest.mark.parametrize(
    ("written", "attributes"),
    [
        ("<a b='c\"d'>", (("b", 'c"d'),)),
        ('<a b="c>d">', (("b", "c>d"),)),
        ("<a b = c>", (("b", "c"),)),
        ("<a b/>", (("b", ""),)),
        ("<a/b=c/>", (("b", "c/"),)),
        ("<a b=c b=d>", (("b", "c"),)),
        ('<a b=""c="d">', (("b", ""), ("c", "d"))),
        ("<a\nb\n=\n'c'\n>", (("b", "c"),)),
        ("<a xlink:href=x data-b_c.d=y>", (("xlink:href", "x"), ("data-b_c.d", "y"))),
    ],
)
def test_attributes_are_read_as_browsers_do(written: str, attributes: tuple[tuple[str, str], ...]) -> None:
    assert tokens(written) == [Start("a", attributes, 0)]


def test_what_is_no_tag_is_text() -> None:
    assert [each for each in tokens("1 < 2 <3 <") if not isinstance(each, Text)] == []


def test_contents_that_are_no_markup_are_one_text() -> None:
    assert tokens("<style>a > b {} <p></style>x") == [
        Start("style", (), 0),
        Text("a > b {} <p>", 7),
        End("style", 19),
        Text("x", 27),
    ]
    assert tokens("<TITLE><b></TITLE >")[1] == Text("<b>", 7)


def test_comments_and_declarations() -> None:
    assert tokens("<!DOCTYPE html><!-- a > b --><!x><?php y ?>") == [
        Doctype("<!DOCTYPE html>", 0),
        Comment(" a > b ", 15),
        Comment("", 29),
        Comment("", 33),
    ]


@pytest.mark.parametrize(
    "written",
    [
        *("<!--[if !mso]><!-->", "<!--[if !mso]><!-- -->", "<!--[if !mso]>-->", "<!--<![endif]-->"),
        *("<![if !mso]>", "<![endif]>", "<![endif]-->"),
    ],
)
def test_what_shows_markup_to_some_stays_as_it_is(written: str) -> None:
    assert "".join(each.text for each in tokens(written) if isinstance(each, (Opaque, Text))) == written


def test_what_hides_markup_from_most_is_taken_whole() -> None:
    assert tokens("<!--[if gte mso 9]><p>a</p><!-- b --><![endif]-->c") == [
        Hidden("<!--[if gte mso 9]>", "<p>a</p><!-- b -->", 19),
        Text("c", 49),
    ]


@pytest.mark.parametrize(
    "written",
    [
        *("<p", "<p a='b>", '<p a="b>', "</p", "<!-- a", "<!--[if mso]> a", "<style>a", "<!x", "<title>"),
        *("<p a='b'", '<p "a">', "<p =a>", "<p a=<b>", "<p a=>"),
    ],
)
def test_what_is_not_closed_is_refused(written: str) -> None:
    with pytest.raises(BrokenError):
        tokens(f"x{written}")


@given(st.text(alphabet="<>!-/=ab\"' []\n", max_size=60))
def test_whatever_is_written_is_read_to_its_end_or_refused(written: str) -> None:
    try:
        found = tokens(written)
    except BrokenError:
        return
    places = [each.at for each in found]
    assert places == sorted(places)
    assert bool(found) == bool(written)
