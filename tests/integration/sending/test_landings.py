"""Where tracked links lead: pages of sites with goals learn who comes, all others nothing."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from postroom.contacts.goals import GoalKind
from postroom.drops.room import Room
from postroom.sending.goals import landing
from postroom.sending.goals.landing import Landings
from postroom.sending.goals.visitors import Visitors
from postroom.sending.tracking.visits import Hit, visit
from postroom.store.goals import create_goal
from tests.conftest import Person
from tests.integration.sending.written import NOON

SHOP = "https://shop.example.com/roses?a=b#top"


def hit(person: Person, message_id: int = 7) -> Hit:
    seen = visit(NOON, "Mozilla/5.0", "127.0.0.1", unasked=False)
    return Hit(person.account.account_id, message_id, seen, link_id=1)


def make_goal(room: Room, person: Person, pattern: str) -> None:
    with room.database.transaction() as connection:
        create_goal(connection, person.account.account_id, pattern, GoalKind.WEBVISIT, [pattern], now=NOON)


def led(landings: Landings, person: Person, *targets: str | None) -> list[str | None]:
    hits = [hit(person, number) for number in range(1, len(targets) + 1)]
    return landings.led(person.account.account_id, hits, targets)


def visitor_in(url: str | None) -> list[str]:
    assert url is not None
    return parse_qs(urlsplit(url).query).get("pr_v", [])


def test_each_click_carries_the_visitor_of_its_own_message(room: Room, alice: Person) -> None:
    make_goal(room, alice, "https://shop.example.com/thanks")
    visitors = Visitors(room.sealer)

    first, second = led(Landings(room.database, room.sealer), alice, SHOP, SHOP)

    account_id = alice.account.account_id
    assert visitor_in(first) == [visitors.visitor(account_id, 1)]
    assert visitor_in(second) == [visitors.visitor(account_id, 2)]
    assert first is not None
    assert first.startswith("https://shop.example.com/roses?a=b&pr_v=")
    assert first.endswith("#top")


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "https://shop.example.com.evil.example/",
        "https://shop.example.com:8443/",
        "http://shop.example.com/",
    ],
)
def test_pages_of_other_sites_stay_as_they_are(room: Room, alice: Person, target: str) -> None:
    make_goal(room, alice, "https://shop.example.com/thanks")

    assert led(Landings(room.database, room.sealer), alice, target) == [target]


def test_openings_and_dead_links_lead_nowhere_as_before(room: Room, alice: Person) -> None:
    make_goal(room, alice, "https://shop.example.com/thanks")

    assert led(Landings(room.database, room.sealer), alice, None, None) == [None, None]


def test_charlies_links_to_alices_site_tell_it_nothing(room: Room, alice: Person, charlie: Person) -> None:
    make_goal(room, alice, "https://shop.example.com/thanks")

    assert led(Landings(room.database, room.sealer), charlie, SHOP) == [SHOP]


def test_what_is_known_of_sites_is_asked_again_after_a_while(
    room: Room, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    landings = Landings(room.database, room.sealer)
    assert led(landings, alice, SHOP) == [SHOP]
    make_goal(room, alice, "*.example.com")
    assert led(landings, alice, SHOP) == [SHOP]

    monkeypatch.setattr("postroom.sending.goals.landing.time.monotonic", lambda: 10.0**9)

    assert visitor_in(led(landings, alice, SHOP)[0])


def test_it_never_knows_more_than_so_many_accounts(
    room: Room, alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "_MOST_KNOWN", 1)
    make_goal(room, alice, "shop.example.com")
    landings = Landings(room.database, room.sealer)

    for person in (alice, charlie, alice):
        led(landings, person, SHOP)

    assert visitor_in(led(landings, alice, SHOP)[0])
    assert led(landings, charlie, SHOP) == [SHOP]
