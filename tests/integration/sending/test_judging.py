"""Who gets a message: the one statement that judges a whole list, held to the law said person by person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.campaigns import NotSentReason, SuppressionKind, not_sent_for
from postroom.contacts.levels import list_scope
from postroom.contacts.optouts import OptOutReason
from postroom.store.database import Connection
from tests.integration.sending.marketing import NOON, Marketer

ADDRESSES = [None, *(f"{name}@example.com" for name in ("ann", "bob", "eve", "joe", "kim"))]
MOMENTS = [None, NOON - timedelta(days=1), NOON + timedelta(days=1)]


@dataclass(frozen=True)
class World:
    """People by the place of their address, who is on the list, what stands against which address."""

    people: list[str | None]
    members: list[bool]
    seeds: list[bool]
    optouts: dict[tuple[str, str], OptOutReason]
    universal: set[str]
    suppressions: dict[tuple[str, str], tuple[SuppressionKind, int]]


def law(world: World, address: str | None, seen: set[str]) -> NotSentReason | None:
    """Say why an address gets no message, the plain way."""
    if address is None:
        return NotSentReason.NO_ADDRESS
    reasons = {
        reason
        for (scope, whose), reason in world.optouts.items()
        if whose == address and scope in {"EMAIL", "list"}
    }
    kind, place = world.suppressions.get(("EMAIL", address), (None, 0))
    until = MOMENTS[place]
    stands = kind if until is None or until > NOON else None
    if OptOutReason.SPAM in reasons or stands is SuppressionKind.BLACKLIST:
        return NotSentReason.BLACKLISTED
    if reasons & {OptOutReason.ACCOUNT, OptOutReason.CONTACT} or address in world.universal:
        return NotSentReason.NOT_SUBSCRIBED
    if OptOutReason.HARD_BOUNCE in reasons:
        return NotSentReason.QUARANTINE_LONG_TERM
    if stands is not None:
        return not_sent_for(stands)
    return NotSentReason.DUPLICATE_ADDRESS if address in seen else None


def judged(world: World) -> tuple[list[str], dict[int, str]]:
    """Return who gets a message, and by contact why others get none."""
    sent: list[str] = []
    unsent: dict[int, str] = {}
    for number, address in enumerate(world.people, 1):
        if not (world.members[number - 1] or world.seeds[number - 1]):
            continue
        reason = law(world, address, set(sent))
        if reason is None and address is not None:
            sent.append(address)
        elif reason is not None:
            unsent[number] = reason.value
    return sent, unsent


_addresses = st.sampled_from([each for each in ADDRESSES if each])
_flags = st.lists(st.booleans(), min_size=8, max_size=8)
_worlds = st.builds(
    World,
    people=st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=8),
    members=_flags,
    seeds=_flags,
    optouts=st.dictionaries(
        st.tuples(st.sampled_from(["EMAIL", "SMS", "list", "other"]), _addresses),
        st.sampled_from(list(OptOutReason)),
        max_size=6,
    ),
    universal=st.sets(_addresses, max_size=2),
    suppressions=st.dictionaries(
        st.tuples(st.sampled_from(["EMAIL", "SMS"]), _addresses),
        st.tuples(st.sampled_from(list(SuppressionKind)), st.integers(0, 2)),
        max_size=4,
    ),
)


@given(world=_worlds)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_launch_judges_as_the_law_does(marketer: Marketer, world: World) -> None:
    news, seeds = _lay_out(marketer, world)
    template = marketer.template(f"T{news}")

    campaign_id = marketer.launch(news, template, seed_list_id=seeds)

    sent, unsent = judged(world)
    assert sorted(marketer.messages(campaign_id)) == sorted(sent)
    with marketer.room.database.transaction() as connection:
        rows = connection.execute(
            "select contact_id, attributes ->> 'reason' as reason from events"
            " where type = 'message.not_sent' and campaign_id = %s",
            (campaign_id,),
        )
        assert {row["contact_id"]: row["reason"] for row in rows} == unsent
    counts = marketer.counts(campaign_id)
    assert counts.targeted == len(sent) + len(unsent)


def _lay_out(marketer: Marketer, world: World) -> tuple[int, int]:
    """Make a world, in place of the one before; return its list and its seeds."""
    account_id = marketer.account_id
    with marketer.room.database.transaction() as connection:
        for table in ("contacts", "memberships", "optouts", "universal_optouts", "suppressions"):
            connection.execute(f"delete from {table}")
        for number, address in enumerate(world.people, 1):
            connection.execute(
                "insert into contacts (account_id, contact_id, email, dedup_key)"
                " values (%s, %s, %s, gen_random_uuid())",
                (account_id, number, address),
            )
    news, seeds = marketer.writer.list_of("news"), marketer.writer.list_of("seeds")
    scopes = {"EMAIL": "EMAIL", "SMS": "SMS", "list": list_scope("news"), "other": list_scope("seeds")}
    with marketer.room.database.transaction() as connection:
        for list_id, flags in ((news, world.members), (seeds, world.seeds)):
            for number, _address in enumerate(world.people, 1):
                if flags[number - 1]:
                    connection.execute(
                        "insert into memberships (account_id, list_id, contact_id) values (%s, %s, %s)",
                        (account_id, list_id, number),
                    )
        _stand(connection, account_id, world, scopes)
    return news, seeds


def _stand(connection: Connection, account_id: int, world: World, scopes: dict[str, str]) -> None:
    for (scope, address), reason in world.optouts.items():
        connection.execute(
            "insert into optouts (account_id, scope, address, reason, act_id) values (%s, %s, %s, %s, 1)",
            (account_id, scopes[scope], address, reason.value),
        )
    for address in world.universal:
        connection.execute(
            "insert into universal_optouts (address, account_id, since_at) values (%s, %s, %s)",
            (address, account_id, NOON),
        )
    for (channel, address), (kind, place) in world.suppressions.items():
        connection.execute(
            "insert into suppressions"
            " (account_id, address, channel, kind, reason, bounces, since_at, until_at)"
            " values (%s, %s, %s, %s, 'MANUAL', 1, %s, %s)",
            (account_id, address, channel, kind.value, NOON, MOMENTS[place]),
        )
