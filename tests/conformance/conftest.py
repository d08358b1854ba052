from __future__ import annotations

from collections.abc import Iterator

import pytest

from postroom.gateway.seam import Vfs
from tests.conformance.backing import Backing, MemoryBacking, RealBacking


@pytest.fixture(params=["real", "memory"])
def backing(request: pytest.FixtureRequest) -> Iterator[Backing]:
    """Each test runs over the real thing and over its fake, and leaves nothing lying about."""
    parts = (request.getfixturevalue(name) for name in ("room", "alice", "charlie"))
    backing = RealBacking(*parts) if request.param == "real" else MemoryBacking()
    yield backing
    backing.check()


@pytest.fixture
def vfs(backing: Backing) -> Vfs:
    """A session of Alice's."""
    return backing.session()
