from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from postroom.web.api.rest.describing import schemas_of
from postroom.web.api.rest.fields import file, ids, text
from postroom.web.api.rest.output import Count
from postroom.web.api.rest.reading import FORM, JSON, MULTIPART
from postroom.web.api.rest.resources import COUNT_SCHEMA, VERBS, Action, Asked, Resource, listing_schema
from postroom.web.api.rest.routes import routes_of
from postroom.web.app import create_app
from postroom.web.describing import DescribedApp
from tests.unit.web.test_app import roomless


def run(asked: Asked) -> Count:
    return Count(0)


SHOES = Resource(
    "shoes",
    {
        "read": Action("Read shoes.", run, listing_schema({"id": {}}), {"id": ids("Which.")}, safe=True),
        "create": Action("Make a shoe.", run, COUNT_SCHEMA, {"name": text("Its name.")}),
        "paint": Action("Paint shoes.", run, COUNT_SCHEMA, {"id": text("One."), "photo": file("How.")}),
    },
)


@pytest.fixture(scope="module")
def shoes() -> dict[str, Any]:
    app = DescribedApp(schemas=schemas_of([SHOES]))
    app.include_router(routes_of([SHOES]))
    return app.openapi()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(roomless(), version="1.2.3").openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        if path.startswith("/rest/"):
            yield from ((path, verb, operation) for verb, operation in item.items())


def names(operation: dict[str, Any]) -> set[str]:
    return {each["name"] for each in operation["parameters"] if each["in"] == "query"}


def body(document: dict[str, Any], operation: dict[str, Any], kind: str) -> dict[str, Any]:
    reference = operation["requestBody"]["content"][kind]["schema"]["$ref"]
    found: dict[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def test_a_verb_is_there_when_the_resource_has_something_for_it(shoes: dict[str, Any]) -> None:
    assert {(path, verb) for path, verb, _ in operations(shoes)} == {
        (path, verb) for path in ("/rest/shoes", "/rest/shoes.{suffix}") for verb in ("get", "post")
    }


def test_an_operation_takes_what_its_actions_take(shoes: dict[str, Any]) -> None:
    get, post = shoes["paths"]["/rest/shoes"]["get"], shoes["paths"]["/rest/shoes"]["post"]

    assert names(get) == {"action", "id"}
    assert names(post) == {"action", "id", "name"}
    assert set(body(shoes, post, FORM)["properties"]) == {"action", "id", "name"}
    assert set(body(shoes, post, JSON)["properties"]) == {"action", "id", "name"}
    assert set(body(shoes, post, MULTIPART)["properties"]) == {"action", "id", "name", "photo"}


def test_a_parameter_that_two_actions_read_in_two_ways_may_be_either(shoes: dict[str, Any]) -> None:
    either = body(shoes, shoes["paths"]["/rest/shoes"]["post"], JSON)["properties"]["id"]["anyOf"]

    assert {"type": ["string", "number"]} in either
    assert any(each.get("type") == "array" for each in either)


def test_an_answer_is_that_of_any_action(shoes: dict[str, Any]) -> None:
    assert len(shoes["components"]["schemas"]["RestShoesPostAnswer"]["anyOf"]) == 2
    assert "properties" in shoes["components"]["schemas"]["RestShoesGetAnswer"]


def test_every_reference_of_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_operation_has_a_name_and_tells_its_errors(document: dict[str, Any]) -> None:
    found = list(operations(document))

    assert len({operation["operationId"] for *_, operation in found}) == len(found) > 0
    for _, _, operation in found:
        assert {"200", "400", "401", "403", "404", "409", "413", "415", "417", "429", "503"} <= set(
            operation["responses"]
        )
        assert "422" not in operation["responses"]


def test_a_verb_of_the_older_spelling_means_an_action() -> None:
    assert dict(VERBS) == {"GET": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}
