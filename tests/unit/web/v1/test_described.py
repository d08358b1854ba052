"""What the OpenAPI document says of /v1 is complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from postroom.store.clients import SCOPES
from postroom.web.app import create_app
from postroom.web.errors import PROBLEM_JSON
from tests.unit.web.test_app import roomless

DOCUMENT = create_app(roomless(), version="1.2.3").openapi()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        if path.startswith("/v1/"):
            for method, operation in methods.items():
                yield method, path, operation


OPERATIONS = list(operations())
LOOKS = frozenset({"preview_template", "check_template"})
"""Calls with a body that change nothing."""
NAMES = [operation["operationId"] for _, _, operation in OPERATIONS]


def test_there_are_operations_and_each_has_a_name_of_its_own() -> None:
    assert {"list_lists", "create_list", "get_list", "list_contacts"} <= set(NAMES)
    assert len(NAMES) == len(set(NAMES))
    assert all(name.islower() and "v1" not in name for name in NAMES)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_an_operation_tells_all_that_it_may_answer(method: str, path: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]

    assert operation["summary"]
    assert operation["description"]
    assert {"401", "403", "422", "429", "503"} <= set(answers)
    assert ("requestBody" in operation) == ({"400", "413", "415"} <= set(answers))
    assert method == "get" or operation["operationId"] in LOOKS or "409" in answers
    assert "{" not in path or "404" in answers
    for status, answer in answers.items():
        assert answer["description"]
        if int(status) >= 400:
            (content,) = answer["content"].items()
            assert content[0] == PROBLEM_JSON
            assert content[1]["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert content[1]["example"]["status"] == int(status)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_an_operation_tells_the_scope_that_it_needs(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    (wanted,) = operation["security"]

    assert set(wanted) == {"token"}
    assert set(wanted["token"]) <= set(SCOPES)
    reads = method == "get" or operation["operationId"] in LOOKS
    assert all(scope.endswith(":read") == reads for scope in wanted["token"])


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
def test_writes_take_a_key_and_what_has_a_tag_takes_conditions(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    headers = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
    answers = operation["responses"]

    assert ("Idempotency-Key" in headers) == (method != "get" and operation["operationId"] not in LOOKS)
    assert ("If-Match" in headers) == ("412" in answers)
    assert ("If-None-Match" in headers) == ("304" in answers)
    assert "304" not in answers or "ETag" in answers["200"]["headers"]


def test_what_may_be_left_out_of_queries_and_headers_is_not_null() -> None:
    nullable = [
        f"{name}: {each['name']}"
        for (_, _, operation), name in zip(OPERATIONS, NAMES, strict=True)
        for each in operation.get("parameters", ())
        if {"type": "null"} in each["schema"].get("anyOf", ())
    ]

    assert nullable == []


def test_what_is_sent_may_have_nothing_beyond_what_is_documented() -> None:
    schemas = DOCUMENT["components"]["schemas"]

    for name in ("NewList", "ListChanges", "Merge", "ContactIds"):
        assert schemas[name]["additionalProperties"] is False
