"""Rows of relational tables: saved, imported and deleted by runs of commands."""

from postroom.ingest.relational.applying import RelationalApplier

__all__ = ["RelationalApplier"]
