"""The link to what is wrong with an import: good by itself as long as the report is, and for nothing else."""

from __future__ import annotations

import httpx
import pytest

from postroom.drops.expiring import expire
from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.drops.clock import Clock
from tests.integration.web.operations.importing import PEOPLE, Program
from tests.integration.web.site import Credentials, Site, bearer, make_client

REPORT = "Email;Nom;Ligne;Code;Motif\nnobody;Petit;4;INVALID_EMAIL;e-mail invalide : nobody\n"


@pytest.fixture
def link(web_room: Room, alice: Person) -> str:
    """Return the path of what is wrong with Alice's import."""
    errors = Program(web_room, alice).bring(PEOPLE).errors
    assert errors is not None
    return errors


def refusal(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["code"])


def test_the_link_works_by_itself(site: Site, link: str) -> None:
    answer = site.calls.get(link)

    assert answer.content.decode("cp1252") == REPORT
    assert answer.headers["content-type"].startswith("text/csv")
    assert ".csv.errors.csv" in answer.headers["content-disposition"]
    assert answer.headers["content-length"] == str(len(REPORT))


def test_the_link_of_a_file_that_was_refused_leads_to_the_reason(
    site: Site, web_room: Room, alice: Person
) -> None:
    errors = Program(web_room, alice).bring("Nothing\nof use\n").errors
    assert errors is not None

    answer = site.calls.get(errors)

    assert answer.headers["content-type"].startswith("text/plain")
    assert "en-tête" in answer.content.decode("latin-1")


def test_a_changed_byte_is_refused_wherever_it_is(site: Site, link: str) -> None:
    """All of the signature, and the id that it is about: the last character too, which has spare bits."""
    start = link.index("signature=") + len("signature=")
    for place in range(start, len(link)):
        for other in ("A", "B", "8", "-"):
            changed = link[:place] + other + link[place + 1 :]
            if changed != link:
                assert refusal(site.calls.get(changed), 403) == "INVALID_LINK"


def test_the_link_of_one_import_opens_no_other(
    site: Site, link: str, web_room: Room, alice: Person, charlie: Person
) -> None:
    signature = link.partition("?")[2]
    others = [Program(web_room, each).bring(PEOPLE).errors for each in (alice, charlie)]

    for other in others:
        assert other is not None
        answer = site.calls.get(f"{other.partition('?')[0]}?{signature}")
        assert refusal(answer, 403) == "INVALID_LINK"


@pytest.mark.parametrize("signature", ["", "é", "%00", "%F0%9F%98%80", "x" * 5000, "="])
def test_nonsense_is_no_signature(site: Site, link: str, signature: str) -> None:
    answer = site.calls.get(f"{link.partition('?')[0]}?signature={signature}")

    assert refusal(answer, 403) == "INVALID_LINK"


def test_without_a_signature_a_token_is_needed(site: Site, link: str, shop: Credentials) -> None:
    path = link.partition("?")[0]

    assert refusal(site.calls.get(path), 401) == "NO_TOKEN"
    assert site.calls.get(path, headers=bearer(site.token(shop))).text == REPORT


def test_whose_token_it_is_counts_even_with_the_signature(
    site: Site, link: str, shop: Credentials, stranger: Credentials
) -> None:
    assert site.calls.get(link, headers=bearer(site.token(shop))).text == REPORT
    assert refusal(site.calls.get(link, headers=bearer(site.token(stranger))), 404) == "NO_REPORT"
    assert refusal(site.calls.get(link, headers=bearer("nonsense")), 401) == "INVALID_TOKEN"


def test_with_a_token_the_id_alone_is_enough_for_ones_own(
    site: Site, web_room: Room, alice: Person, shop: Credentials, stranger: Credentials
) -> None:
    import_id = Program(web_room, alice).bring(PEOPLE).import_id
    path = f"/rest/imports/{import_id}/errors.csv"

    assert site.calls.get(path, headers=bearer(site.token(shop))).text == REPORT
    assert refusal(site.calls.get(path, headers=bearer(site.token(stranger))), 404) == "NO_REPORT"


def test_a_client_that_may_neither_import_nor_read_drops_sees_no_report(
    site: Site, link: str, web_room: Room, alice: Person
) -> None:
    reader = make_client(web_room, alice, name="reader", scopes=["lists:read"])

    answer = site.calls.get(link, headers=bearer(site.token(reader)))

    assert refusal(answer, 403) == "INSUFFICIENT_SCOPE"


def test_the_link_ends_with_its_report(site: Site, link: str, web_room: Room, clock: Clock) -> None:
    clock.pass_by(29 * 24 * 3600)
    expire(web_room)
    assert site.calls.get(link).text == REPORT

    clock.pass_by(2 * 24 * 3600)
    expire(web_room)

    assert refusal(site.calls.get(link), 404) == "NO_REPORT"
