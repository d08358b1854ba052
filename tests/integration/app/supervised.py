"""A supervisor of one steady part in a process of its own: `python supervised.py DATA`."""

from __future__ import annotations

import sys
from pathlib import Path

from postroom.app.child import Part
from postroom.app.settings import Settings
from postroom.app.supervise import Supervisor

if __name__ == "__main__":
    settings = Settings.load({"data": Path(sys.argv[1])})
    part = Part("steady", "tests.integration.app.fake_parts.steady", settings.model_dump(mode="json"))
    Supervisor([part], endpoints_file=settings.data / "endpoints.json", announce=print).run()
