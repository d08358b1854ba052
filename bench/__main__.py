"""`python -m bench`: measure, print tables, and with --markdown write them down."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import (
    addresses,
    api,
    batches,
    engine,
    flows,
    gateway,
    latency,
    launching,
    packed,
    reports,
    sending,
    tracking,
)
from bench.machine import describe
from bench.scratch import Scratch, scratch_server
from bench.tables import Table, page

SIZES = {"100k": 100_000, "300k": 300_000, "1m": 1_000_000}
KINDS = (
    "engine",
    "packed",
    "batches",
    "addresses",
    "latency",
    "gateway",
    "api",
    "launching",
    "tracking",
    "reports",
    "flows",
    "sending",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: sizes of files, rounds of each measure (0: as many as are usual)."""

    directory: Path
    sizes: Sequence[int]
    rounds: int
    quick: bool
    profile: bool

    @property
    def usual_rounds(self) -> int:
        """Return how many rounds a measure of a moment has."""
        return self.rounds or (2 if self.quick else 5)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for."""
    options = _options(arguments)
    directory = Path(tempfile.mkdtemp(prefix="postroom-bench-", dir=options.scratch))
    asked = Asked(
        directory,
        [SIZES[size] for size in options.size],
        options.rounds or 0,
        quick=options.size == ["100k"],
        profile=options.profile,
    )
    try:
        facts, tables = _measured(asked, options.only)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print("\n".join(facts), end="\n\n")
    for table in tables:
        print(table.text())
    if options.markdown:
        options.markdown.write_text(page("Benchmarks", _opening(facts), tables), encoding="utf-8")


def _measured(asked: Asked, kinds: Sequence[str]) -> tuple[Sequence[str], list[Table]]:
    facts = describe(None)
    tables: list[Table] = []
    for kind in KINDS:
        if kind not in kinds:
            continue
        if kind in _ALONE:
            tables += _ALONE[kind](asked)
            continue
        with scratch_server(asked.directory / kind) as scratch:
            facts = describe(scratch.version)
            tables += _ON_A_SERVER[kind](asked, scratch)
    return facts, tables


def _engine(asked: Asked, scratch: Scratch) -> list[Table]:
    results = engine.measure(scratch, asked.sizes, rounds=asked.rounds or None, say=_say)
    return engine.tables(results, profile=asked.profile)


def _packed(_asked: Asked, scratch: Scratch) -> list[Table]:
    return [packed.table(*packed.measure(scratch, say=_say))]


def _batches(asked: Asked, scratch: Scratch) -> list[Table]:
    return [batches.table(batches.measure(scratch, rounds=asked.rounds or 2, say=_say))]


def _api(_asked: Asked, scratch: Scratch) -> list[Table]:
    return [api.table(api.measure(scratch, say=_say))]


def _launching(asked: Asked, scratch: Scratch) -> list[Table]:
    people = 100_000 if asked.quick else launching.PEOPLE
    return [launching.table(launching.measure(scratch, people=people, rounds=asked.usual_rounds, say=_say))]


def _tracking(_asked: Asked, scratch: Scratch) -> list[Table]:
    return [tracking.table(tracking.measure(scratch, say=_say))]


def _reports(_asked: Asked, scratch: Scratch) -> list[Table]:
    return [reports.table(reports.measure(scratch, say=_say))]


def _flows(asked: Asked, scratch: Scratch) -> list[Table]:
    events = 100_000 if asked.quick else flows.EVENTS
    return [flows.table(flows.measure(scratch, events=events, rounds=asked.rounds or 2, say=_say))]


def _sending(asked: Asked, scratch: Scratch) -> list[Table]:
    return [sending.table(sending.measure(scratch, rounds=asked.usual_rounds, say=_say))]


def _addresses(asked: Asked) -> list[Table]:
    return [addresses.table(addresses.measure(rounds=asked.usual_rounds, say=_say))]


def _latency(asked: Asked) -> list[Table]:
    waits = latency.measure(asked.directory / "latency", rounds=asked.usual_rounds, say=_say)
    return [latency.table(waits)]


def _gateway(asked: Asked) -> list[Table]:
    compared = gateway.measure(asked.directory / "gateway", rounds=asked.usual_rounds, say=_say)
    return [gateway.table(each) for each in compared]


_ALONE: Mapping[str, Callable[[Asked], list[Table]]] = {
    "addresses": _addresses,
    "latency": _latency,
    "gateway": _gateway,
}
_ON_A_SERVER: Mapping[str, Callable[[Asked, Scratch], list[Table]]] = {
    "engine": _engine,
    "packed": _packed,
    "batches": _batches,
    "api": _api,
    "launching": _launching,
    "tracking": _tracking,
    "reports": _reports,
    "flows": _flows,
    "sending": _sending,
}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measure Postroom on this machine.")
    parser.add_argument("--size", action="append", type=str.lower, choices=SIZES, help="default: all of them")
    parser.add_argument("--only", action="append", choices=KINDS, help="default: all of them")
    parser.add_argument("--rounds", type=int, help="how often each measure is taken")
    parser.add_argument("--profile", action="store_true", help="show where the time of an import goes")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables to FILE as well")
    parser.add_argument("--scratch", type=Path, metavar="DIR", help="make the scratch directory in DIR")
    options = parser.parse_args(arguments)
    options.size = options.size or list(SIZES)
    options.only = options.only or list(KINDS)
    return options


def _opening(facts: Sequence[str]) -> list[str]:
    return [_METHOD, "\n".join(f"- {fact}" for fact in facts)]


_METHOD = """\
`make bench ARGS='--markdown docs/benchmarks.md'` measures everything on this page anew and writes it. What is
compared is measured in turns within one run; of the engine's rounds the best counts, elsewhere the median.

The engine's floor is the least that PostgreSQL takes for the same contacts: COPY of rows already clean and
sorted by key straight into the indexed table, then their memberships. An import is the product's whole way
from claiming a file to its report: decode, parse, validate, deduplicate, merge, report."""


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
