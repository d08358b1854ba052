"""Calls about contacts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from postroom.client.calling import Call, Line
from postroom.client.contact_records import Contact, ContactValues, Reason, contact_of, json_of

Standing = bool | Reason | None
"""Opted out for whatever reason, not opted out, or opted out for this reason."""


class Contacts:
    """The contacts of the account."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def find(
        self,
        *,
        email: str | None = None,
        mobile: str | None = None,
        phone: str | None = None,
        reference: str | None = None,
        list_id: int | None = None,
        updated_since: datetime | None = None,
        opted_out: dict[Literal["email", "sms", "voice", "voicemail"], Standing] | None = None,
    ) -> Iterator[Contact]:
        """Yield the contacts for whom all of this holds by id, read page by page."""
        query = {
            "email": email,
            "mobile": mobile,
            "phone": phone,
            "reference": reference,
            "list_id": list_id,
            "updated_since": updated_since.isoformat() if updated_since else None,
            **{f"{medium}_optout": standing for medium, standing in (opted_out or {}).items()},
        }
        for said in self._line.items("/v1/contacts", query):
            yield contact_of(said)

    def get(self, contact_id: int) -> Contact:
        """Return a contact; raise NotFound when there is none."""
        return self._one(Call(method="GET", path=f"/v1/contacts/{contact_id}"))

    def store(self, contacts: Sequence[ContactValues], *, key: str | None = None) -> list[Contact]:
        """Store up to 1000 contacts, or none when one is not valid; return them as they are now.

        Who is known by the account's criterion is updated.
        """
        body = {"contacts": [json_of(each) for each in contacts]}
        answer = self._line.answer(Call(method="POST", path="/v1/contacts", body=body, key=key))
        return [contact_of(said) for said in answer.json()["items"]]

    def update(self, contact_id: int, values: ContactValues, *, etag: str | None = None) -> Contact:
        """Change a contact; with the `etag` of what was read, only when it is still so (else Changed)."""
        path = f"/v1/contacts/{contact_id}"
        return self._one(Call(method="PATCH", path=path, body=json_of(values), etag=etag))

    def delete(self, contact_id: int, *, etag: str | None = None) -> None:
        """Delete a contact; opt-outs of its addresses stay."""
        self._line.answer(Call(method="DELETE", path=f"/v1/contacts/{contact_id}", etag=etag))

    def _one(self, call: Call) -> Contact:
        answer = self._line.answer(call)
        return contact_of(answer.json(), answer.headers.get("ETag"))
