"""Links that work by themselves: a signature in them says that we made them."""

from __future__ import annotations

from fastapi.requests import Request

from postroom.store.drops import public_id
from postroom.store.sealing import Sealer


def errors_path(sealer: Sealer, account_id: int, drop_id: int) -> str:
    """Return the signed path of what is wrong with an import; it leads there as long as the report exists."""
    named = public_id(account_id, drop_id)
    return f"/rest/imports/{named}/errors.csv?signature={sealer.signature(_errors_of(named))}"


def is_signed(sealer: Sealer, named: str, signature: str) -> bool:
    """Tell whether we have signed the link to the errors of the import that people call `named`."""
    return sealer.verifies(signature, _errors_of(named))


def absolute(request: Request, path: str) -> str:
    """Return a path of ours as an address that works from outside."""
    base = request.app.state.config.url or str(request.base_url)
    return base.rstrip("/") + path


def _errors_of(named: str) -> str:
    return f"errors of import {named}"
