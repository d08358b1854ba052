"""The section of docs/sending.md about templates says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from postroom.sending.content.filters import FILTERS
from postroom.sending.content.pieces import BLOCKS, TAGS
from tests.unit.sending.content.making import AROUND, bob, body, made, refusal, said, template

DOCUMENT = Path(__file__).parents[4] / "docs" / "sending.md"
SECTION = DOCUMENT.read_text(encoding="utf-8").split("\n## Templates\n")[1].split("\n## ")[0]
DUTIES = [{"duty": "Dishes", "description": "all of them"}, {"duty": "Floor", "description": "dry"}]


def row(name: str) -> set[str]:
    """Return the words in code of a row of the table of Liquid."""
    (found,) = re.findall(rf"^\| {name} \| (.*) \|$", SECTION, re.MULTILINE)
    return set(re.findall(r"`([a-z_]+)`", found))


def test_every_tag_is_in_the_document() -> None:
    assert row("tags") == (TAGS - set(BLOCKS.values())) | {"raw", "comment"}


def test_every_filter_is_in_the_document() -> None:
    documented = row("texts") | row("numbers") | row("rows") | row("others")

    assert documented | {"escape", "escape_once", "url_encode"} == set(FILTERS)


def test_every_letter_of_a_date_is_in_the_document() -> None:
    (letters,) = re.findall(r"`date` \(`([^`]*)`", SECTION)

    for letter in letters.split():
        assert said(f"{{{{ '2026-03-07' | date: '{letter}' }}}}") != letter


def test_the_four_spellings_are() -> None:
    (line,) = re.findall(r"^Four spellings mean the same: (.*?)\. ", SECTION, re.MULTILINE)
    spellings = re.findall(r"`([^`]+)`", line)

    assert [said(each) for each in spellings] == ["Bob"] * 4


def test_the_examples_of_rows_say_their_rows() -> None:
    first, second = re.findall(r"^    (\{%.*)$", SECTION, re.MULTILINE)

    assert said(first, bob(duties=DUTIES)) == "Dishes: all of themFloor: dry"
    assert said(second, bob(duties=DUTIES)) == "Dishes, Floor"


@pytest.mark.parametrize(
    ("written", "where"),
    [('{{ first_name | default: "you" }}', "you"), ("{% if city %}in {{ city }}{% endif %}", "in Lyon")],
)
def test_the_examples_of_what_is_empty_are(written: str, where: str) -> None:
    assert f"`{written}`" in SECTION
    assert said(written, bob({"first_name": None, "city": "Lyon"})) == where


def test_what_is_refused_is_said_to_be() -> None:
    for element in ("<script>", "<iframe>", "<svg>", "<select>"):
        assert element in refusal(f"<p>a</p>{element}")
    assert "<style>" in refusal("<style>p{color:{{ c }}}</style>")
    assert "onclick" not in body('<p onclick="x()">a</p>')
    assert "stylesheet" not in body('<p>a</p><link rel="stylesheet" href="https://a.example/x.css">')


def test_links_go_by_what_the_document_says() -> None:
    title, name, words, alone = (
        '<a href="https://a.example/" title="T" data-name="N">w</a>',
        '<a href="https://b.example/" data-name="N" data-category="shop, sale">w</a>',
        '<a href="https://c.example/">w</a>',
        '<a href="https://d.example/" data-track="no">w</a>',
    )
    found = template(title + name + words + alone)

    assert [(each.name, each.categories) for each in found.links] == [
        ("T", ()),
        ("N", ("shop", "sale")),
        ("w", ()),
    ]
    assert "https://d.example/" in made(found, bob(), AROUND).html
