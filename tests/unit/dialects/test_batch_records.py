"""How a record is split into values, and a list of names into fields."""

from __future__ import annotations

import time

import pytest

from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.records import (
    MAX_FIELDS,
    FieldsRefused,
    counted,
    field_list,
    field_name,
    split,
    values,
)
from postroom.dialects.batches.text import shown, text_of, unescaped, without_secrets

RECORDS = [
    ("a@b.c,Alice", ["a@b.c", "Alice"]),
    (" a@b.c , Alice ", ["a@b.c", "Alice"]),
    ("a@b.c,", ["a@b.c", ""]),
    (",", ["", ""]),
    ('"a@b.c","Alice, of Ely"', ["a@b.c", "Alice, of Ely"]),
    (' "a@b.c" , "Alice" ', ["a@b.c", "Alice"]),
    (r'"a@b.c","the \"A\""', ["a@b.c", 'the "A"']),
    ('"a@b.c","the ""A"""', ["a@b.c", 'the "A"']),
    (r'"a@b.c","\"\""', ["a@b.c", '""']),
    ('"a@b.c",""', ["a@b.c", ""]),
    ('"a@b.c",""""', ["a@b.c", '"']),
    ('"a@b.c","C:\\"', ["a@b.c", "C:\\"]),
    ('a@b.c,6" pipe', ["a@b.c", '6" pipe']),
    ('a@b.c,"never closed', ["a@b.c", '"never closed']),
    ('a@b.c,"closed" early', ["a@b.c", '"closed" early']),
    ("a@b.c,A%2CB", ["a@b.c", "A,B"]),
    ('"a@b.c","50%25 %26 more"', ["a@b.c", "50% & more"]),
    ("a%2Bnews@b.c,A+B", ["a+news@b.c", "A+B"]),
    ("a@b.c,%22A%22", ["a@b.c", '"A"']),
    ("a@b.c,100%", ["a@b.c", "100%"]),
    ("a@b.c,%C3%A9t%E9", ["a@b.c", "été"]),
    ("a@b.c,%00A%20", ["a@b.c", "A"]),
]


@pytest.mark.parametrize(("record", "expected"), RECORDS)
def test_a_record_is_split_at_its_delimiter_and_then_unescaped(record: str, expected: list[str]) -> None:
    assert split(record, ",", 2) == expected


@pytest.mark.parametrize("delimiter", ["\t", "|", ";"])
def test_other_delimiters_leave_commas_alone(delimiter: str) -> None:
    assert split(f'a@b.c{delimiter}{delimiter}"A{delimiter}B",C', delimiter, 4) == [
        "a@b.c",
        "",
        '"A',
        'B",C',
    ]
    assert split(f'a@b.c{delimiter}"A{delimiter}B"{delimiter}C,D', delimiter, 3) == [
        "a@b.c",
        f"A{delimiter}B",
        "C,D",
    ]


def test_no_more_values_are_made_than_tell_that_there_are_too_many() -> None:
    assert len(values("," * 100_000, ",", 3)) == 4
    assert len(values('"a",' * 100_000, ",", 3)) == 4
    assert counted("a,b,c,d", ",", 3) == "4 / 3"
    assert counted("," * 100_000, ",", 3) == f"> {MAX_FIELDS} / 3"


@pytest.mark.parametrize(
    "piece", ['"', '",', '"a,', '\\",', '"\\"', '"" "', '"""x,', ',"\\""', '"a" ,"', ' "', '"\\" ,', " , "]
)
def test_whatever_a_stranger_writes_the_time_is_linear(piece: str) -> None:
    record = piece * (400_000 // len(piece))
    start = time.process_time()

    values(record, ",", 500)
    values(f'"{record}', ",", 500)

    assert time.process_time() - start < 2


FIELDS = [
    ("email", ("email",), ","),
    ("email,first", ("email", "first"), ","),
    (" email , first ", ("email", "first"), ","),
    ("email\tfirst\tlast", ("email", "first", "last"), "\t"),
    ("email|first|custom_gender", ("email", "first", "custom_gender"), "|"),
    ('"email","first"', ("email", "first"), ","),
    ('"email"|"custom_a,b"', ("email", "custom_a,b"), "|"),
    ("EMAIL,Address_1,CUSTOM_Age,interests.Id", ("email", "address_1", "custom_Age", "interests.Id"), ","),
    ("email,custom_my%20age", ("email", "custom_my age"), ","),
]


@pytest.mark.parametrize(("text", "names", "delimiter"), FIELDS)
def test_names_of_fields_tell_the_delimiter_of_the_records(
    text: str, names: tuple[str, ...], delimiter: str
) -> None:
    fields = field_list(text)

    assert (fields.names, fields.delimiter) == (names, delimiter)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("email,first|last", Verdict.MIXED_DELIMITERS),
        ("email\tfirst,last", Verdict.MIXED_DELIMITERS),
        ("email,,last", Verdict.MISSING_FIELD),
        ("email,first,", Verdict.MISSING_FIELD),
        ("email,first,Email", Verdict.REPEATED_FIELD),
        (",".join(f"custom_{n}" for n in range(MAX_FIELDS + 1)), Verdict.TOO_BIG),
        (f"email,custom_{'x' * 250}", Verdict.TOO_BIG),
    ],
)
def test_names_that_cannot_be_told_apart_are_refused(text: str, verdict: Verdict) -> None:
    with pytest.raises(FieldsRefused) as refused:
        field_list(text)

    assert refused.value.verdict is verdict


def test_a_delimiter_that_is_given_is_the_only_one() -> None:
    assert field_list("email,first|last", "|").names == ("email,first", "last")
    assert field_list("email", "|").delimiter == "|"


@pytest.mark.parametrize(
    ("written", "compared"),
    [("Email", "email"), (" ZIP ", "zip"), ("Custom_AGE", "custom_AGE"), ("Colour", "Colour"), ("", "")],
)
def test_fields_of_the_protocol_have_no_case_and_others_do(written: str, compared: str) -> None:
    assert field_name(written) == compared


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"abc", "abc"),
        ("été €".encode(), "été €"),
        ("été €".encode("cp1252"), "été €"),
        (b"\x81\x8d", "\x81\x8d"),
        (b"a\0b", "ab"),
    ],
)
def test_bytes_are_utf8_or_else_windows_1252(raw: bytes, text: str) -> None:
    assert text_of(raw) == text


def test_escapes_beside_other_characters_leave_these_alone() -> None:
    assert unescaped("é%E9 %C3%A9") == "éé é"


@pytest.mark.parametrize(
    ("line", "told"),
    [("password=hidden", "password="), ("Pass Word", "…"), ("hidden", "…"), (" pwd = x=y", "pwd=")],
)
def test_nothing_that_may_be_secret_is_told_of_a_line(line: str, told: str) -> None:
    assert shown(line) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("save password=hidden", "save password=…"),
        ("list_id=5 PWD : hidden", "list_id=5 PWD : …"),
        ("client_auth = hidden", "client_auth = …"),
        ("password=", "password="),
        ("custom_password_hint", "custom_password_hint"),
    ],
)
def test_a_secret_that_stands_where_none_belongs_is_not_told(text: str, told: str) -> None:
    assert without_secrets(text) == told
