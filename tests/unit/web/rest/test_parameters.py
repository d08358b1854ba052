from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.web.api.rest.parameters import Parameters
from postroom.web.errors import Malformed

KNOWN = {"id": 1, "name": 2, "description": 3, "dateUpdated": 4}
USUAL = ("id", "name")
ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.text(max_size=20), st.from_regex(r"[0-9,;. -]{0,12}", fullmatch=True)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def of(**values: Any) -> Parameters:
    return Parameters(values)


@given(ANYTHING)
def test_nonsense_is_refused_whatever_it_is(value: Any) -> None:
    it = of(x=value, properties=value, sort=value, metaData=value)

    for read in (
        lambda: it.text("x"),
        lambda: it.needed_text("x"),
        lambda: it.flag("x"),
        lambda: it.number("x", 1, 10),
        lambda: it.ids("x"),
        lambda: it.one_id("x"),
        lambda: it.moment("x"),
        lambda: it.objects("x"),
        lambda: it.properties(KNOWN, USUAL),
        lambda: it.sort({"id": "list_id"}),
        it.meta_data,
    ):
        with suppress(Refused):
            read()


@given(st.lists(st.integers(0, 10**18 - 1), min_size=1, max_size=20))
def test_ids_are_read_alike_in_every_spelling(ids: list[int]) -> None:
    once = list(dict.fromkeys(ids))
    texts = [str(each) for each in ids]

    for spelled in (",".join(texts), " , ".join(texts), texts, json.dumps(ids), json.dumps(texts)):
        assert of(id=spelled).ids("id") == once


@pytest.mark.parametrize(
    "wrong",
    ["", ",", [], "x", "1,x", "-1", "1.0", "1e3", "²", "٣", "9" * 19, ["1", None], [True], {"a": "1"}, None],
)
def test_what_is_no_id_is_refused(wrong: Any) -> None:
    with pytest.raises(Refused) as refused:
        of(id=wrong).ids("id")

    assert refused.value.details == {"field": "id"}


def test_no_ids_are_not_an_empty_filter() -> None:
    assert of().ids("id") is None
    with pytest.raises(Refused, match="id is needed"):
        of().needed_ids("id")


def test_one_id_is_one() -> None:
    assert of(id="12").one_id("id") == 12
    with pytest.raises(Refused, match="id must be one id"):
        of(id="12,13").one_id("id")


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        (None, ["id", "name"]),
        ("", ["id", "name"]),
        ("DEFAULT", ["id", "name"]),
        ("DEFAULT,description,name", ["id", "name", "description"]),
        ("description, default", ["description", "id", "name"]),
        ("NAME,dateupdated", ["name", "dateUpdated"]),
        (["name", "id,name"], ["name", "id"]),
        ('["description"]', ["description"]),
    ],
)
def test_properties_are_those_asked_for(asked: Any, got: list[str]) -> None:
    assert list(of(properties=asked).properties(KNOWN, USUAL)) == got


def test_an_unknown_property_is_named() -> None:
    with pytest.raises(Refused, match=r'properties may name id, name, .*; "size" is none of them'):
        of(properties="id,size").properties(KNOWN, USUAL)


@pytest.mark.parametrize(
    ("sort", "read"),
    [
        (None, None),
        ("", None),
        ("id", ("list_id", False)),
        ("ID desc", ("list_id", True)),
        ("id  ASC", ("list_id", False)),
    ],
)
def test_an_order_is_a_property_and_a_direction(sort: Any, read: Any) -> None:
    assert of(sort=sort).sort({"id": "list_id"}) == read


@pytest.mark.parametrize(
    "sort", ["name", "id down", "id DESC, name", "id DESC ASC", ["id", "name"], "1; drop table"]
)
def test_another_order_is_refused(sort: Any) -> None:
    with pytest.raises(Refused, match="sort must be"):
        of(sort=sort).sort({"id": "list_id"})


@pytest.mark.parametrize(
    ("value", "flag"),
    [("1", True), ("TRUE", True), (True, True), ("0", False), ("", False), ("no", False), (None, None)],
)
def test_yes_and_no_have_many_spellings(value: Any, flag: object) -> None:
    assert of(total=value).flag("total") is flag


@pytest.mark.parametrize(("value", "number"), [("0", 0), (" 7 ", 7), ("1000", 1000), (None, 100)])
def test_numbers_are_whole(value: Any, number: int) -> None:
    assert of(limit=value).number("limit", 100, 1000) == number


@pytest.mark.parametrize("value", ["1001", "-1", "1.0", "", "many", ["1"], True, "9" * 400])
def test_what_is_no_such_number_is_refused(value: Any) -> None:
    with pytest.raises(Refused, match="limit must be"):
        of(limit=value).number("limit", 100, 1000)


@pytest.mark.parametrize(
    "value", ["2013-01-02 14:00:00", "2013-01-02T14:00:00Z", "2013-01-02T15:00:00+01:00", "2013-01-02 14:00"]
)
def test_a_moment_is_in_utc_unless_it_says_otherwise(value: str) -> None:
    assert of(since=value).moment("since") == datetime(2013, 1, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize("value", ["yesterday", "2013-13-01", "0001-01-01T00:00:00+23:59", "1357135200000"])
def test_what_is_no_moment_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="since must be a moment"):
        of(since=value).moment("since")


@pytest.mark.parametrize("value", [{"name": "x"}, '{"name": "x"}', '"{\\"name\\": \\"x\\"}"'])
def test_meta_data_may_be_an_object_or_json(value: Any) -> None:
    assert of(metaData=value).meta_data().text("name") == "x"


@pytest.mark.parametrize("value", ["", "name=x", "[]", [], {}, "{}", None, "12", True])
def test_other_meta_data_is_refused(value: Any) -> None:
    with pytest.raises(Refused, match="metaData must be a JSON object"):
        of(metaData=value).meta_data()


def test_missing_meta_data_is_said_to_be_missing() -> None:
    with pytest.raises(Refused, match="metaData is needed"):
        of().meta_data()


@pytest.mark.parametrize(
    "value",
    [
        [{"email": "a"}],
        {"email": "a"},
        '[{"email": "a"}]',
        '{"email": "a"}',
        ['{"email": "a"}'],
    ],
)
def test_objects_may_be_one_or_a_list_in_every_spelling(value: Any) -> None:
    assert of(contacts=value).objects("contacts") == [{"email": "a"}]


def test_what_is_no_object_is_refused_by_its_place() -> None:
    with pytest.raises(Refused, match=r"contacts\[1\] must be an object"):
        of(contacts=[{"email": "a"}, "b"]).objects("contacts")


@pytest.mark.parametrize("value", [None, [], "[]"])
def test_no_objects_are_said_to_be_missing(value: Any) -> None:
    with pytest.raises(Refused, match="contacts is needed"):
        of(contacts=value).objects("contacts")


def test_an_unknown_parameter_is_refused_rather_than_ignored() -> None:
    with pytest.raises(Refused, match='"idd" is no parameter of DELETE /rest/lists, which has id'):
        of(idd="12").check_known({"id"}, "DELETE /rest/lists")


def test_the_nested_filter_is_refused_clearly() -> None:
    with pytest.raises(Malformed, match="complex is not supported"):
        of(complex={"a": "b"}).check_known({"id"}, "GET /rest/lists")
