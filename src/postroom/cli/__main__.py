"""`python -m postroom.cli` is `postroom`."""

from __future__ import annotations

from postroom.cli.main import run

if __name__ == "__main__":
    run()
