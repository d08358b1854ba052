"""Programs of Alice and of Charlie that call /rest."""

from __future__ import annotations

import pytest

from tests.integration.web.rest.program import Program
from tests.integration.web.site import Credentials, Site


@pytest.fixture
def program(site: Site, shop: Credentials) -> Program:
    """Return Alice's program."""
    return Program(site, site.token(shop))


@pytest.fixture
def charlies(site: Site, stranger: Credentials) -> Program:
    """Return Charlie's program."""
    return Program(site, site.token(stranger))
