"""Tokens of surveys: the public address of a form, that of a recipient, and each form that is shown.

A shown form names its participation and when it was begun, signed, so that sending it twice is one
participation, and nobody else's page can send one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from postroom.store.sealing import Sealer

LONGEST: Final = 200

_SIGNATURE: Final = 22
_SIGNED: Final = f"([A-Za-z0-9_-]{{{_SIGNATURE}}})"
_NUMBER: Final = "([1-9][0-9]{0,18})"
_PUBLIC: Final = re.compile(rf"([1-9][0-9]{{0,9}})-{_NUMBER}\.{_SIGNED}", re.ASCII)
_OWN: Final = re.compile(rf"([1-9][0-9]{{0,9}})-{_NUMBER}-{_NUMBER}\.{_SIGNED}", re.ASCII)
_SHOWN: Final = re.compile(rf"([0-9a-f-]{{36}})\.([0-9]{{1,12}})\.{_SIGNED}", re.ASCII)
_MOST: Final = 2**63 - 1
_MOST_ACCOUNTS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Form:
    """A survey's form; `message_id` is whose recipient it is for, None for whoever has its address."""

    account_id: int
    survey_id: int
    message_id: int | None = None

    @property
    def named(self) -> str:
        """Return what signatures are about."""
        of_message = "" if self.message_id is None else f"-{self.message_id}"
        return f"{self.account_id}-{self.survey_id}{of_message}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A form that was shown to somebody."""

    participation_id: UUID
    begun_at: datetime


class Forms:
    """Makes and reads the tokens."""

    def __init__(self, sealer: Sealer) -> None:
        """Sign by `sealer`."""
        self._sealer = sealer

    def token(self, form: Form) -> str:
        """Return the token of a form."""
        return f"{form.named}.{self._signature('form', form.named)}"

    def read_public(self, token: str) -> Form | None:
        """Return the form that anybody may fill in; None for no token of ours."""
        found = _PUBLIC.fullmatch(token) if len(token) <= LONGEST else None
        return self._read(Form(int(found[1]), int(found[2])), found[3]) if found else None

    def read_own(self, token: str) -> Form | None:
        """Return the form of a message's recipient; None for no token of ours."""
        found = _OWN.fullmatch(token) if len(token) <= LONGEST else None
        return self._read(Form(int(found[1]), int(found[2]), int(found[3])), found[4]) if found else None

    def shown(self, form: Form, shown: Shown) -> str:
        """Return what a page that shows a form sends back with it."""
        said = f"{shown.participation_id}.{int(shown.begun_at.timestamp())}"
        return f"{said}.{self._signature('shown', f'{form.named} {said}')}"

    def read_shown(self, form: Form, token: str) -> Shown | None:
        """Return which showing of a form is sent back; None when we did not show it."""
        found = _SHOWN.fullmatch(token) if len(token) <= LONGEST else None
        if found is None:
            return None
        said = f"{found[1]}.{found[2]}"
        if not self._verifies(found[3], "shown", f"{form.named} {said}"):
            return None
        return Shown(UUID(found[1]), datetime.fromtimestamp(int(found[2]), UTC))

    def _read(self, form: Form, signature: str) -> Form | None:
        if form.account_id > _MOST_ACCOUNTS or max(form.survey_id, form.message_id or 0) > _MOST:
            return None
        return form if self._verifies(signature, "form", form.named) else None

    def _signature(self, use: str, named: str) -> str:
        return self._sealer.signature(f"{use} of survey {named}", characters=_SIGNATURE)

    def _verifies(self, signature: str, use: str, named: str) -> bool:
        return self._sealer.verifies(signature, f"{use} of survey {named}", characters=_SIGNATURE)
