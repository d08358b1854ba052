"""`python -m demo`: start Postroom, drop files as senders do, and show what became of them."""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from demo.deposits import plan
from demo.dropping import drop_all
from demo.office import Office, OfficeError
from demo.outcomes import complaints
from demo.show import show_addresses, show_outcomes

LOGIN = "alice"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration; return 0 only if everything came out as it must."""
    options = _options(arguments)
    console = Console()
    directory = options.keep or Path(tempfile.mkdtemp(prefix="postroom-demo-"))
    try:
        return _demonstrate(console, directory, options)
    except OfficeError as failed:
        console.print(str(failed), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    finally:
        if options.keep is None:
            shutil.rmtree(directory, ignore_errors=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", description="Run the main job on made-up people.")
    parser.add_argument("--exit", action="store_true", help="end after the job instead of staying up")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="use the empty directory DIR, and keep it")
    parser.add_argument("--contacts", type=int, default=100_000, help="rows of the large file")
    options = parser.parse_args(arguments)
    if options.keep is not None:
        options.keep = options.keep.resolve()
        if options.keep.exists() and any(options.keep.iterdir()):
            parser.error(f"{options.keep} is not empty")
    return options


def _demonstrate(console: Console, directory: Path, options: argparse.Namespace) -> int:
    console.print(f"Starting Postroom on an embedded PostgreSQL in {directory} …", highlight=False)
    password = secrets.token_urlsafe(12)
    with Office(directory) as office:
        office.command("account", "create", LOGIN)
        office.command("login", "create", LOGIN, "--account", LOGIN, "--password-stdin", secret=password)
        console.print(f"Making up {options.contacts:,} rows …", highlight=False)
        outcomes = drop_all(console, office, (LOGIN, password), plan(options.contacts))
        show_outcomes(console, outcomes)
        wrong = [text for outcome in outcomes for text in complaints(outcome)]
        for text in wrong:
            console.print(f"NOT AS EXPECTED: {text}", style="red", markup=False)
        if not wrong:
            console.print("Every contact, count and reason is as expected.", style="green")
        show_addresses(console, office, LOGIN, password)
        if not options.exit:
            _stay(console, office)
    return 1 if wrong else 0


def _stay(console: Console, office: Office) -> None:
    console.print("Up until Ctrl-C.")
    try:
        office.wait()
    except KeyboardInterrupt:
        console.print("Stopping: what runs ends first …")
        return
    raise OfficeError(f"Postroom has ended by itself; its log is {office.log}.")


if __name__ == "__main__":
    sys.exit(main())
