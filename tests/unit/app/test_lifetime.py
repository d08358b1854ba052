from __future__ import annotations

import io
import json
import threading

from postroom.app.lifetime import Lifetime, endpoint


class Closed(io.StringIO):
    """A pipe that nobody reads any more."""

    def flush(self) -> None:
        raise BrokenPipeError


def test_reports_are_one_object_a_line() -> None:
    reports = io.StringIO()
    lifetime = Lifetime(reports, drain_seconds=5)

    lifetime.ready({"ftp": "127.0.0.1:2121"})
    lifetime.failed("The port is taken.\nReally.", 6)

    assert [json.loads(line) for line in reports.getvalue().splitlines()] == [
        {"ready": {"ftp": "127.0.0.1:2121"}},
        {"failed": "The port is taken.\nReally.", "exit_code": 6},
    ]


def test_who_is_busy_elsewhere_is_called_when_it_is_time_to_end() -> None:
    called = threading.Event()
    lifetime = Lifetime(io.StringIO(), drain_seconds=5)
    lifetime.when_stopped(called.set)

    lifetime.stop()
    lifetime.stop()

    assert called.wait(5)
    lifetime.until_stopped()


def test_a_part_without_anybody_to_report_to_ends() -> None:
    lifetime = Lifetime(Closed(), drain_seconds=5)

    lifetime.ready()

    lifetime.until_stopped()


def test_an_address_of_version_six_is_bracketed() -> None:
    assert endpoint("127.0.0.1", 21) == "127.0.0.1:21"
    assert endpoint("::1", 21) == "[::1]:21"
