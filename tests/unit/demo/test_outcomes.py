"""The demonstration notices what is not as it must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from demo.deposits import Deposit, picture, plan
from demo.outcomes import Outcome, Refusal, complaints, look_up, outcome_of, place_of, refusals
from demo.senders import Progress

REPORT = (
    "Nom;Email;Ligne;Code;Motif\n"
    "DUPONT;;4;NO_MEANS;ni e-mail, ni téléphone fixe, ni mobile\n"
    "DURAND;x@;9;INVALID_EMAIL;e-mail invalide : x@\n"
    'MARTIN;"";12;NO_MEANS;ni e-mail, ni téléphone fixe, ni mobile\n'
).encode("cp1252")


class Tree:
    """A sender who sees what it is told is there."""

    protocol = "SFTP"

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)

    def put(self, content: bytes, path: str, progress: Progress) -> None:
        self.files[path] = content
        progress(len(content))

    def names(self, directory: str) -> list[str]:
        return sorted(path.rpartition("/")[2] for path in self.files if path.rpartition("/")[0] == directory)

    def fetch(self, path: str) -> bytes:
        return self.files[path]

    def remove(self, path: str) -> None:
        del self.files[path]


def deposit(**changes: Any) -> Deposit:
    given: dict[str, Any] = {
        "name": "a.csv",
        "protocol": "SFTP",
        "content": b"",
        "counts": {"created": 2},
        "members": 2,
    }
    return Deposit(**{**given, **changes})


def good_outcome(given: Deposit) -> Outcome:
    return Outcome(
        given,
        "/contacts/import/ok/17_a.csv",
        drop={"counts": {"created": 2}, "list": {"id": 5, "name": "a"}, "failure": None},
        members=2,
    )


def test_a_report_is_summed_up_by_reason() -> None:
    assert refusals(REPORT) == [
        Refusal("NO_MEANS", 2, "4", "ni e-mail, ni téléphone fixe, ni mobile"),
        Refusal("INVALID_EMAIL", 1, "9", "e-mail invalide : x@"),
    ]
    assert refusals(b"") == []


def test_nothing_is_said_when_all_is_as_expected() -> None:
    assert complaints(good_outcome(deposit())) == []


@pytest.mark.parametrize(
    ("expected", "what"),
    [
        ({"counts": {"created": 3}}, "created is 2, expected 3"),
        ({"members": 3}, "contacts on its list is 2, expected 3"),
        ({"failure": "NOT_TEXT"}, "failure is None, expected NOT_TEXT"),
        ({"refused": Counter(NO_MEANS=1)}, "refused by reason is {}, expected {'NO_MEANS': 1}"),
        ({"warnings": Counter(BAD_DATE=1)}, "warnings by reason is {}, expected {'BAD_DATE': 1}"),
    ],
)
def test_whatever_differs_is_said(expected: dict[str, Any], what: str) -> None:
    assert complaints(good_outcome(deposit(**expected))) == [f"a.csv (SFTP): {what}"]


@pytest.mark.parametrize("state", ["in", "on", "ok", "ko"])
def test_a_file_is_found_wherever_it_stands(state: str) -> None:
    name = "a.csv" if state == "in" else "1700000000_a.csv"
    tree = Tree({f"/contacts/import/{state}/{name}": b""})

    assert place_of(tree, "a.csv", frozenset()) == state


def test_an_earlier_file_of_the_same_name_is_not_taken_for_it() -> None:
    tree = Tree({"/contacts/import/ok/17_a.csv": b""})

    assert place_of(tree, "a.csv", frozenset({"17_a.csv"})) is None


def test_the_reports_beside_a_file_are_fetched() -> None:
    folder = "/contacts/import/ok"
    tree = Tree(
        {f"{folder}/17_a.csv": b"", f"{folder}/17_a.csv.errors.csv": REPORT, f"{folder}/9_a.csv": b""}
    )

    outcome = outcome_of(deposit(), tree, "ok", frozenset({"9_a.csv"}))

    assert outcome.path == "/contacts/import/ok/17_a.csv"
    assert [each.code for each in outcome.refused] == ["NO_MEANS", "INVALID_EMAIL"]
    assert outcome.error == ""


def test_the_newest_drop_of_its_name_is_the_one_looked_up() -> None:
    answers = {
        "drop": [
            {"file": "a.csv", "id": "1-3", "list": {"id": 5, "name": "a"}},
            {"file": "a.csv", "id": "1-1", "list": None},
        ],
        "list": [{"id": 5, "members": 7}],
    }
    outcome = Outcome(deposit(), "")

    look_up([outcome], lambda group, *_rest: answers[group], "alice")

    assert (outcome.drop["id"], outcome.members) == ("1-3", 7)


def test_the_plan_sends_sample_and_large_file_over_both_protocols() -> None:
    files = [each for wave in plan(100) for each in wave]

    assert {(each.name, each.protocol) for each in files if each.members and each.members > 3} == {
        ("base-clients.csv", "SFTP"),
        ("base-clients.csv", "FTPS"),
    }
    assert {each.protocol for each in files if each.members == 3} == {"SFTP", "FTPS"}
    assert [each.failure for each in files if each.failure] == ["NOT_TEXT"]


def test_the_picture_is_one() -> None:
    assert picture().startswith(b"\x89PNG\r\n\x1a\n")
    assert picture().endswith(b"IEND\xaeB`\x82")
