from __future__ import annotations

import pytest

from postroom.contacts.batches import FileRefused
from postroom.contacts.errors import Refused
from postroom.contacts.guard import Guard
from postroom.contacts.reasons import Reason, reason_text
from postroom.contacts.settings import AccountSettings


@pytest.mark.parametrize(("taken", "before"), [(0, 0), (0, 10), (2, 10), (199, 999), (1, 5)])
def test_what_is_allowed_passes(taken: int, before: int) -> None:
    Guard(20).check(Reason.TOO_MANY_LEAVE, taken=taken, before=before)


@pytest.mark.parametrize(("taken", "before"), [(3, 10), (200, 999), (1, 1), (12_340, 13_000)])
def test_what_is_too_much_is_refused_with_the_figures(taken: int, before: int) -> None:
    with pytest.raises(FileRefused) as refused:
        Guard(20).check(Reason.TOO_MANY_LEAVE, taken=taken, before=before)

    assert refused.value.figures == {"taken": taken, "before": before, "at_most_percent": 20}


@pytest.mark.parametrize(
    ("taken", "before", "told"),
    [
        (12_340, 13_000, "12340 / 13000 = 95 % (maximum 20 %)"),
        (201, 1000, "201 / 1000 = 21 % (maximum 20 %)"),
    ],
)
def test_the_share_told_is_never_one_that_would_be_allowed(taken: int, before: int, told: str) -> None:
    with pytest.raises(FileRefused) as refused:
        Guard(20).check(Reason.TOO_MANY_DELETED, taken=taken, before=before)

    assert reason_text(refused.value.reason, "en", refused.value.value) == (
        f"too many contacts would be deleted, nothing was changed: {told}"
    )


def test_without_a_guard_everything_may_go() -> None:
    Guard().check(Reason.TOO_MANY_DELETED, taken=10, before=10)

    assert not Guard().watches


def test_there_is_no_guard_unless_an_account_has_one() -> None:
    assert AccountSettings().guard_percent == 0


@pytest.mark.parametrize(("text", "percent"), [("0", 0), ("20", 20), ("20 %", 20), (" 99%", 99)])
def test_a_guard_is_set_in_percent(text: str, percent: int) -> None:
    assert AccountSettings().changed({"guard_percent": text}).guard_percent == percent


@pytest.mark.parametrize("text", ["", "-1", "100", "2.5", "many", "²"])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="a whole number from 1 to 99, or 0 for no guard"):
        AccountSettings().changed({"guard_percent": text})
