"""Mutates the golden batches for some seconds, guided by what of the readers runs, and reads the results.

`python -m tests.fuzz.batches .xml 60`. What makes a reader raise anything but its refusal, or break what must
hold of any file, is kept as a file, whose path is told, and ends the process with an error.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["postroom.dialects.batches"]):
    from tests.unit.dialects.batches import LOGIN, hold

GOLDEN = Path(__file__).parents[1] / "golden" / "batches"
LONGEST_BYTES = 4096
WORDS = [
    "cmd=",
    "data=",
    "list_id=",
    "delimiter=",
    "realm=",
    "password=",
    "header=",
    "table=",
    "columns=",
    "isrelational=1",
    "relational=1",
    "global=1",
    "sub",
    "unsub",
    "save",
    "delete",
    "change",
    "send",
    "launch",
    "smartsub",
    "endsmartsub",
    "smartunsub",
    "relationalsub",
    "relationalsave",
    "email",
    "<transaction>",
    "<command>",
    "<record>",
    "<type>",
    "<email>",
    "<items",
    "<row>",
    "<column",
    "<![CDATA[",
    "<!DOCTYPE",
    "<!ENTITY",
    "<?xml",
    "encoding=",
    "utf-16",
    "utf-7",
    "%2C",
    "%5E",
    "%E9",
    "^",
    "&",
]


def seeds(kind: str, directory: Path) -> None:
    """Begin with the golden files of a kind; some after a header that is fine, as chance seldom makes one."""
    for each in GOLDEN.glob(f"*/input{kind}"):
        shutil.copyfile(each, directory / each.parent.name)
    (directory / "login").write_text(f"{LOGIN}\ncmd=save&data=email^alice@example.com\n", encoding="utf-8")


def main() -> None:
    """Fuzz the reader of the kind of file, for the seconds, that the command line names."""
    kind, seconds = sys.argv[1:]
    corpus = Path(tempfile.mkdtemp(prefix="postroom-fuzz-"))
    seeds(kind, corpus)
    words = corpus.with_suffix(".words")
    words.write_text("".join(f'"{word}"\n' for word in WORDS), encoding="utf-8")
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST_BYTES}", "-timeout=20"]
    options += [f"-dict={words}", f"-artifact_prefix={corpus}-"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], lambda content: hold(content, f"march{kind}"))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
