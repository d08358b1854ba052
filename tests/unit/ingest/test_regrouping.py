from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.commands import Command, Finding, Kind, Record, Run, Step
from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands.regrouping import regrouped

FIELDS = ("email", "first")
SUB = Command(Kind.SUB, (("list_id", "1"),), FIELDS)
UNSUB = Command(Kind.UNSUB, (("list_id", "1"),), FIELDS)
LAUNCH = Command(Kind.LAUNCH, (("list_id", "1"),))


def said(*commands: tuple[Command, str]) -> list[Step]:
    """Say commands of one record each, about the address or addresses that follow."""
    return [
        Run.of(
            command,
            [
                Record(place, number, place, (address, "") if command.fields else ())
                for number, address in enumerate(addresses.split(), start=1)
            ],
        )
        for place, (command, addresses) in enumerate(commands, start=1)
    ]


def told(steps: Sequence[Step]) -> list[tuple[str, str]]:
    """Return of each run its kind and its addresses."""
    return [
        (step.command.kind.value, " ".join(row[0] if row else "-" for row in step.rows))
        for step in steps
        if isinstance(step, Run)
    ]


def gathered(*commands: tuple[Command, str], **limits: int) -> list[tuple[str, str]]:
    return told(list(regrouped(said(*commands), **limits)))


def test_alternating_commands_about_different_people_become_two_runs() -> None:
    assert gathered((SUB, "a@x.fr"), (UNSUB, "b@x.fr"), (SUB, "c@x.fr"), (UNSUB, "d@x.fr")) == [
        ("sub", "a@x.fr c@x.fr"),
        ("unsub", "b@x.fr d@x.fr"),
    ]


def test_what_is_said_of_one_person_stays_in_its_order() -> None:
    assert gathered((SUB, "a@x.fr"), (UNSUB, "a@x.fr"), (SUB, "a@x.fr"), (UNSUB, "b@x.fr")) == [
        ("sub", "a@x.fr"),
        ("unsub", "a@x.fr b@x.fr"),
        ("sub", "a@x.fr"),
    ]


def test_spellings_of_one_address_are_one_person() -> None:
    assert gathered((SUB, "Ann@Münch.de"), (UNSUB, "ann@xn--mnch-0ra.de"), (SUB, "*ann@münch.de")) == [
        ("sub", "Ann@Münch.de"),
        ("unsub", "ann@xn--mnch-0ra.de"),
        ("sub", "*ann@münch.de"),
    ]


def test_nothing_moves_past_a_record_without_an_address_or_with_a_quoted_one() -> None:
    quoted = said((SUB, "a@x.fr"), (UNSUB, '"b"@x.fr'), (SUB, "c@x.fr"), (UNSUB, "d@x.fr"))

    assert told(list(regrouped(quoted))) == [
        ("sub", "a@x.fr"),
        ("unsub", '"b"@x.fr d@x.fr'),
        ("sub", "c@x.fr"),
    ]


def test_nothing_moves_past_a_command_of_another_kind() -> None:
    assert gathered((SUB, "a@x.fr"), (UNSUB, "b@x.fr"), (LAUNCH, "-"), (SUB, "c@x.fr")) == [
        ("sub", "a@x.fr"),
        ("unsub", "b@x.fr"),
        ("launch", "-"),
        ("sub", "c@x.fr"),
    ]


def test_commands_that_ask_differently_are_not_mixed() -> None:
    other = Command(Kind.SUB, (("list_id", "2"),), FIELDS)

    assert len(gathered((SUB, "a@x.fr"), (other, "b@x.fr"), (SUB, "c@x.fr"), (other, "d@x.fr"))) == 2


def test_a_command_of_several_records_stays_whole() -> None:
    assert gathered((SUB, "a@x.fr"), (UNSUB, "b@x.fr a@x.fr"), (SUB, "b@x.fr c@x.fr")) == [
        ("sub", "a@x.fr"),
        ("unsub", "b@x.fr a@x.fr"),
        ("sub", "b@x.fr c@x.fr"),
    ]


def test_a_large_run_goes_by_itself_and_lets_those_before_it_go() -> None:
    assert gathered((SUB, "a@x.fr"), (UNSUB, "b@x.fr c@x.fr"), (SUB, "d@x.fr"), large=2) == [
        ("sub", "a@x.fr"),
        ("unsub", "b@x.fr c@x.fr"),
        ("sub", "d@x.fr"),
    ]


def test_no_more_wait_than_a_window_holds() -> None:
    assert gathered((SUB, "a@x.fr"), (UNSUB, "b@x.fr"), (SUB, "c@x.fr"), window=2) == [
        ("sub", "a@x.fr"),
        ("unsub", "b@x.fr"),
        ("sub", "c@x.fr"),
    ]


def test_places_in_the_file_are_kept() -> None:
    (first, second) = regrouped(said((SUB, "a@x.fr"), (UNSUB, "b@x.fr"), (SUB, "c@x.fr")))

    assert isinstance(first, Run)
    assert isinstance(second, Run)
    assert (first.lines, first.numbers, first.ordinals) == ([1, 3], [1, 1], [1, 3])
    assert second.lines == [2]


def test_findings_pass() -> None:
    finding = Finding(2, Verdict.UNREADABLE, ordinal=2)
    before, after = said((SUB, "a@x.fr")), said((SUB, "b@x.fr"))

    assert finding in list(regrouped([*before, finding, *after]))


PEOPLE = st.sampled_from(["ann@x.fr", "Ann@x.fr", "bob@x.fr", "cy@x.fr", "dee@y.fr", "", '"q"@x.fr'])
COMMANDS = st.lists(
    st.tuples(st.sampled_from([SUB, UNSUB, LAUNCH]), st.lists(PEOPLE, min_size=1, max_size=3)), max_size=30
)


def records(steps: Sequence[Step]) -> Iterator[tuple[Command, Record]]:
    for step in steps:
        if isinstance(step, Run):
            yield from ((step.command, record) for record in step.records)


@given(commands=COMMANDS, window=st.sampled_from([1, 5, 1000]), large=st.sampled_from([2, 1000]))
def test_any_commands_are_all_there_and_each_person_meets_them_in_order(
    commands: list[tuple[Command, list[str]]], window: int, large: int
) -> None:
    steps: list[Step] = [
        Run.of(
            command,
            [
                Record(place, number, place, (address, "") if command.fields else ())
                for number, address in enumerate(addresses, start=1)
            ],
        )
        for place, (command, addresses) in enumerate(commands, start=1)
    ]

    found = list(regrouped(steps, window=window, large=large))

    def meets(each: Sequence[Step], person: str) -> list[tuple[Command, Record]]:
        return [
            (command, record)
            for command, record in records(each)
            if not command.fields or record.values[0].lower() in {person, "", '"q"@x.fr'}
        ]

    by_place = sorted(records(found), key=lambda pair: (pair[1].ordinal, pair[1].number))
    assert by_place == list(records(steps))
    for person in ("ann@x.fr", "bob@x.fr", "cy@x.fr", "dee@y.fr"):
        assert meets(found, person) == meets(steps, person)
