# Everything a developer types. `make` alone lists it.

PYTHON ?= python3
JOBS ?= auto
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
INSTALL_HINT := Postroom needs Python 3.11 or newer with its venv module (on Debian: apt-get install python3-venv)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-external check lint types contracts bench fuzz format lock clean

help: ## List these commands
	@echo "Usage: make COMMAND"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

setup: $(READY) ## Make the environment .venv, or bring it up to date; the other commands do it themselves

demo: $(READY) ## Run the main job on real input and stay up (make demo ARGS=--exit ends after it)
	$(BIN)/python -m demo $(ARGS)

test: $(READY) ## Run the tests (make test ARGS='-k sftp' for some, JOBS=1 for one process)
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

check: lint types contracts test test-external ## Run lint, types, contracts and tests: what CI runs

test-external: $(READY) ## Run what speaks to the database on an external PostgreSQL 16 too
	$(BIN)/python -m tests.external -n $(JOBS) -q $(EXTERNAL_TIER)

EXTERNAL_TIER = tests/conformance tests/integration/cli tests/integration/drops tests/integration/ingest \
	tests/integration/jobs tests/architecture/test_schema.py

# The fuzzer is fetched when it is wanted: there are wheels of it for Linux alone.
fuzz: $(READY) ## Throw mutated command batches at their readers (make fuzz SECONDS=600; a minute each otherwise)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/fuzz.txt
	$(BIN)/python -m tests.fuzz.batches .dat $(or $(SECONDS),60)
	$(BIN)/python -m tests.fuzz.batches .xml $(or $(SECONDS),60)
	$(BIN)/python -m tests.fuzz.batches .csv $(or $(SECONDS),60)

lint: $(READY) ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## Check types
	$(BIN)/mypy

contracts: $(READY) ## Check what may import what
	$(BIN)/lint-imports --no-logo

bench: $(READY) ## Run the benchmarks (make bench SIZE=100k takes two minutes)
	$(BIN)/python -m bench $(if $(SIZE),--size $(SIZE)) $(ARGS)

format: $(READY) ## Mend formatting and what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Pins that still fit are kept; ARGS=--upgrade moves all, ARGS='--upgrade-package NAME' moves one.
lock: $(READY) ## Write requirements/*.txt anew from pyproject.toml (make lock ARGS=--upgrade for newer releases)
	$(LOCK) --group tools --output-file requirements/tools.txt $(ARGS)
	$(LOCK) pyproject.toml --output-file requirements/runtime.txt $(ARGS)
	$(LOCK) pyproject.toml --group dev --constraints requirements/runtime.txt \
		--output-file requirements/dev.txt $(ARGS)
	$(LOCK) --group fuzz --output-file requirements/fuzz.txt $(ARGS)

# No address of an index is written: where packages come from is for each machine to say.
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

clean: ## Remove the environment and every cache
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml requirements/tools.txt requirements/dev.txt
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "$(INSTALL_HINT); '$(PYTHON)' is not that. Another one: make PYTHON=python3.12" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
