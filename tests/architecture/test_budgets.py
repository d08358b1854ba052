from __future__ import annotations

import statistics
from pathlib import Path

from tests.architecture.source_tree import (
    BENCH,
    SOURCE,
    TESTS,
    body_lines,
    functions,
    imports,
    line_count,
    name_of,
    python_files,
    tree_of,
)

LONGEST_BODY = 60
NINE_IN_TEN_BODIES = 25
LONGEST_FILE = 400

# Each exception says why. An exception that is no longer needed fails.
LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS: dict[str, str] = {}
LOCAL_IMPORTS: dict[str, str] = {}


def test_no_function_is_longer_than_sixty_lines() -> None:
    too_long = {name for name, lines in bodies(SOURCE, TESTS, BENCH).items() if lines > LONGEST_BODY}

    assert too_long == set(LONGER_FUNCTIONS)


def test_nine_functions_in_ten_fit_in_twenty_five_lines() -> None:
    ninth_decile = statistics.quantiles(bodies(SOURCE).values(), n=10)[-1]

    assert ninth_decile <= NINE_IN_TEN_BODIES


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    too_long = {
        name_of(path) for path in python_files(SOURCE, TESTS, BENCH) if line_count(path) > LONGEST_FILE
    }

    assert too_long == set(LONGER_FILES)


def test_nothing_is_imported_inside_a_function_outside_the_command_line() -> None:
    paths = [path for path in python_files(SOURCE) if not path.is_relative_to(SOURCE / "cli")]
    local = {name_of(path) for path in paths if has_local_imports(path)}

    assert local == set(LOCAL_IMPORTS)


def test_there_is_as_much_test_as_source() -> None:
    source = sum(map(line_count, python_files(SOURCE)))
    tests = sum(map(line_count, python_files(TESTS)))

    assert tests >= source, f"{tests} lines of tests for {source} lines of source"


def bodies(*roots: Path) -> dict[str, int]:
    """Return the length of every function's body, by file, line and name."""
    return {
        f"{name_of(path)}:{function.name}": body_lines(function)
        for path in python_files(*roots)
        for function in sorted(functions(tree_of(path)), key=body_lines)
    }


def has_local_imports(path: Path) -> bool:
    return any(any(imports(function)) for function in functions(tree_of(path)))
