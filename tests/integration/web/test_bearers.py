from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from postroom.contacts.errors import Unavailable
from postroom.drops.room import Room
from postroom.store.sealing import Sealer
from postroom.store.signing import rotate_keys
from tests.conftest import Person
from tests.integration.drops.clock import Clock
from tests.integration.web.site import GRANT, Credentials, Site, make_client, served

RS256 = ["RS256"]


def test_a_token_tells_whose_call_it_is(site: Site, shop: Credentials, alice: Person) -> None:
    answer = site.whoami(site.token(shop))

    assert answer.json() == {
        "account": "alice",
        "account_id": alice.account.account_id,
        "client": shop.client_id,
        "scopes": ["basic"],
    }


def test_charlies_token_is_never_good_for_alices_account(
    site: Site, shop: Credentials, stranger: Credentials
) -> None:
    tokens = [site.token(stranger), site.token(shop)] * 2

    assert [site.whoami(token).json()["account"] for token in tokens] == ["charlie", "alice"] * 2


def test_charlie_cannot_use_his_secret_with_alices_id(
    site: Site, shop: Credentials, stranger: Credentials
) -> None:
    mixed = {"grant_type": GRANT, "client_id": shop.client_id, "client_secret": stranger.secret}

    assert site.calls.post("/token", data=mixed).json()["error"] == "invalid_client"


def test_without_a_token_the_challenge_names_no_error(site: Site) -> None:
    for headers in ({}, {"Authorization": ""}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}):
        answer = site.calls.get("/rest/whoami", headers=headers)

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="postroom"'
        assert answer.json()["status"] == 401


def tampered(token: str) -> str:
    head, body, signature = token.split(".")
    claims = {**json.loads(decoded(body)), "account": "charlie"}
    return f"{head}.{encoded(json.dumps(claims).encode())}.{signature}"


def unsigned(token: str) -> str:
    head, body, _ = token.split(".")
    changed = {**json.loads(decoded(head)), "alg": "none"}
    return f"{encoded(json.dumps(changed).encode())}.{body}."


def cut(token: str) -> str:
    return token[:-4]


def swapped(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{body}.{head}.{signature}"


def nested(_token: str) -> str:
    return f"{encoded(b'[' * 20_000)}.{'e30'}.{'AA'}"


def two_tokens(token: str) -> str:
    return f"{token} {token}"


@pytest.mark.parametrize("spoil", [tampered, unsigned, cut, swapped, nested, two_tokens])
def test_a_token_that_was_changed_is_refused(
    site: Site, shop: Credentials, spoil: Callable[[str], str]
) -> None:
    assert_refused(site, spoil(site.token(shop)))


@pytest.mark.parametrize(
    "text", ["x", "...", "a.b.c.d.e", "\xff.\xff.\xff", "x" * 50_001], ids=lambda text: text[:9]
)
def test_a_text_that_is_no_token_is_refused(site: Site, text: str) -> None:
    assert_refused(site, text)


def assert_refused(site: Site, token: str) -> None:
    header = (b"Authorization", f"Bearer {token}".encode("latin-1"))

    answer = site.calls.get("/rest/whoami", headers=[header])

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="postroom", error="invalid_token"'
    assert answer.json()["code"] == "INVALID_TOKEN"


def test_a_token_signed_by_a_stranger_is_refused(site: Site, shop: Credentials) -> None:
    key = RSAKey.generate_key(2048, auto_kid=True)
    ours = head_of(site.token(shop))["kid"]

    for kid in (key.kid, ours, "", "../../etc/passwd", "\0"):
        forged = jwt.encode({"alg": "RS256", "kid": kid}, claims_of(site.token(shop)), key, algorithms=RS256)
        assert site.whoami(forged).status_code == 401


def test_a_key_that_a_token_brings_along_is_not_believed(site: Site, shop: Credentials) -> None:
    key = RSAKey.generate_key(2048, auto_kid=True)
    ours = head_of(site.token(shop))["kid"]
    header = {"alg": "RS256", "kid": ours, "jwk": key.as_dict(private=False)}

    forged = jwt.encode(header, claims_of(site.token(shop)), key, algorithms=RS256)

    assert site.whoami(forged).status_code == 401


def test_the_public_key_is_no_secret_to_sign_with(site: Site, shop: Credentials) -> None:
    (published,) = site.calls.get("/.well-known/jwks.json").json()["keys"]
    pem = RSAKey.import_key(published).as_pem(private=False)
    head = encoded(json.dumps({"alg": "HS256", "kid": published["kid"]}).encode())
    body = site.token(shop).split(".")[1]

    for secret in (pem, pem.strip(), json.dumps(published).encode()):
        signature = encoded(hmac.digest(secret, f"{head}.{body}".encode(), "sha256"))
        assert site.whoami(f"{head}.{body}.{signature}").status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "somebody-else"},
        {"aud": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"sub": None},
        {"sub": 7},
        {"sub": "0" * 32},
        {"ver": None},
        {"ver": 2},
    ],
)
def test_a_token_of_our_key_that_says_something_else_is_refused(
    site: Site, web_room: Room, shop: Credentials, change: Mapping[str, object]
) -> None:
    token = site.token(shop)
    claims = {name: value for name, value in {**claims_of(token), **change}.items() if value is not None}

    forged = jwt.encode(head_of(token), claims, our_key(web_room), algorithms=RS256)

    assert site.whoami(forged).status_code == 401


def test_a_token_ends_after_an_hour(site: Site, shop: Credentials, clock: Clock) -> None:
    token = site.token(shop)
    clock.pass_by(3599)
    assert site.whoami(token).status_code == 200

    clock.pass_by(1)

    assert site.whoami(token).status_code == 401


def test_an_expired_token_is_refused_also_by_who_never_saw_it(
    site: Site, web_room: Room, shop: Credentials, clock: Clock
) -> None:
    token = site.token(shop)
    clock.pass_by(3600)

    with served(web_room) as another:
        assert another.whoami(token).status_code == 401


def test_a_clock_that_is_behind_the_issuers_refuses_nobody(
    site: Site, web_room: Room, shop: Credentials, clock: Clock
) -> None:
    token = site.token(shop)
    clock.pass_by(-90)

    with served(web_room) as another:
        assert another.whoami(token).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        "update api_clients set enabled = false",
        "delete from api_clients",
        "update api_clients set secret_version = secret_version + 1",
    ],
    ids=["disabled", "removed", "new secret"],
)
def test_a_client_that_fell_from_grace_is_out_within_five_seconds(
    site: Site, web_room: Room, shop: Credentials, clock: Clock, change: str
) -> None:
    token = site.token(shop)
    assert site.whoami(token).status_code == 200
    with web_room.database.transaction() as connection:
        connection.execute(change)

    clock.pass_by(5)

    assert site.whoami(token).status_code == 401


def test_what_a_client_may_do_changes_within_five_seconds(
    site: Site, web_room: Room, shop: Credentials, clock: Clock
) -> None:
    token = site.token(shop)
    site.whoami(token)
    with web_room.database.transaction() as connection:
        connection.execute("update api_clients set scopes = array['lists:read']")

    clock.pass_by(5)

    assert site.whoami(token).json()["scopes"] == ["lists:read"]


def test_a_new_key_signs_and_the_old_one_verifies_on_every_server(
    web_room: Room, shop: Credentials, clock: Clock
) -> None:
    with served(web_room) as one, served(web_room) as other:
        old = one.token(shop)
        assert other.whoami(old).status_code == 200
        rotate(web_room)
        clock.pass_by(30)

        new = one.token(shop)

        assert head_of(new)["kid"] != head_of(old)["kid"]
        assert [site.whoami(token).status_code for site in (one, other) for token in (old, new)] == [200] * 4


def test_a_server_looks_for_a_key_that_it_does_not_know_yet(
    web_room: Room, shop: Credentials, clock: Clock
) -> None:
    with served(web_room) as one:
        one.whoami(one.token(shop))
        rotate(web_room)
        clock.pass_by(3)  # too short for one to read its keys again by itself
        with served(web_room) as other:
            assert one.whoami(other.token(shop)).status_code == 200


def test_an_old_key_goes_when_its_tokens_are_gone(
    site: Site, web_room: Room, shop: Credentials, clock: Clock
) -> None:
    old = head_of(site.token(shop))["kid"]
    rotate(web_room)
    clock.pass_by(30)
    assert old in published(site)

    clock.pass_by(3600 + 120)

    assert old not in published(site)
    assert len(published(site)) == 1


def test_all_tokens_can_be_ended(site: Site, web_room: Room, shop: Credentials, clock: Clock) -> None:
    token = site.token(shop)
    assert site.whoami(token).status_code == 200
    rotate(web_room, end_tokens=True)

    clock.pass_by(30)

    assert site.whoami(token).status_code == 401
    assert site.whoami(site.token(shop)).status_code == 200


def test_who_has_another_secret_key_rotates_nothing(web_room: Room, site: Site, shop: Credentials) -> None:
    kid = head_of(site.token(shop))["kid"]

    with pytest.raises(Unavailable, match="does not open"):
        rotate(replace(web_room, sealer=Sealer([b"x" * 32])))

    assert published(site) == [kid]


def test_forged_ids_of_keys_do_not_lead_to_the_database_each_time(
    site: Site, web_room: Room, shop: Credentials
) -> None:
    token = site.token(shop)
    key = RSAKey.generate_key(2048, auto_kid=True)
    forged = jwt.encode({"alg": "RS256", "kid": key.kid}, claims_of(token), key, algorithms=RS256)
    site.whoami(forged)
    web_room.database.close()

    assert site.whoami(forged).status_code == 401


def test_a_scope_opens_its_own_door_alone(site: Site, web_room: Room, alice: Person) -> None:
    writer = make_client(web_room, alice, scopes=["lists:write", "contacts:read"])

    assert site.whoami(site.token(writer)).json()["scopes"] == ["contacts:read", "lists:write"]


def rotate(room: Room, *, end_tokens: bool = False) -> None:
    with room.database.transaction() as connection:
        rotate_keys(connection, room.sealer, room.clock(), end_tokens=end_tokens)


def published(site: Site) -> list[str]:
    return [key["kid"] for key in site.calls.get("/.well-known/jwks.json").json()["keys"]]


def our_key(room: Room) -> RSAKey:
    with room.database.transaction() as connection:
        (row,) = connection.execute("select kid, sealed_secret from signing_keys").fetchall()
    secret = room.sealer.unseal(row["sealed_secret"], f"signing-key/{row['kid']}")
    return RSAKey.import_key(json.loads(secret))


def head_of(token: str) -> dict[str, Any]:
    head: dict[str, Any] = json.loads(decoded(token.split(".", maxsplit=1)[0]))
    return head


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(decoded(token.split(".")[1]))
    return claims


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")
