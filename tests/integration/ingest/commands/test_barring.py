"""Who is opted out is not subscribed: the second truth table of the protocol, line by line."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from postroom.contacts.commands import Kind
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.verdicts import Verdict
from tests.integration.ingest.commands.batches import Realm, line

JANE = "jane@domain.com"
LIST, OTHER, GLOBAL, UNIVERSAL = "list", "other", "global", "universal"


@dataclass(frozen=True)
class Case:
    """A line of the table: what stands, whether it is forced, why it is refused, what stands after it."""

    stands: frozenset[str]
    forced: bool
    refused: Verdict | None
    left: frozenset[str]
    cleared: int = 0


def case(stands: str, refused: Verdict | None, forced_refused: Verdict | None, left: str) -> list[Case]:
    """Return both columns of a line of specs, command batches 6.3; forced, only `left` still stands."""
    before, after = frozenset(stands.split()), frozenset(left.split())
    return [
        Case(before, False, refused, before),
        Case(before, True, forced_refused, after, len(before) - len(after)),
    ]


CASES = [
    *case("", None, None, ""),
    *case("list", Verdict.OPTED_OUT, None, ""),
    *case("other", None, None, "other"),
    *case("global", Verdict.OPTED_OUT, None, ""),
    *case("global list", Verdict.OPTED_OUT, None, ""),
    *case("global other", Verdict.OPTED_OUT, None, "other"),
    *case("universal", Verdict.UNIVERSALLY_OPTED_OUT, Verdict.UNIVERSALLY_OPTED_OUT, "universal"),
    *case(
        "universal global list",
        Verdict.UNIVERSALLY_OPTED_OUT,
        Verdict.UNIVERSALLY_OPTED_OUT,
        "universal global list",
    ),
]


def told(case: Case) -> str:
    """Name a case alike in every process: sets have an order of their own in each."""
    return " ".join([*sorted(case.stands), "forced" if case.forced else "plain"])


@pytest.mark.parametrize("known", ["a stranger", "a contact"])
@pytest.mark.parametrize("case", CASES, ids=told)
def test_every_line_of_the_table(realm: Realm, case: Case, known: str) -> None:
    news, other = realm.new_list("news"), realm.new_list("other")
    scopes = {LIST: "list:news", OTHER: "list:other", GLOBAL: "EMAIL"}
    if known == "a contact":
        realm.send(line(Kind.SAVE, "email,first", f"{JANE},Jane"))
    stand(realm, case.stands, news, other)

    answer = realm.send(
        line(Kind.SUB, "email,first", f"{JANE},Janet", "mary@domain.com,Mary", list_id=news),
        force_sub=case.forced,
    )

    assert (JANE in realm.members(news)) == (case.refused is None)
    assert "mary@domain.com" in realm.members(news)
    assert answer.failures == ([(1, 1, case.refused, JANE)] if case.refused else [])
    first = dict(realm.contacts()).get(JANE)
    assert first == ("Janet" if case.refused is None else "Jane" if known == "a contact" else None)
    left = {name for name, scope in scopes.items() if (scope, JANE) in realm.optouts()}
    assert left | ({UNIVERSAL} if realm.universal_optouts() else set()) == case.left
    assert answer.tally.cleared == case.cleared


def stand(realm: Realm, levels: frozenset[str], news: int, other: int) -> None:
    """Opt Jane out at these levels, by files."""
    realm.universal = [realm.account_id] if UNIVERSAL in levels else []
    lists = {LIST: news, OTHER: other, GLOBAL: 0}
    for level in sorted(levels - {UNIVERSAL}):
        realm.send(line(Kind.UNSUB, "email", JANE, list_id=lists[level]), force_optout=True)
    if UNIVERSAL in levels:
        realm.send(line(Kind.UNSUB, "email", JANE, list_id=0), force_optout=True, universal=True)


@pytest.mark.parametrize("kind", [Kind.SMART_SUB, Kind.RELATIONAL_SUB])
def test_blocks_follow_the_same_table(realm: Realm, kind: Kind) -> None:
    news = realm.new_list()
    stand(realm, frozenset({LIST}), news, news)

    answer = realm.send(line(kind, "email", JANE, list_id=news))

    assert answer.failures == [(1, 1, Verdict.OPTED_OUT, JANE)]


def test_a_second_list_of_the_name_is_barred_as_the_first(realm: Realm) -> None:
    first, second, other = realm.new_list("news"), realm.new_list("news"), realm.new_list("other")
    stand(realm, frozenset({LIST}), first, first)

    answer = realm.send(
        line(Kind.SUB, "email", JANE, list_id=second), line(Kind.SUB, "email", JANE, list_id=other)
    )

    assert answer.failures == [(1, 1, Verdict.OPTED_OUT, JANE)]
    assert (realm.members(second), realm.members(other)) == ([], [JANE])


def test_saving_is_not_kept_by_any_opt_out(realm: Realm) -> None:
    stand(realm, frozenset({GLOBAL, UNIVERSAL}), 0, 0)

    answer = realm.send(line(Kind.SAVE, "email,first", f"{JANE},Jane"))

    assert realm.contacts() == [(JANE, "Jane")]
    assert answer.failures == []


@pytest.mark.parametrize("reason", [OptOutReason.SPAM, OptOutReason.HARD_BOUNCE])
def test_forcing_lifts_no_complaint_and_no_hard_bounce(realm: Realm, reason: OptOutReason) -> None:
    news = realm.new_list()
    stand(realm, frozenset({LIST}), news, news)
    realm.opt_out(JANE, reason)
    before = realm.optouts()

    answer = realm.send(line(Kind.SUB, "email", JANE, list_id=news), force_sub=True)

    assert answer.failures == [(1, 1, Verdict.OPTED_OUT, JANE)]
    assert realm.optouts() == before
    assert answer.tally.cleared == 0


def test_forcing_lifts_them_where_the_account_says_so(realm: Realm) -> None:
    news = realm.new_list()
    realm.settle(optin_lifts_complaints="true")
    realm.opt_out(JANE, OptOutReason.SPAM)

    realm.send(line(Kind.SUB, "email", JANE, list_id=news), force_sub=True)

    assert realm.members(news) == [JANE]
    assert realm.optouts() == {}


def test_the_line_may_force_by_itself(realm: Realm) -> None:
    news = realm.new_list()
    stand(realm, frozenset({LIST}), news, news)

    realm.send(line(Kind.SUB, "email", JANE, list_id=news, force_sub="1"))

    assert realm.members(news) == [JANE]


def test_of_several_lists_only_the_opted_out_one_is_refused(realm: Realm) -> None:
    news, other = realm.new_list("news"), realm.new_list("other")
    stand(realm, frozenset({LIST}), news, other)

    answer = realm.send(line(Kind.SUB, "email", JANE, list_id=f"{news},{other}"))

    assert (realm.members(news), realm.members(other)) == ([], [JANE])
    assert answer.failures == [(1, 1, Verdict.OPTED_OUT, JANE)]
    assert answer.tally.records_failed == 1


def test_the_order_of_the_file_counts(realm: Realm) -> None:
    news = realm.new_list()

    answer = realm.send(
        line(Kind.SUB, "email", JANE, list_id=news),
        line(Kind.UNSUB, "email", JANE, list_id=news),
        line(Kind.SUB, "email", JANE, list_id=news),
        line(Kind.SUB, "email", JANE, list_id=news, force_sub=1),
    )

    assert answer.failures == [(3, 1, Verdict.OPTED_OUT, JANE)]
    assert realm.members(news) == [JANE]
    assert (answer.tally.subscribed, answer.tally.unsubscribed, answer.tally.cleared) == (1, 1, 1)
