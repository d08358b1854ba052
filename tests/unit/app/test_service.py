from __future__ import annotations

import pytest

from postroom.app.service import _settings
from postroom.app.settings import Settings


@pytest.mark.parametrize(
    ("endpoint", "setting"),
    [
        ("ftp", "ftp_port"),
        ("sftp", "sftp_port"),
        ("http", "http_port"),
        ("returns", "bounce_port"),
    ],
)
def test_a_part_that_is_started_again_comes_back_at_its_port(endpoint: str, setting: str) -> None:
    ports = dict.fromkeys(("bounce_port", "ftp_port", "sftp_port", "http_port"), 0)
    plain = Settings.load({**ports, "bounce_domain": "bounces.example.com"})
    order = {
        "settings": plain.model_dump(mode="json"),
        "endpoints": {endpoint: "127.0.0.1:40123", "other": "127.0.0.1:1"},
    }

    again = _settings(order)

    assert getattr(again, setting) == 40123
