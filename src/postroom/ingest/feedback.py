"""What a batch tells while it is applied."""

from __future__ import annotations

from collections.abc import Callable

from postroom.contacts.batches import Counts, RowIssue

IssueSink = Callable[[RowIssue], None]
"""Takes refused rows and warnings, in file order within each frame."""

Progress = Callable[[Counts], None]
"""Takes note of how far a batch is; the counts go on changing."""
