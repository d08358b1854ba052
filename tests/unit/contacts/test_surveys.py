from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.errors import Refused
from postroom.contacts.surveys import (
    Definition,
    Kind,
    Trouble,
    definition,
    judged,
    merged,
    said_in,
)

SURVEY: dict[str, Any] = {
    "name": "satisfaction",
    "title": {"fr": "Votre avis", "en": "Your opinion"},
    "questions": [
        {
            "name": "again",
            "kind": "single",
            "label": {"fr": "Reviendrez-vous ?", "en": "Will you come again?"},
            "required": True,
            "choices": [
                {"value": "YES", "label": {"fr": "Oui", "en": "Yes"}},
                {"value": "NO", "label": {"fr": "Non", "en": "No"}},
            ],
        },
        {
            "name": "liked",
            "kind": "multi",
            "label": "Liked",
            "choices": [{"value": "ROSE", "label": "Roses"}, {"value": "POT", "label": "Pots"}],
        },
        {"name": "mark", "kind": "scale", "label": "Mark", "lowest": 0, "highest": 10},
        {"name": "age", "kind": "number", "label": "Age"},
        {"name": "visited", "kind": "date", "label": "Visited"},
        {"name": "words", "kind": "text", "label": "In your words"},
    ],
}


def changed(**changes: Any) -> dict[str, Any]:
    """Return the survey with other members."""
    return {**copy.deepcopy(SURVEY), **changes}


def question(**changes: Any) -> dict[str, Any]:
    """Return the survey with one question, changed."""
    return changed(questions=[{"name": "a", "kind": "text", "label": "A", **changes}])


def test_a_survey_is_read_and_written_back() -> None:
    survey = definition(SURVEY)

    assert [each.kind for each in survey.questions] == [
        Kind.SINGLE,
        Kind.MULTI,
        Kind.SCALE,
        Kind.NUMBER,
        Kind.DATE,
        Kind.TEXT,
    ]
    assert survey.questions[0].required
    assert survey.questions[2].values == ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
    assert definition(survey.as_json()) == survey


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ([], "the survey is an object"),
        ("survey", "the survey is an object"),
        (None, "the survey is an object"),
        ({}, "questions are a list"),
        (changed(name="two words"), "name is a technical name"),
        (changed(name="9lives"), "name is a technical name"),
        (changed(name="x" * 65), "name is a technical name"),
        (changed(name=7), "name is a technical name"),
        (changed(title=""), "title is empty"),
        (changed(title={}), "title is a text"),
        (changed(title={"de": "Meinung"}), "languages are fr, en"),
        (changed(title={"fr": 7}), "title is empty"),
        (changed(title="x" * 1001), "more than 1000 characters"),
        (changed(title="\ud800"), "title is empty"),
        (changed(questions=[]), "questions are a list of 1 to 100"),
        (changed(questions=[SURVEY["questions"][3]] * 2), "two questions have the same name"),
        (changed(questions=["a"]), r"questions\[0\] is an object"),
        (changed(script="x"), "the survey has no script"),
        (question(kind="essay"), "kind is one of"),
        (question(label=None), "label is a text"),
        (question(required="yes"), "required is true or false"),
        (question(colour="red"), "has no colour"),
        (question(choices=[{"value": "A", "label": "A"}]), "only single and multi"),
        (question(kind="single"), "choices are a list"),
        (question(kind="single", choices=[]), "choices are a list"),
        (question(kind="single", choices=[{"value": "a b", "label": "A"}]), "value has up to 64"),
        (question(kind="single", choices=[{"value": "A", "label": "A"}] * 2), "two have the same value"),
        (question(kind="scale", lowest=5, highest=5), "a scale goes from"),
        (question(kind="scale", lowest=1, highest=99), "a scale goes from"),
        (question(kind="scale", lowest=True, highest=5), "a scale goes from"),
        (question(kind="scale", lowest=10**9, highest=10**9 + 1), "a small number"),
    ],
)
def test_what_is_no_survey_is_refused_with_its_place(said: object, place: str) -> None:
    with pytest.raises(Refused, match=place) as refused:
        definition(said)

    assert refused.value.code == "BAD_SURVEY"


def answers(**given: str | list[str]) -> tuple[dict[str, Any], dict[str, Trouble]]:
    """Judge answers to all questions; the required one is answered unless it is given."""
    said = {name: [each] if isinstance(each, str) else each for name, each in given.items()}
    found = judged(definition(SURVEY), {"again": ["YES"], **said})
    return dict(found.answers), dict(found.troubles)


@pytest.mark.parametrize(
    ("name", "given", "answer"),
    [
        ("again", "NO", "NO"),
        ("liked", ["POT", "ROSE"], ["ROSE", "POT"]),
        ("liked", ["POT"], ["POT"]),
        ("mark", "10", "10"),
        ("mark", "0", "0"),
        ("age", "42", "42"),
        ("age", "3,5", "3.5"),
        ("age", "-1.25", "-1.25"),
        ("visited", "2026-02-28", "2026-02-28"),
        ("words", "  Très bien,\nmerci !  ", "Très bien,\nmerci !"),
        ("words", "<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_an_answer_is_kept_by_technical_values(name: str, given: Any, answer: Any) -> None:
    found, troubles = answers(**{name: given})

    assert troubles == {}
    assert found[name] == answer


@pytest.mark.parametrize(
    ("name", "given", "trouble"),
    [
        ("again", [], Trouble.MISSING),
        ("again", "", Trouble.MISSING),
        ("again", "MAYBE", Trouble.UNKNOWN),
        ("again", "yes", Trouble.UNKNOWN),
        ("liked", ["ROSE", "TULIP"], Trouble.UNKNOWN),
        ("mark", "11", Trouble.UNKNOWN),
        ("mark", "07", Trouble.UNKNOWN),
        ("age", "old", Trouble.NO_NUMBER),
        ("age", "1e400", Trouble.NO_NUMBER),
        ("age", "9" * 16, Trouble.NO_NUMBER),
        ("visited", "2026-02-30", Trouble.NO_DATE),
        ("visited", "28/02/2026", Trouble.NO_DATE),
        ("visited", "20260228", Trouble.NO_DATE),
        ("words", "x" * 4001, Trouble.TOO_LONG),
        ("words", "a\0b", Trouble.TOO_LONG),
        ("words", "\ud800", Trouble.TOO_LONG),
    ],
)
def test_an_answer_that_cannot_be_says_why(name: str, given: Any, trouble: Trouble) -> None:
    found, troubles = answers(**{name: given})

    assert troubles == {name: trouble}
    assert name not in found


def test_what_nobody_asked_is_passed_over() -> None:
    found, troubles = answers(unasked="x", visited="")

    assert (found, troubles) == ({"again": "YES"}, {})


def names(survey: Definition) -> list[str]:
    return [each.name for each in survey.questions]


def test_questions_keep_their_places_when_others_come_and_go() -> None:
    first = definition(changed(questions=[{"name": n, "kind": "text", "label": n} for n in "abc"]))
    second = definition(changed(questions=[{"name": n, "kind": "text", "label": n} for n in "dcb"]))

    whole = merged(first, second)

    assert names(whole) == ["a", "b", "c", "d"]
    assert [each.name for each in whole.asked] == ["b", "c", "d"]
    again = merged(whole, first)
    assert names(again) == ["a", "b", "c", "d"]
    assert [each.name for each in again.asked] == ["a", "b", "c"]


def test_a_deleted_question_asks_for_nothing() -> None:
    first = definition(
        changed(questions=[{"name": n, "kind": "text", "label": n, "required": True} for n in "ab"])
    )
    second = definition(changed(questions=[{"name": "b", "kind": "text", "label": "b"}]))

    found = judged(merged(first, second), {"a": ["still there"]})

    assert (found.answers, found.troubles) == ({}, {})


def test_a_question_stays_of_its_kind() -> None:
    with pytest.raises(Refused, match="of kind text, and stays so"):
        merged(definition(question()), definition(question(kind="number")))


def test_deleted_questions_count_too() -> None:
    def survey(start: int) -> Definition:
        asked = [{"name": f"q{n}", "kind": "text", "label": "Q"} for n in range(start, start + 60)]
        return definition(changed(questions=asked))

    with pytest.raises(Refused, match="more than 100"):
        merged(survey(0), survey(60))


def test_texts_are_said_in_the_language_that_is_there() -> None:
    assert said_in({"fr": "Oui", "en": "Yes"}, "en") == "Yes"
    assert said_in({"fr": "Oui"}, "en") == "Oui"
    assert said_in({"": "Ja", "fr": "Oui"}, "en") == "Ja"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "title", "questions", "kind", "label", "choices", "value"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(JSON)
def test_no_json_upsets_the_reader(said: object) -> None:
    with suppress(Refused):
        assert definition(said).questions


NAMES = st.sampled_from([each["name"] for each in SURVEY["questions"]])


@given(st.dictionaries(NAMES, st.lists(st.text(max_size=10))))
def test_whatever_is_answered_is_right_or_says_why(given_answers: dict[str, list[str]]) -> None:
    survey = definition(SURVEY)

    found = judged(survey, given_answers)

    assert not set(found.answers) & set(found.troubles)
    again = {name: each if isinstance(each, list) else [each] for name, each in found.answers.items()}
    assert judged(survey, again).answers == found.answers
