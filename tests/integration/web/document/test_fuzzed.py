"""Random calls made from the document: each is answered as it says, and none that is refused changes a thing.

POSTROOM_TEST_FUZZ says how many calls are made of each kind; unset, few.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from postroom.drops.room import Room
from postroom.web.app import WebConfig, create_app
from postroom.web.server import WebServer
from tests.conftest import Person
from tests.integration.drops.sender import Sender
from tests.integration.web.document.state import state_of
from tests.integration.web.site import GRANT, Credentials, bearer, make_client

CALLS = int(os.environ.get("POSTROOM_TEST_FUZZ", "10"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PEOPLE = "Email;Mobile;Nom\nann@example.com;0612345678;Durand\nbob@example.com;;Martin\n"


@pytest.fixture
def address(room: Room) -> Iterator[str]:
    """Serve the application as it is, to clients that may call as often as they like."""
    server = WebServer(create_app(room, version="1.2.3", config=WebConfig(calls_per_minute=None)))
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop(1)


@pytest.mark.parametrize("kind", list(GenerationMode))
@pytest.mark.parametrize("prefix", ["/rest", "/v1"])
def test_calls_made_from_the_document_are_answered_as_it_says(
    room: Room, alice: Person, address: str, prefix: str, kind: GenerationMode
) -> None:
    Sender(room, alice).drop("people.csv", PEOPLE)
    document: Any = schemathesis.openapi.from_url(f"{address}/openapi.json")
    headers = bearer(token(address, make_client(room, alice)))
    called = 0
    for found in document.get_all_operations():
        operation = found.ok()
        if not operation.path.startswith(prefix):
            continue
        try:
            strategy = operation.as_strategy(generation_mode=kind)
            called += call_often(room, alice, strategy, headers)
        except Unsatisfiable:
            continue  # nothing can be wrong with a call that takes nothing
    assert called


def token(address: str, client: Credentials) -> str:
    """Return a token of a client."""
    answer = httpx.post(f"{address}/token", data={"grant_type": GRANT, **client.form}, trust_env=False)
    return str(answer.json()["access_token"])


def call_often(room: Room, alice: Person, strategy: st.SearchStrategy[Any], headers: dict[str, str]) -> int:
    """Make CALLS calls; return how many were made."""
    called = 0

    @settings(
        max_examples=CALLS,
        database=None,
        derandomize=CALLS < 100,  # the same calls in every run of the ordinary tests
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def check(case: Any) -> None:  # Schemathesis has no public name for it
        nonlocal called
        called += 1
        before = state_of(room, alice)
        answer = case.call(headers=headers, timeout=20)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            assert state_of(room, alice) == before, case.as_curl_command()

    check()
    return called
