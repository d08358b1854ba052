"""Handing messages over: claim, render, sign, hand over, record; at most once, and doubts are told."""

from __future__ import annotations

from postroom.sending.waking import DELIVER_TASK, enqueue_delivery

__all__ = ["DELIVER_TASK", "enqueue_delivery"]
