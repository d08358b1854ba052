"""Two flows and one folder: whatever its locations are called, no file takes the place of another flow's."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest

from postroom.contacts.errors import Refused
from postroom.outflow.activating import activate
from postroom.outflow.locations import Wanted, create
from postroom.outflow.options import Options
from tests.integration.app.waiting import lock_waits, until
from tests.integration.outflow.exporting import Exporter

HARD, SOFT = "EMAIL_HARDBOUNCE", "EMAIL_SOFTBOUNCE"
SAME_NAME = Options(name="h_{yyyyMMdd}")
SHOP = Wanted(
    "shop", "ftps", host="files.example.com", username="alice", password="a-password", folder="in/daily"
)


def go(exporter: Exporter, flow: str, location: str | None) -> None:
    activate(exporter.depot, exporter.account_id, flow, SAME_NAME, location=location)


def test_all_that_is_kept_here_is_one_folder(exporter: Exporter) -> None:
    for name in ("here", "here2"):
        create(exporter.depot, exporter.account_id, Wanted(name, "hosted"))
    go(exporter, HARD, "here")

    with pytest.raises(Refused, match=HARD) as told:
        go(exporter, SOFT, "here2")

    assert told.value.code == "BAD_NAME"


@pytest.mark.parametrize(
    "changes", [{}, {"host": "Files.example.com"}, {"port": 21}, {"folder": "in/./daily/"}]
)
def test_two_locations_of_one_folder_are_one_target(exporter: Exporter, changes: dict[str, object]) -> None:
    create(exporter.depot, exporter.account_id, SHOP)
    create(exporter.depot, exporter.account_id, replace(SHOP, name="shop2", **changes))  # type: ignore[arg-type]  # fields of Wanted
    go(exporter, HARD, "shop")

    with pytest.raises(Refused, match="same place"):
        go(exporter, SOFT, "shop2")


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "files2.example.com"},
        {"port": 2121},
        {"username": "bob"},
        {"folder": "/in/daily"},
        {"protocol": "ftps-implicit"},
    ],
    ids=str,
)
def test_what_differs_in_anything_is_another_target(exporter: Exporter, changes: dict[str, object]) -> None:
    create(exporter.depot, exporter.account_id, SHOP)
    create(exporter.depot, exporter.account_id, replace(SHOP, name="shop2", **changes))  # type: ignore[arg-type]  # fields of Wanted

    go(exporter, HARD, "shop")
    go(exporter, SOFT, "shop2")


def test_files_that_stay_here_have_names_of_their_own_as_well(exporter: Exporter) -> None:
    go(exporter, HARD, None)

    with pytest.raises(Refused, match="same place"):
        go(exporter, SOFT, None)


def test_two_that_are_activated_at_once_are_held_apart(exporter: Exporter) -> None:
    create(exporter.depot, exporter.account_id, Wanted("here", "hosted"))
    others: list[Future[None]] = []
    with ThreadPoolExecutor(1) as pool:

        def now() -> datetime:
            """Let the other one begin in the midst of the first."""
            if not others:
                others.append(pool.submit(go, exporter, SOFT, "here"))
                until(lambda: lock_waits(exporter.room) == 1)
            return exporter.clock()

        go(exporter.at(now), HARD, "here")

    (other,) = others
    with pytest.raises(Refused, match=HARD):
        other.result(30)


def test_charlies_files_are_in_nobodys_way(exporter: Exporter, stranger: Exporter) -> None:
    for each in (exporter, stranger):
        create(each.depot, each.account_id, Wanted("here", "hosted"))

    go(exporter, HARD, "here")
    go(stranger, SOFT, "here")
