"""`python -m bench`: measure, print tables, and with --markdown write them down."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import addresses, api, batches, engine, gateway, latency, packed
from bench.machine import describe
from bench.scratch import scratch_server
from bench.tables import Table, page

SIZES = {"100k": 100_000, "300k": 300_000, "1m": 1_000_000}
KINDS = ("engine", "packed", "batches", "addresses", "latency", "gateway", "api")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for."""
    options = _options(arguments)
    directory = Path(tempfile.mkdtemp(prefix="postroom-bench-", dir=options.scratch))
    facts = describe(None)
    tables: list[Table] = []
    try:
        if "engine" in options.only:
            with scratch_server(directory) as scratch:
                facts = describe(scratch.version)
                results = engine.measure(
                    scratch, [SIZES[size] for size in options.size], rounds=options.rounds, say=_say
                )
            tables += engine.tables(results, profile=options.profile)
        if "packed" in options.only:
            with scratch_server(directory / "packed") as scratch:
                tables.append(packed.table(*packed.measure(scratch, say=_say)))
        if "batches" in options.only:
            with scratch_server(directory / "batches") as scratch:
                tables.append(batches.table(batches.measure(scratch, rounds=options.rounds or 2, say=_say)))
        rounds = options.rounds or (2 if options.size == ["100k"] else 5)
        if "addresses" in options.only:
            tables.append(addresses.table(addresses.measure(rounds=rounds, say=_say)))
        if "latency" in options.only:
            waits = latency.measure(directory / "latency", rounds=rounds, say=_say)
            tables.append(latency.table(waits))
        if "gateway" in options.only:
            compared = gateway.measure(directory / "gateway", rounds=rounds, say=_say)
            tables += [gateway.table(each) for each in compared]
        if "api" in options.only:
            with scratch_server(directory / "api") as scratch:
                tables.append(api.table(api.measure(scratch, say=_say)))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print("\n".join(facts), end="\n\n")
    for table in tables:
        print(table.text())
    if options.markdown:
        options.markdown.write_text(page("Benchmarks", _opening(facts), tables), encoding="utf-8")


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
