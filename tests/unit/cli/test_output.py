from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from postroom.cli.output import print_facts, print_json, print_table, say, shown, visible
from postroom.contacts.batches import Mode

PARIS = timezone(timedelta(hours=1))

Captured = pytest.CaptureFixture[str]


def test_json_has_times_in_utc_numbers_as_numbers_and_readable_letters(capsys: Captured) -> None:
    moment = datetime(2026, 3, 1, 0, 30, 5, tzinfo=PARIS)

    print_json({"at": moment, "on": date(1990, 2, 1), "count": 3, "mode": Mode.ADD, "path": Path("é")})

    text = capsys.readouterr().out
    assert json.loads(text) == {
        "at": "2026-02-28T23:30:05Z",
        "on": "1990-02-01",
        "count": 3,
        "mode": "add",
        "path": "é",
    }
    assert "é" in text


def test_json_says_what_it_cannot_write() -> None:
    with pytest.raises(TypeError, match="bytes"):
        print_json(b"blob")


def test_json_escapes_what_a_terminal_would_obey(capsys: Captured) -> None:
    name = "a\x1b[2J\x9b2J\u202eb"

    print_json([name])

    text = capsys.readouterr().out
    assert json.loads(text) == [name]
    assert not set(name) & set("\x1b\x9b\u202e") & set(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (datetime(2026, 3, 1, 0, 30, 5, 999, tzinfo=PARIS), "2026-02-28 23:30:05 UTC"),
        (["a", "b"], "a, b"),
        ("two\nlines", "two\\nlines"),
        ("Zoé – 3 €", "Zoé – 3 €"),
    ],
)
def test_values_are_said_as_people_read_them(value: object, text: str) -> None:
    assert shown(value) == text


def test_control_characters_are_made_visible() -> None:
    assert visible("a\x07\x7f\x85\u2028\u2066b") == "a\\x07\\x7f\\x85\\u2028\\u2066b"


def test_a_sentence_stays_one_line(capsys: Captured) -> None:
    say("gone\r\nforged: all is well")

    assert capsys.readouterr().out == "gone\\r\\nforged: all is well\n"


def test_a_table_aligns_numbers_and_leaves_markup_alone(capsys: Captured) -> None:
    rows = [{"name": "[red]Zoé[/red] :smile:", "count": 5}, {"name": "b", "count": 12345}]

    print_table({"name": "Name", "count": "Count"}, rows, empty="none")

    assert capsys.readouterr().out.splitlines() == [
        "Name                    Count",
        "[red]Zoé[/red] :smile:      5",
        "b                       12345",
    ]


def test_a_piped_table_wraps_nothing(capsys: Captured) -> None:
    print_table({"name": "Name"}, [{"name": "x" * 5000}], empty="none")

    assert capsys.readouterr().out.splitlines() == ["Name", "x" * 5000]


def test_an_empty_table_is_a_sentence(capsys: Captured) -> None:
    print_table({"name": "Name"}, [], empty="Nothing yet.")

    assert capsys.readouterr().out == "Nothing yet.\n"


def test_facts_that_are_not_there_are_left_out(capsys: Captured) -> None:
    print_facts({"name": "acme", "list": None, "created": datetime(2026, 1, 1, tzinfo=UTC)})

    assert capsys.readouterr().out.splitlines() == [
        "name     acme",
        "created  2026-01-01 00:00:00 UTC",
    ]
