from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.web.site import GRANT, Credentials, Site, bearer, make_client, served


def payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


@pytest.mark.parametrize("path", ["/token", "/oauth/token"])
def test_a_client_gets_a_token_for_its_secret(site: Site, shop: Credentials, path: str) -> None:
    answer = site.calls.post(path, data={"grant_type": GRANT, **shop.form})

    assert answer.status_code == 200
    token = answer.json().pop("access_token")
    assert answer.json() == {
        "access_token": token,
        "expires_in": 3600,
        "token_type": "bearer",
        "scope": "basic",
    }
    assert answer.headers["cache-control"] == "no-store"


def test_the_payload_of_a_token_starts_with_its_id(site: Site, shop: Credentials) -> None:
    token = site.token(shop)

    claims = payload(token)
    assert next(iter(claims)) == "id"
    assert claims["jti"] == claims["id"]
    assert (claims["sub"], claims["aud"], claims["account"]) == (shop.client_id, "postroom-api", "alice")
    assert claims["exp"] - claims["iat"] == 3600


def test_a_form_in_parts_with_the_fields_of_other_grants_is_fine(site: Site, shop: Credentials) -> None:
    fields = {
        "grant_type": GRANT,
        **shop.form,
        "username": "alice",
        "password": "alice-secret",
        "scope": "all",
    }

    answer = site.calls.post("/token", files={name: (None, value) for name, value in fields.items()})

    assert answer.status_code == 200
    assert answer.json()["scope"] == "basic"


def test_credentials_may_come_by_http_basic(site: Site, shop: Credentials) -> None:
    pair = f"{quote_plus(shop.client_id)}:{quote_plus(shop.secret)}"
    header = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    answer = site.calls.post("/token", data={"grant_type": GRANT}, headers=header)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({"client_id": ""}, "invalid_request"),
        ({"client_secret": ""}, "invalid_request"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"client_id": "0" * 32}, "invalid_client"),
        ({"client_id": "\0' or 1=1 --"}, "invalid_client"),
        ({"client_id": "é" * 10_000}, "invalid_client"),
        ({"client_secret": "\ud7ff\0é"}, "invalid_client"),
    ],
)
def test_what_is_wrong_is_answered_as_the_standard_says(
    site: Site, shop: Credentials, change: dict[str, str], error: str
) -> None:
    answer = site.calls.post("/token", data={"grant_type": GRANT, **shop.form, **change})

    assert answer.status_code == 400
    assert answer.json().keys() == {"error", "error_description"}
    assert answer.json()["error"] == error


def test_nobody_learns_whether_the_id_or_the_secret_is_wrong(site: Site, shop: Credentials) -> None:
    wrong_id = site.calls.post("/token", data={"grant_type": GRANT, **shop.form, "client_id": "0" * 32})
    wrong_secret = site.calls.post("/token", data={"grant_type": GRANT, **shop.form, "client_secret": "no"})

    assert wrong_id.json() == wrong_secret.json()


def test_wrong_credentials_by_http_basic_are_challenged(site: Site, shop: Credentials) -> None:
    answer = site.calls.post("/token", data={"grant_type": GRANT}, auth=(shop.client_id, "wrong"))

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic /w=="])
def test_a_broken_basic_header_is_refused(site: Site, header: str) -> None:
    answer = site.calls.post("/token", data={"grant_type": GRANT}, headers={"Authorization": header})

    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=x", b"--y\r\nnothing"),
        ("multipart/form-data", b"--x--"),
        ("application/json", b'{"grant_type": "client_credentials"}'),
        ("application/x-www-form-urlencoded", b"%ff%fe=%00&&&=;"),
        ("", b""),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(site: Site, content_type: str, body: bytes) -> None:
    answer = site.calls.post("/token", content=body, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_failures_lock_a_client_out_at_that_address(site: Site, shop: Credentials) -> None:
    for _ in range(10):
        site.calls.post("/token", data={"grant_type": GRANT, **shop.form, "client_secret": "wrong"})

    answer = site.calls.post("/token", data={"grant_type": GRANT, **shop.form})

    assert answer.status_code == 429
    assert answer.json()["error"] == "invalid_client"
    assert 0 < int(answer.headers["retry-after"]) <= 15 * 60


def test_a_client_that_does_not_exist_is_locked_out_like_any_other(site: Site) -> None:
    form = {"grant_type": GRANT, "client_id": "0" * 32, "client_secret": "wrong"}
    for _ in range(10):
        site.calls.post("/token", data=form)

    assert site.calls.post("/token", data=form).status_code == 429


def test_a_good_secret_clears_earlier_failures(site: Site, shop: Credentials) -> None:
    for _ in range(2):
        for _ in range(9):
            site.calls.post("/token", data={"grant_type": GRANT, **shop.form, "client_secret": "wrong"})
        assert site.token(shop)


def test_a_disabled_client_gets_no_token(site: Site, web_room: Room, shop: Credentials) -> None:
    with web_room.database.transaction() as connection:
        connection.execute("update api_clients set enabled = false")

    answer = site.calls.post("/token", data={"grant_type": GRANT, **shop.form})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_the_scopes_of_a_client_are_told(site: Site, web_room: Room, alice: Person) -> None:
    reader = make_client(web_room, alice, scopes=("lists:read", "contacts:read"))

    answer = site.calls.post("/token", data={"grant_type": GRANT, **reader.form})

    assert answer.json()["scope"] == "lists:read contacts:read"


def test_anybody_can_verify_a_token_with_the_published_keys(site: Site, shop: Credentials) -> None:
    published = site.calls.get("/.well-known/jwks.json")

    keys = KeySet.import_key_set(published.json())
    assert jwt.decode(site.token(shop), keys, algorithms=["RS256"]).claims["sub"] == shop.client_id
    assert published.headers["cache-control"] == "public, max-age=300"


def test_the_published_keys_hold_no_secret(site: Site) -> None:
    (key,) = site.calls.get("/.well-known/jwks.json").json()["keys"]

    assert key.keys() == {"kty", "kid", "n", "e", "use", "alg"}
    assert (key["alg"], key["use"]) == ("RS256", "sig")


def test_servers_that_start_at_once_agree_on_one_key(web_room: Room, shop: Credentials) -> None:
    with served(web_room) as one, served(web_room) as other, ThreadPoolExecutor(2) as pool:
        tokens = list(pool.map(lambda site: site.token(shop), (one, other)))

        assert one.whoami(tokens[1]).status_code == 200
        assert other.whoami(tokens[0]).status_code == 200
    with web_room.database.transaction() as connection:
        assert len(connection.execute("select from signing_keys").fetchall()) == 1


def test_the_secret_half_of_a_key_is_sealed_at_rest(site: Site, web_room: Room, shop: Credentials) -> None:
    site.token(shop)

    with web_room.database.transaction() as connection:
        (row,) = connection.execute("select sealed_secret from signing_keys").fetchall()
    assert b'"d"' not in bytes(row["sealed_secret"])


def test_a_token_never_ends_up_in_a_cache_or_the_log(
    site: Site, shop: Credentials, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")

    token = site.token(shop)
    site.whoami(token)

    assert token not in caplog.text
    assert shop.secret not in caplog.text


def test_one_secret_is_good_for_any_number_of_tokens(site: Site, shop: Credentials) -> None:
    tokens = {site.token(shop) for _ in range(3)}

    assert len(tokens) == 3
    assert {site.whoami(token).status_code for token in tokens} == {200}


def test_a_wrong_method_is_answered_as_such(site: Site) -> None:
    answer = httpx.get(f"{site.calls.base_url}/token", trust_env=False)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_the_name_of_the_scheme_has_no_case(site: Site, shop: Credentials) -> None:
    token = site.token(shop)

    assert bearer(token)["Authorization"].startswith("Bearer ")
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = site.calls.get("/v1/whoami", headers={"Authorization": f"{scheme} {token}"})
        assert answer.status_code == 200
