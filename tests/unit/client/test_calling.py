from __future__ import annotations

import httpx
import pytest

from postroom import client as package
from postroom.client import (
    ApiError,
    Busy,
    Changed,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    ServerFailed,
    TooManyCalls,
    Unauthorized,
    Unreachable,
)
from postroom.client.calling import Retrying
from tests.unit.client.server import LIST, Server, client_of, good, problem


def test_a_call_carries_a_token_that_serves_for_the_next_one_too() -> None:
    server = Server([good()])
    client = client_of(server)

    client.lists.get(7)
    client.lists.get(7)

    assert server.headers("authorization") == ["Bearer token 1"] * 2
    assert server.tokens == 1
    assert str(server.asked[0].url) == "http://postroom.test/v1/lists/7"


def test_a_token_is_renewed_before_it_expires() -> None:
    server = Server([good()], expires_in=20)
    client = client_of(server)

    client.lists.get(7)
    client.lists.get(7)

    assert server.headers("authorization") == ["Bearer token 1", "Bearer token 2"]


def test_a_token_that_is_refused_is_renewed_once() -> None:
    server = Server([problem(401), good()])

    assert client_of(server).lists.get(7).name == "Spring"

    assert server.headers("authorization") == ["Bearer token 1", "Bearer token 2"]


def test_a_new_token_that_is_refused_too_is_the_end() -> None:
    server = Server([problem(401, "INVALID_TOKEN")])

    with pytest.raises(Unauthorized):
        client_of(server).lists.get(7)

    assert len(server.asked) == 2


def test_a_wrong_secret_is_told_as_such() -> None:
    said = {"error": "invalid_client", "error_description": "The client_id or the client_secret is wrong."}
    server = Server([good()], token=httpx.Response(400, json=said))

    with pytest.raises(Unauthorized, match=r"client_secret is wrong") as refused:
        client_of(server).lists.get(7)

    assert (refused.value.code, refused.value.status) == ("INVALID_CLIENT", 400)
    assert server.asked == []


def test_a_token_endpoint_that_is_busy_is_asked_again() -> None:
    server, waits = Server([good()], token=httpx.Response(429, headers={"Retry-After": "3"})), list[float]()

    with pytest.raises(TooManyCalls):
        client_of(server, waits, calls=3).lists.get(7)

    assert (server.tokens, waits) == (3, [3.0, 3.0])


@pytest.mark.parametrize(
    "passing",
    [
        problem(429),
        problem(503),
        problem(502),
        problem(504),
        problem(409, "ACCOUNT_BUSY"),
        problem(409, "KEY_IN_USE"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
        httpx.RemoteProtocolError("cut off"),
    ],
)
def test_what_passes_is_tried_again_under_the_same_key(passing: httpx.Response | Exception) -> None:
    server, waits = Server([passing, passing, good(status=201)]), list[float]()

    assert client_of(server, waits).lists.create("Spring").id == 7

    assert len(waits) == 2
    assert len(set(server.headers("idempotency-key"))) == 1
    assert server.bodies() == [{"name": "Spring", "description": None}] * 3


def test_every_write_has_a_key_of_its_own_and_reads_have_none() -> None:
    server = Server([good()])
    client = client_of(server)

    client.lists.create("Spring")
    client.lists.create("Spring")
    client.lists.create("Spring", key="mine")
    client.lists.get(7)

    first, second, mine, read = server.headers("idempotency-key")
    assert first != second
    assert (mine, read) == ("mine", None)


def test_it_gives_up_after_so_many_calls() -> None:
    server = Server([problem(503)])

    with pytest.raises(ServerFailed):
        client_of(server, calls=3).lists.get(7)

    assert len(server.asked) == 3


def test_a_server_that_is_away_is_unreachable() -> None:
    with pytest.raises(Unreachable, match=r"http://postroom\.test does not answer: refused"):
        client_of(Server([httpx.ConnectError("refused")])).lists.get(7)


def test_it_waits_as_long_as_the_server_says() -> None:
    waits = list[float]()

    client_of(Server([problem(429, **{"Retry-After": "7"}), good()]), waits).lists.get(7)

    assert waits == [7.0]


def test_it_waits_longer_each_time_but_not_for_ever() -> None:
    waits = list[float]()
    retrying = Retrying(first_seconds=1, longest_seconds=5, sleep=waits.append)

    for made in range(1, 6):
        retrying.wait(made, None)
    retrying.wait(1, 3600)

    assert [0.5 <= waits[0] <= 1, 1 <= waits[1] <= 2, 2 <= waits[2] <= 4] == [True] * 3
    assert max(waits) == 5


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Invalid),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (409, Busy),
        (412, Changed),
        (413, Invalid),
        (422, Invalid),
        (429, TooManyCalls),
        (500, ServerFailed),
        (503, ServerFailed),
    ],
)
def test_each_refusal_has_its_kind_and_what_the_server_said(status: int, kind: type[Problem]) -> None:
    with pytest.raises(kind) as refused:
        client_of(Server([problem(status)]), calls=1).lists.get(7)

    error = refused.value
    assert (str(error), error.status, error.code) == ("It is odd.", status, "ODD")
    assert (error.details, error.request_id) == ({"ids": [7]}, "abc")
    assert isinstance(error, ApiError)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 422, 500])
def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    server = Server([problem(status), good()])

    with pytest.raises(Problem):
        client_of(server).lists.get(7)

    assert len(server.asked) == 1


@pytest.mark.parametrize("said", [b"<html>Bad Gateway</html>", b"[]", b'"x"', b""])
def test_an_answer_that_is_no_problem_of_ours_is_told_by_its_status(said: bytes) -> None:
    with pytest.raises(ServerFailed, match="Bad Gateway") as failed:
        client_of(Server([httpx.Response(502, content=said)]), calls=1).lists.get(7)

    assert failed.value.code == "HTTP_502"


def test_members_that_a_newer_server_adds_are_passed_over() -> None:
    assert client_of(Server([good({**LIST, "colour": "green"})])).lists.get(7).name == "Spring"


def test_everything_that_a_program_needs_is_in_one_place() -> None:
    assert set(package.__all__) <= set(dir(package))
