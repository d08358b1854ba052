"""Doing what command batches ask: the one adapter between their commands and the engine."""

from postroom.ingest.commands.applying import CommandApplier
from postroom.ingest.commands.work import CommandBatch

__all__ = ["CommandApplier", "CommandBatch"]
