"""The OpenAPI document: what FastAPI knows of the routes, and what several of them refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI


class DescribedApp(FastAPI):
    """An application whose document has components of our own, such as the schema of errors."""

    def __init__(self, *, schemas: Mapping[str, Mapping[str, Any]], **settings: Any) -> None:
        """Take what FastAPI takes; `schemas` are by the names that responses refer to."""
        super().__init__(**settings)
        self._schemas = schemas

    def openapi(self) -> dict[str, Any]:
        """Return the document, made at the first call."""
        if self.openapi_schema is None:
            document = super().openapi()
            document.setdefault("components", {}).setdefault("schemas", {}).update(self._schemas)
        return super().openapi()
