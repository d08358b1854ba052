"""What a batch tells while it is applied."""

from __future__ import annotations

from collections.abc import Callable

from postroom.contacts.batches import Counts, RowIssue
from postroom.contacts.reasons import Reason
from postroom.ingest.frames import Frame
from postroom.ingest.normalise import Normalised

IssueSink = Callable[[RowIssue], None]
"""Takes refused rows and warnings, in file order within each frame."""

Progress = Callable[[Counts], None]
"""Takes note of how far a batch is; the counts go on changing."""


def tell_issues(frame: Frame, judged: Normalised, on_issue: IssueSink) -> None:
    """Tell what was refused of a frame and what was left out, each with its row as sent."""
    for issue in frame.issues:
        on_issue(issue)
    for issues, refused in ((judged.refused, True), (judged.warnings, False)):
        for line, reason, value in issues.iter_rows():
            on_issue(RowIssue(line, Reason(reason), value, frame.cells(line), refused))
