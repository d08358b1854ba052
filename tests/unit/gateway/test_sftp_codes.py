"""Each refusal has its SFTP status, and only statuses that version 3 knows."""

from __future__ import annotations

import pytest

from postroom.gateway.errors import VfsError, VfsKind
from postroom.gateway.sftp.codes import answer, our_fault, status_code

LAST_OF_VERSION_3 = 8


@pytest.mark.parametrize("kind", list(VfsKind))
def test_each_kind_of_refusal_has_a_status_of_version_3(kind: VfsKind) -> None:
    status = answer(VfsError(kind, "Because."))
    assert status.code == status_code(kind)
    assert 1 < status.code <= LAST_OF_VERSION_3
    assert status.reason == "Because."


def test_what_clients_act_upon_keeps_its_meaning() -> None:
    assert status_code(VfsKind.NOT_FOUND) == 2
    assert status_code(VfsKind.DENIED) == 3
    assert status_code(VfsKind.UNSUPPORTED) == 8


def test_a_failure_of_ours_tells_nothing_of_our_insides() -> None:
    assert (our_fault().code, our_fault().reason) == (4, "The server failed; try again later.")
