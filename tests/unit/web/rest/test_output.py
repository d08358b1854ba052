from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Missing
from postroom.web.api.rest.output import Count, Format, Listing, format_for, rendered
from postroom.web.errors import Unacceptable

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


def body(answer: Listing | Count, kind: Format) -> str:
    return bytes(rendered(answer, kind).body).decode()


@given(TEXTS, TEXTS)
def test_csv_holds_every_character(one: str, other: str) -> None:
    answer = Listing([{"id": "1", "name": one}, {"id": "2", "name": other}], ("id", "name"))

    lines = list(csv.reader(io.StringIO(body(answer, "csv"), newline="")))

    assert lines == [["id", "name"], ["1", one], ["2", other]]


@given(TEXTS)
def test_xml_holds_every_character_that_xml_can(text: str) -> None:
    root = ET.fromstring(body(Listing([{"name": text}], ("name",)), "xml"))  # noqa: S314  # we wrote it

    said = "".join(
        c if c in "\t\n\r" or (c >= "\x20" and c not in "\ufffe\uffff") else "\ufffd" for c in text
    )
    assert (root.findtext("list/item/name") or "") == said


@given(TEXTS)
def test_json_holds_every_character(text: str) -> None:
    assert json.loads(body(Listing([{"name": text}], ("name",)), "json"))["list"] == [{"name": text}]


def test_an_envelope_has_the_items_their_number_and_the_total() -> None:
    answer = Listing([{"id": "7606", "name": "Ma liste de diffusion"}], ("id", "name"))

    assert json.loads(body(answer, "json")) == {
        "list": [{"id": "7606", "name": "Ma liste de diffusion"}],
        "size": 1,
        "total": None,
    }


STATS: dict[str, Any] = {"subscribers": "3", "sms": "1"}


def test_objects_are_columns_of_their_own_in_csv() -> None:
    answer = Listing(
        [{"id": "1", "stats": STATS, "listIds": ["2", "9"]}, {"id": "2", "stats": None, "listIds": []}],
        ("id", "stats", "listIds"),
        columns={"stats": ("subscribers", "sms")},
    )

    assert body(answer, "csv") == 'id,stats.subscribers,stats.sms,listIds\r\n1,3,1,"2,9"\r\n2,,,\r\n'


def test_a_list_whose_columns_are_known_has_a_cell_for_each_in_csv() -> None:
    answer = Listing(
        [{"row": ["a", "b"]}, {"row": ["c"]}, {"row": ["d", "e", "f"]}],
        ("row",),
        columns={"row": ("Email", "Nom")},
    )

    assert body(answer, "csv") == "row.Email,row.Nom\r\na,b\r\nc,\r\nd,e\r\n"


def test_objects_and_lists_are_elements_in_xml() -> None:
    answer = Listing([{"stats": STATS, "listIds": ["2", "9"], "description": None}], ("stats",), total=12)

    assert body(answer, "xml") == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<response><list><item>'
        "<stats><subscribers>3</subscribers><sms>1</sms></stats>"
        "<listIds><item>2</item><item>9</item></listIds><description/>"
        "</item></list><size>1</size><total>12</total></response>\n"
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("json", '{"count":3}'),
        ("csv", "count\r\n3\r\n"),
        ("xml", '<?xml version="1.0" encoding="UTF-8"?>\n<response><count>3</count></response>\n'),
    ],
)
def test_a_count_has_every_format(kind: Format, text: str) -> None:
    assert body(Count(3), kind) == text


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("application/js", "json"),
        ("Text/CSV", "csv"),
        ("text/*", "csv"),
        ("text/xml", "xml"),
        ("application/xml; charset=utf-8", "xml"),
        ("application/xml;q=0.5, text/csv;q=0.6", "csv"),
        ("application/xml;q=0.5, */*;q=0.1", "xml"),
        ("application/json;q=0, */*", "csv"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "json"),
        ("application/json;q=x", "json"),
    ],
)
def test_the_header_chooses_the_format(accept: str | None, kind: Format) -> None:
    assert format_for(None, accept) == kind


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "x"])
def test_a_header_that_allows_nothing_of_ours_is_refused(accept: str) -> None:
    with pytest.raises(Unacceptable):
        format_for(None, accept)


@given(st.text(max_size=30))
def test_any_header_is_understood_or_refused(accept: str) -> None:
    with suppress(Unacceptable):
        assert format_for(None, accept) in ("json", "csv", "xml")


def test_the_suffix_counts_more_than_the_header() -> None:
    assert format_for("csv", "application/json") == "csv"
    assert format_for("XML", None) == "xml"
    with pytest.raises(Missing):
        format_for("pdf", None)
