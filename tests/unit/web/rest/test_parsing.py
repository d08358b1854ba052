from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.web.api.rest.parsing import (
    MOST_VALUES,
    Value,
    from_form,
    from_json,
    from_pairs,
    shown,
    together,
    unpacked,
)
from postroom.web.errors import Malformed, TooLarge

# What a form can say: texts, lists and objects of them, nothing empty. Names have no brackets, and are no
# numbers, which would make a list.
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="[]\0'\""), min_size=1, max_size=8).filter(
    lambda name: not name.isdigit()
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
SAID = st.recursive(
    TEXTS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3), st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


def spelled(name: str, value: Any) -> list[tuple[str, str]]:
    """Return the pairs that a PHP program makes of a value."""
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in spelled(f"{name}[{key}]", inner)]
    if isinstance(value, list):
        return [pair for n, inner in enumerate(value) for pair in spelled(f"{name}[{n}]", inner)]
    return [(name, value)]


@given(st.dictionaries(NAMES, SAID, max_size=3))
def test_whatever_a_program_says_with_brackets_is_understood(values: dict[str, Any]) -> None:
    pairs = [pair for name, value in values.items() for pair in spelled(name, value)]

    assert from_form(urlencode(pairs).encode()) == values


@given(st.dictionaries(NAMES, SAID, max_size=3))
def test_json_says_the_same_as_brackets(values: dict[str, Any]) -> None:
    pairs = [pair for name, value in values.items() for pair in spelled(name, value)]

    assert from_json(json.dumps(values).encode()) == from_pairs(pairs)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    with suppress(Refused):
        assert isinstance(from_form(body), dict)


@given(
    st.one_of(
        st.binary(max_size=200), st.text(st.sampled_from('{}[]",:0-9.eE\\u nulltrueNaN')).map(str.encode)
    )
)
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with suppress(Refused):
        assert isinstance(from_json(body), dict)


@given(st.lists(st.tuples(st.text("ab[]01", max_size=9), st.text(max_size=3)), max_size=8))
def test_any_brackets_are_understood_or_refused(pairs: list[tuple[str, str]]) -> None:
    with suppress(Malformed):
        assert isinstance(from_pairs(pairs), dict)


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("id=12,65", {"id": "12,65"}),
        ("id[]=12&id[]=65", {"id": ["12", "65"]}),
        ("id[3]=65&id[1]=12", {"id": ["12", "65"]}),
        ("id=12&id=65", {"id": ["12", "65"]}),
        ("id[5]=12&id[]=65", {"id": ["12", "65"]}),
        ("contacts[0][email]=a%40b.fr", {"contacts": [{"email": "a@b.fr"}]}),
        ("contacts%5B0%5D%5Bemail%5D=a%40b.fr", {"contacts": [{"email": "a@b.fr"}]}),
        ("contacts[][email]=a&contacts[][email]=b", {"contacts": [{"email": "a"}, {"email": "b"}]}),
        ("metaData[name]=x+y", {"metaData": {"name": "x y"}}),
        ("metaData['name']=x", {"metaData": {"name": "x"}}),
        ("name=Ma liste fusionnée", {"name": "Ma liste fusionnée"}),
        ("name=Ma%20liste%20fusionn%C3%A9e", {"name": "Ma liste fusionnée"}),
        ("name=fusionn%E9e", {"name": "fusionnée"}),
        ("name=", {"name": ""}),
        ("name", {"name": ""}),
        ("", {}),
        ("a[b=1&[c]=2&d]=3&e[f]g=4", {"a[b": "1", "[c]": "2", "d]": "3", "e[f]g": "4"}),
        ("a[0][x]=1&a[k]=2", {"a": {"0": {"x": "1"}, "k": "2"}}),
        ("a[99999999999]=1", {"a": {"99999999999": "1"}}),
    ],
)
def test_forms_are_read_as_php_writes_them(form: str, values: dict[str, Value]) -> None:
    assert from_form(form.encode()) == values


@pytest.mark.parametrize("form", ["a=1&a[b]=2", "a[b]=1&a=2", "a[b]=1&a[b][c]=2"])
def test_a_name_with_and_without_brackets_is_refused(form: str) -> None:
    with pytest.raises(Malformed, match="with and without brackets"):
        from_form(form.encode())


@pytest.mark.parametrize("form", ["a" + "[b]" * 9 + "=1", "a" + "[]" * 100_000 + "=1"])
def test_brackets_are_not_followed_into_the_depth(form: str) -> None:
    with pytest.raises(Malformed, match="nested more than 8 deep"):
        from_form(form.encode())


@pytest.mark.parametrize("body", ['{"a":' + "[" * 100_000, '{"a":' * 12 + "1" + "}" * 12])
def test_json_is_not_followed_into_the_depth(body: str) -> None:
    with pytest.raises(Malformed, match="nested more than 8 deep"):
        from_json(body.encode())


def test_very_many_parameters_are_refused() -> None:
    with pytest.raises(TooLarge):
        from_form(b"a&" * MOST_VALUES)
    with pytest.raises(TooLarge):
        from_pairs((f"a{n}", "") for n in range(MOST_VALUES + 1))
    with pytest.raises(TooLarge):
        from_json(json.dumps({"id": [0] * MOST_VALUES}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"12",
        b'"id=12"',
        b"null",
        b"{",
        b"{'id': 12}",
        b'{"n": NaN}',
        b'{"n": Infinity}',
        b"\xff{}",
        b'{"a":"\n"}',
    ],
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        from_json(body)


def test_numbers_stay_as_they_were_written() -> None:
    assert from_json(b'{"a": 12, "b": 1.50, "c": 1e400, "d": ' + b"9" * 5000 + b"}") == {
        "a": "12",
        "b": "1.50",
        "c": "1e400",
        "d": "9" * 5000,
    }


@pytest.mark.parametrize("text", ["\\u0000", "\\ud83d", "\\udc00x"])
def test_what_is_no_character_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(Malformed, match=r"contacts\[0\]\.email holds what is no character"):
        from_json(b'{"contacts": [{"email": "%s"}]}' % text.encode())
    with pytest.raises(Malformed, match="The name of a parameter"):
        from_json(b'{"%s": 1}' % text.encode())
    with pytest.raises(Malformed, match="The contacts holds"):
        unpacked(f'"{text}"', "The contacts")


def test_nul_in_a_form_is_refused() -> None:
    with pytest.raises(Malformed, match="name holds what is no character"):
        from_form(b"name=a%00b")


@pytest.mark.parametrize("times", [1, 2, 3])
def test_json_in_a_text_is_unpacked_however_often_it_was_packed(times: int) -> None:
    packed: Any = {"name": "x"}
    for _ in range(times):
        packed = json.dumps(packed)

    assert unpacked(packed, "metaData") == {"name": "x"}


def test_text_that_only_begins_like_json_is_refused_by_name() -> None:
    with pytest.raises(Malformed, match=r"metaData is not JSON: .* at character 1"):
        unpacked("{name}", "metaData")


def test_a_parameter_may_stand_in_address_and_body_with_one_value() -> None:
    assert together({"id": "1", "a": "2"}, {"id": "1", "b": "3"}) == {"id": "1", "a": "2", "b": "3"}
    with pytest.raises(Malformed, match='"id" is given twice, with two values'):
        together({"id": "1"}, {"id": "2"})


def test_what_came_is_quoted_short_and_printable() -> None:
    assert shown("é") == '"é"'
    assert shown("a\nb\u202e") == '"a\\nb\\u202e"'
    assert len(shown("x" * 500)) == 82
