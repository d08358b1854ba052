"""Calls about templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from postroom.client.calling import Call, Line
from postroom.client.template_records import (
    CheckedTemplate,
    ListedTemplate,
    Preview,
    Template,
    Variant,
    checked_of,
    listed_of,
    preview_of,
    template_of,
)


class Templates:
    """The templates of the account."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self) -> Iterator[ListedTemplate]:
        """Yield every template by id, without what it says, read page by page."""
        for said in self._line.items("/v1/templates", {}):
            yield listed_of(said)

    def get(self, template_id: int) -> Template:
        """Return a template; raise NotFound when there is none."""
        return self._one(Call(method="GET", path=f"/v1/templates/{template_id}"))

    def create(
        self,
        name: str,
        variants: Mapping[str, Variant],
        *,
        channel: str = "EMAIL",
        key: str | None = None,
        **more: Any,
    ) -> Template:
        """Keep a template; raise Invalid with the line of what is wrong.

        `variants` are by language, "" for everybody else. `more` may have `sender`, `reply_to`, `tracking`,
        `marketing` and `defaults`.
        """
        body = {"name": name, "channel": channel, "variants": _plain(variants), **more}
        return self._one(Call(method="POST", path="/v1/templates", body=body, key=key))

    def update(
        self,
        template_id: int,
        *,
        variants: Mapping[str, Variant] | None = None,
        etag: str | None = None,
        **changes: Any,
    ) -> Template:
        """Change what is given: `name`, `sender` and so on; `variants` and `defaults` are replaced whole."""
        body = changes if variants is None else {**changes, "variants": _plain(variants)}
        return self._one(Call(method="PATCH", path=f"/v1/templates/{template_id}", body=body, etag=etag))

    def delete(self, template_id: int, *, etag: str | None = None) -> None:
        """Delete a template; campaigns that were launched go on."""
        self._line.answer(Call(method="DELETE", path=f"/v1/templates/{template_id}", etag=etag))

    def preview(
        self,
        template_id: int,
        *,
        contact_id: int | None = None,
        language: str | None = None,
        items: Mapping[str, Sequence[Mapping[str, str]]] | None = None,
    ) -> Preview:
        """Return the message that a contact would get now, or why it would get none."""
        body: dict[str, Any] = {"contact_id": contact_id, "language": language, "items": dict(items or {})}
        call = Call(method="POST", path=f"/v1/templates/{template_id}/preview", body=body)
        return preview_of(self._line.answer(call).json())

    def check(self, template_id: int) -> CheckedTemplate:
        """Return a template's links, the fields that it asks for, and what is odd about it."""
        call = Call(method="POST", path=f"/v1/templates/{template_id}/check")
        return checked_of(self._line.answer(call).json())

    def _one(self, call: Call) -> Template:
        answer = self._line.answer(call)
        return template_of(answer.json(), answer.headers.get("ETag"))


def _plain(variants: Mapping[str, Variant]) -> dict[str, Any]:
    return {language: asdict(each) for language, each in variants.items()}
